import type { AssayContract } from '../../../shared/contract/index.ts';
import type { Handlers } from '../../../shared/contract/serve.ts';

/** The handlers of one group of the contract: all operations whose name begins with it. */
export type HandlerGroup<Prefix extends string> = Pick<
  Handlers<AssayContract>,
  Extract<keyof Handlers<AssayContract>, `${Prefix}.${string}`>
>;
