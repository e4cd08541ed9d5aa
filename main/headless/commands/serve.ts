import { resolve } from 'node:path';
import { contract } from '../../../shared/contract/index.ts';
import { hasCode } from '../../../shared/errors.ts';
import type { CommandContext, Command } from '../cli/command.ts';
import { textValue } from '../cli/command.ts';
import { usage } from '../cli/run-cli.ts';
import { createHeadlessHost } from '../headless-host.ts';
import { findPlaces } from '../places.ts';
import { startServer } from '../server.ts';

export const serve: Command = {
  name: 'serve',
  summary: 'Serves the pages on this machine, for a browser here or behind ssh -L.',
  parameters: ['[DIR]'],
  options: {
    port: { type: 'string', value: 'N', help: 'port on 127.0.0.1; a free one by default' },
  },
  example: 'assay serve ~/experiments/gpt2-saes --port 8123',
  run: runServe,
};

async function runServe({ parameters, values, output, signal }: CommandContext): Promise<void> {
  const folder = parameters[0] === undefined ? undefined : resolve(parameters[0]);
  const port = parsePort(textValue(values, 'port'));
  const log = (_level: string, message: string) => output.note(message);
  const host = createHeadlessHost({
    log,
    ...(folder === undefined ? {} : { initialFolder: folder }),
  });
  try {
    if (folder !== undefined)
      await openEarly(host.service.handlers['project.open'], folder, signal);
    const server = await startServer({
      contract,
      service: host.service,
      blobs: host.blobs,
      pages: findPlaces().pages,
      port,
      logBug: (id, operation, error) =>
        output.note(
          `${operation} failed (${id}): ${error instanceof Error ? error.stack : String(error)}`,
        ),
    });
    output.answer({ url: server.url, port: server.port, pid: process.pid }, () => server.url);
    await aborted(signal);
    await server.close();
  } finally {
    await host.close();
  }
}

/**
 * Opens the project before anybody asks, so that what is wrong is said here. Only a damaged database
 * is left to the pages, where it can be repaired.
 */
async function openEarly(
  open: (input: { path: string }, context: { signal: AbortSignal }) => Promise<unknown>,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await open({ path }, { signal });
  } catch (error) {
    if (!hasCode(error, 'database-corrupt')) throw error;
  }
}

function parsePort(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw usage(`--port must be a whole number up to 65535, not '${text}'.`);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    signal.addEventListener('abort', () => done(), { once: true });
  });
}
