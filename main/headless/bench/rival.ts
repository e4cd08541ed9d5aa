import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setTimeout } from 'node:timers/promises';
import { AppError } from '../../../shared/errors.ts';

/** Rivals are part of the source tree; an installed app has none. */
const scripts = new URL('../../../tests/bench/', import.meta.url);

/**
 * How long the machine is left alone after a rival's turn: its thread pool may go on spinning for a
 * while, which would be held against us.
 */
const settleMilliseconds = 250;

/**
 * A Python script that does the same work, in turns with us: so that both see the same machine in
 * the same minute. It first prints {"rival": its name and version}, then answers each line of JSON on
 * its input with one on its output.
 */
export class Rival {
  readonly name: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  /** What it has said on its error stream. */
  readonly #complaint: () => string;

  private constructor(
    name: string,
    process: ChildProcessWithoutNullStreams,
    lines: AsyncIterator<string>,
    complaint: () => string,
  ) {
    this.name = name;
    this.#process = process;
    this.#lines = lines;
    this.#complaint = complaint;
  }

  /**
   * Starts tests/bench/`script` with the Python of ASSAY_PYTHON, or python3. Where that cannot be
   * done, says why and answers undefined.
   */
  static async start(script: string, note: (text: string) => void): Promise<Rival | undefined> {
    const file = fileURLToPath(new URL(script, scripts));
    const python = process.env['ASSAY_PYTHON'] ?? 'python3';
    if (!existsSync(file)) {
      note(`No rival to compare with: ${script} is not part of the installed app.`);
      return undefined;
    }
    const child = spawn(python, ['-u', file], {
      stdio: 'pipe',
      // Threads that spin for work lose most of their time on a machine that does something else too.
      env: { OMP_WAIT_POLICY: 'PASSIVE', ...process.env },
    });
    let complaint = '';
    child.stderr.on(
      'data',
      (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-4096)),
    );
    child.stdin.on('error', () => undefined);
    const failed = new Promise<Error>((resolve) => child.once('error', resolve));
    const reader: Interface = createInterface(child.stdout);
    const lines = reader[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next(), failed]);
    if (first instanceof Error || first.done) {
      const reason =
        first instanceof Error
          ? first.message
          : (complaint.trim().split('\n').at(-1) ?? 'it ended');
      note(
        `No rival to compare with: ${python}: ${reason}. Set ASSAY_PYTHON to a Python with PyTorch for one.`,
      );
      return undefined;
    }
    const { rival } = JSON.parse(first.value) as { rival: string };
    return new Rival(rival, child, lines, () => complaint);
  }

  /** One turn: sends a request, waits for its answer, and lets the machine settle. */
  async ask(request: object): Promise<unknown> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw await this.#died();
    await setTimeout(settleMilliseconds);
    return JSON.parse(value);
  }

  async #died(): Promise<AppError> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode === null && signalCode === null) await once(this.#process, 'close');
    const { exitCode: code, signalCode: signal } = this.#process;
    const how = signal ? `by ${signal}` : `with code ${code}`;
    const said = this.#complaint().trim().split('\n').slice(-3).join('\n');
    const words = said === '' ? 'It said nothing.' : `It said last:\n${said}`;
    const killed = signal === 'SIGKILL' ? ' The system may have lacked memory.' : '';
    return new AppError(
      'bad-input',
      `The rival ${this.name} ended ${how} before it answered.${killed} ${words}`,
      { rival: this.name, code, signal },
    );
  }

  close(): void {
    this.#process.stdin.end();
    this.#process.kill();
  }
}
