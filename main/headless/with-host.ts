import { connect, type Client } from '../../shared/contract/connect.ts';
import { contract, type AssayContract } from '../../shared/contract/index.ts';
import { createPair } from '../../shared/contract/pair.ts';
import { serve } from '../../shared/contract/serve.ts';
import type { Output } from './cli/output.ts';
import { createHeadlessHost } from './headless-host.ts';

/** A client of a host that lives as long as a command does. */
export type HostClient = Client<AssayContract>;

/** Starts a host, lets a command make the calls that a page makes, and closes the host again. */
export async function withHost<T>(
  output: Output,
  work: (client: HostClient) => Promise<T>,
): Promise<T> {
  const host = createHeadlessHost({ log: (_level, message) => output.note(message) });
  try {
    const [near, far] = createPair();
    serve(contract, host.service, far, (_id, operation, error) =>
      output.note(`${operation}: ${error instanceof Error ? error.stack : String(error)}`),
    );
    return await work(connect(contract, near));
  } finally {
    await host.close();
  }
}
