import { AppError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';

/**
 * JSON.parse keeps the last of two equal keys and makes `__proto__` an ordinary key of an object
 * that later code may copy. A file that relies on either is refused here: duplicate keys, the key
 * `__proto__`, and nesting beyond `limits.jsonDepth` are errors. Objects come out without prototype.
 *
 * The text is first scanned for these faults, then handed to JSON.parse, so that numbers, strings
 * and escapes are exactly the platform's.
 * @throws AppError `corrupt` naming the file and the character position.
 */
export function parseStrictJson(text: string, file: string): unknown {
  checkStrictJson(text, file);
  try {
    return JSON.parse(text, (_key, value: unknown) =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.assign(Object.create(null) as object, value)
        : value,
    );
  } catch (error) {
    throw corrupt(file, error instanceof Error ? error.message : String(error));
  }
}

/**
 * Refuses what JSON.parse lets through: keys that occur twice, `__proto__`, and deep nesting.
 * @throws AppError `corrupt` naming the file and the character position.
 */
export function checkStrictJson(text: string, file: string): void {
  const fault = findFault(text);
  if (fault) throw corrupt(file, fault.problem, fault.at);
}

function corrupt(file: string, problem: string, at?: number): AppError {
  const place = at === undefined ? undefined : `character ${at}`;
  return new AppError(
    'corrupt',
    `${file} is not valid JSON: ${problem}${place ? ` at ${place}` : ''}. Write the file again or remove it.`,
    place ? { file, place } : { file },
  );
}

interface Fault {
  problem: string;
  at: number;
}

/** One pass over the text that follows strings and brackets only; JSON.parse checks the rest. */
function findFault(text: string): Fault | undefined {
  /** Keys of each open object; undefined for an open array. */
  const open: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === 0x22) {
      const end = endOfString(text, i);
      if (end < 0) return undefined;
      const keys = open.at(-1);
      if (keys && isKey(text, end)) {
        const key = readString(text.slice(i, end + 1));
        if (key === '__proto__') return { problem: "the key '__proto__' is not allowed", at: i };
        if (keys.has(key)) return { problem: `the key '${key.slice(0, 80)}' occurs twice`, at: i };
        keys.add(key);
      }
      i = end;
    } else if (character === 0x7b || character === 0x5b) {
      open.push(character === 0x7b ? new Set() : undefined);
      if (open.length > limits.jsonDepth)
        return { problem: `nested deeper than ${limits.jsonDepth} levels`, at: i };
    } else if (character === 0x7d || character === 0x5d) {
      open.pop();
    }
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === 0x5c) i++;
    else if (character === 0x22) return i;
  }
  return -1;
}

/** A string is a key where the next character that is not white space is a colon. */
function isKey(text: string, end: number): boolean {
  let i = end + 1;
  while (i < text.length && /\s/.test(text[i]!)) i++;
  return text[i] === ':';
}

function readString(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted;
  }
}
