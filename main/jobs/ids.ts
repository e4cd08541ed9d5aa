import { randomBytes } from 'node:crypto';

/** A new id such as `run_3k9x…`: 80 random bits, lower case, safe as the name of a folder. */
export function newId(
  prefix: 'prj' | 'job' | 'run' | 'dict' | 'cmp' | 'fit' | 'evl' | 'rep' | 'get',
): string {
  const letters = '0123456789abcdefghijklmnopqrstuv';
  return `${prefix}_${Array.from(randomBytes(16), (byte) => letters[byte & 31]).join('')}`;
}
