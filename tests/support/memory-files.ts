import type * as fs from 'node:fs';
import { Readable } from 'node:stream';

/**
 * Files in memory in place of node:fs, for readers that take paths: as quick as memory is, and whatever
 * lies outside of them is seen. In a test file:
 * `vi.mock('node:fs', async (original) => (await import('….ts')).memoryFiles(await original()))`.
 */
export const files = new Map<string, Buffer>();

/** What was asked for and is none of the files, nor a name that could be one. */
export const outside: string[] = [];

/** Every path of a file begins so. */
export const root = '/memory/';

/** The files of the disk, which the readers do not see. */
export const disk = process.getBuiltinModule('node:fs');

/** The calls by which readers come to bytes; any other is told in `outside`, and fails. */
export function memoryFiles(original: typeof fs): typeof fs {
  const refuse = (name: string) => (): never => {
    outside.push(name);
    throw new Error(`${name} is nothing that a reader does.`);
  };
  const refused = Object.entries(original).map(([name, value]: [string, unknown]) =>
    typeof value === 'function' ? [name, refuse(name)] : [name, value],
  );
  const all = { ...(Object.fromEntries(refused) as typeof fs), ...calls } as typeof fs;
  return { ...all, default: all } as typeof fs;
}

const open = new Map<number, Buffer>();
let nextDescriptor = 1_000_000;

/** Files that readers have opened and not closed again. */
export function leftOpen(): number {
  return open.size;
}

const calls = {
  openSync(path: string, flags = 'r'): number {
    if (flags !== 'r') outside.push(`${path} (${flags})`);
    open.set(++nextDescriptor, bytesOf(path));
    return nextDescriptor;
  },
  closeSync(descriptor: number): void {
    if (!open.delete(descriptor)) throw systemError('EBADF', String(descriptor));
  },
  readSync(descriptor: number, into: Buffer, at: number, length: number, position: number): number {
    const bytes = opened(descriptor);
    return bytes.copy(into, at, position, Math.min(bytes.length, position + length));
  },
  fstatSync: (descriptor: number) => sizeOf(opened(descriptor)),
  readFileSync: (path: string) => Buffer.from(bytesOf(path)),
  existsSync: (path: string) => isFolder(path) || find(path) !== undefined,
  statSync: (path: string) =>
    isFolder(path) ? { size: 0, isDirectory: () => true } : sizeOf(bytesOf(path)),
  readdirSync(path: string): string[] {
    const folder = `${slashed(path)}/`;
    return [...files.keys()].flatMap((name) =>
      name.startsWith(folder) ? [name.slice(folder.length).split('/', 1)[0]!] : [],
    );
  },
  createReadStream(path: string): Readable {
    const bytes = bytesOf(path);
    let isGiven = bytes.length === 0;
    return new Readable({
      read() {
        this.push(isGiven ? null : Buffer.from(bytes));
        isGiven = true;
      },
    });
  },
};

function sizeOf({ length }: Buffer) {
  return { size: length, isDirectory: () => false };
}

function opened(descriptor: number): Buffer {
  const bytes = open.get(descriptor);
  if (bytes) return bytes;
  throw systemError('EBADF', String(descriptor));
}

function bytesOf(path: string): Buffer {
  const bytes = find(path);
  if (bytes) return bytes;
  throw systemError('ENOENT', path);
}

function find(path: string): Buffer | undefined {
  const name = slashed(path);
  if (!name.startsWith(root) || name.includes('..')) outside.push(name);
  return files.get(name);
}

function isFolder(path: string): boolean {
  const folder = `${slashed(path)}/`;
  for (const name of files.keys()) if (name.startsWith(folder)) return true;
  return false;
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/');
}

function systemError(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
