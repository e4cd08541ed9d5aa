import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { LogLine } from '../../shared/contract/jobs.ts';
import { fileError } from '../../shared/errors.ts';
import { systemClock, type Clock } from './clock.ts';
import { writeFileAtomically } from './files.ts';
import { jobFiles, runFiles } from './job-folder.ts';
import type { FromWorker } from './protocol.ts';

export interface Point {
  /** Training tokens seen. */
  readonly x: number;
  readonly values: Readonly<Record<string, number | null>>;
}

type Started = Extract<FromWorker, { type: 'started' }>;

const batchMilliseconds = 100;

/** What a job tells and writes while it works: its log and its curves, in files and to the host. */
export class JobIo {
  readonly #folder: string;
  readonly #send: (message: FromWorker) => void;
  readonly #clock: Clock;
  readonly #files = new Map<string, number>();
  readonly #waiting = new Map<string, Point[]>();
  #lastSent = -Infinity;

  /** @param folder of the job; it must exist. */
  constructor(folder: string, send: (message: FromWorker) => void, clock: Clock = systemClock) {
    this.#folder = folder;
    this.#send = send;
    this.#clock = clock;
  }

  /** The inputs are loaded and work begins, from a checkpoint or afresh. */
  started(engine: Started['engine'], resumedFrom: number | null): void {
    this.#send({ type: 'started', engine, resumedFrom });
  }

  log(level: LogLine['level'], message: string): void {
    const line: LogLine = { time: this.#clock.now(), level, message };
    try {
      this.#append(jobFiles.log, line);
    } catch {
      // A log that cannot be written must not end the work; the host is told all the same.
    }
    this.#send({ type: 'log', level, message });
  }

  /** Adds a point to the curves of a run. Values must be finite or null. */
  point(run: string, point: Point): void {
    this.#append(join(run, runFiles.points), point);
    const batch = this.#waiting.get(run);
    if (batch) batch.push(point);
    else this.#waiting.set(run, [point]);
    const since = this.#clock.now() - this.#lastSent;
    if (since >= batchMilliseconds || since < 0) this.sendPoints();
  }

  sendPoints(): void {
    this.#lastSent = this.#clock.now();
    for (const [run, points] of this.#waiting) this.#send({ type: 'points', run, points });
    this.#waiting.clear();
  }

  /** On a resume: forgets the points of a run after `x`, which will be made again. */
  keepPointsUntil(run: string, x: number): void {
    const name = join(run, runFiles.points);
    this.#close(name);
    const path = join(this.#folder, name);
    if (!existsSync(path)) return;
    const kept = readPoints(path).filter((point) => point.x <= x);
    writeFileAtomically(path, kept.map((point) => `${JSON.stringify(point)}\n`).join(''));
  }

  /** Puts log and curves on the disk: what a checkpoint counts on must be there before it. */
  flush(): void {
    for (const fd of this.#files.values()) fsyncSync(fd);
  }

  checkpointed(step: number): void {
    this.#send({ type: 'checkpointed', step });
  }

  close(): void {
    this.sendPoints();
    for (const name of [...this.#files.keys()]) this.#close(name);
  }

  #append(name: string, value: unknown): void {
    const path = join(this.#folder, name);
    try {
      let fd = this.#files.get(name);
      if (fd === undefined) {
        mkdirSync(join(path, '..'), { recursive: true });
        fd = openSync(path, 'a');
        this.#files.set(name, fd);
      }
      appendLine(fd, JSON.stringify(value));
    } catch (error) {
      throw fileError(error, path, 'write');
    }
  }

  #close(name: string): void {
    const fd = this.#files.get(name);
    this.#files.delete(name);
    if (fd !== undefined) closeSync(fd);
  }
}

/** Adds a whole line or, where the disk is full, none of it. */
function appendLine(fd: number, line: string): void {
  const before = fstatSync(fd).size;
  const bytes = Buffer.from(`${line}\n`);
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
  } catch (error) {
    ftruncateSync(fd, before);
    throw error;
  }
}

/**
 * The points of a run's points.jsonl. The last line may be half-written after a crash; it and
 * anything else that is not a point is left out.
 */
export function readPoints(path: string): Point[] {
  const points: Point[] = [];
  for (const line of readLines(path)) {
    const point = parsePoint(line);
    if (point) points.push(point);
  }
  return points;
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    throw fileError(error, path);
  }
}

function parsePoint(line: string): Point | undefined {
  try {
    const value = JSON.parse(line) as Partial<Point> | null;
    if (typeof value?.x !== 'number' || typeof value.values !== 'object') return undefined;
    const entries = Object.entries(value.values).filter(
      ([, item]) => item === null || typeof item === 'number',
    );
    return { x: value.x, values: Object.fromEntries(entries) };
  } catch {
    return undefined;
  }
}
