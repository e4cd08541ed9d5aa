import { AppError } from '../../shared/errors.ts';
import { exitCodes, runCli } from './cli/run-cli.ts';
import { commands } from './commands/index.ts';
import { findPlaces } from './places.ts';

/** `assay …`: the application in a terminal. Ctrl-C asks it to stop; a second one insists. */
const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (abort.signal.aborted) process.exit(exitCodes.cancelled);
    abort.abort(new AppError('cancelled', 'Stopped.'));
  });

/** Whoever reads may stop at any time, as `assay … | head` does: then there is nobody to tell. */
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (stream === process.stdout) process.exit(exitCodes.done);
  });

process.exitCode = await runCli(process.argv.slice(2), {
  commands,
  version: findPlaces().version,
  streams: {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    isTerminal: process.stderr.isTTY,
  },
  signal: abort.signal,
});
