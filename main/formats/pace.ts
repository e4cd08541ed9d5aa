/** Told by what takes long how many more bytes are done. It is waited for, and throws to stop that. */
export type Pace = (bytes: number) => Promise<void>;
