/** Files that are open at a time, well below what systems allow a process. */
const openAtOnce = 32;

/** Many files of which few are open: the one that was not used for longest is closed for another. */
export class RecentlyOpen<T> {
  readonly #open: (index: number) => T;
  readonly #close: (file: T) => void;
  /** In the order of their last use. */
  readonly #files = new Map<number, T>();

  constructor(open: (index: number) => T, close: (file: T) => void) {
    this.#open = open;
    this.#close = close;
  }

  get(index: number): T {
    const file = this.#files.get(index) ?? this.#open(index);
    this.#files.delete(index);
    this.#files.set(index, file);
    if (this.#files.size > openAtOnce) this.#drop(this.#files.keys().next().value!);
    return file;
  }

  closeAll(): void {
    for (const index of [...this.#files.keys()]) this.#drop(index);
  }

  #drop(index: number): void {
    const file = this.#files.get(index)!;
    this.#files.delete(index);
    this.#close(file);
  }
}
