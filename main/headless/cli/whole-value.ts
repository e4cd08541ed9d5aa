import { textValue, type Values } from './command.ts';
import { usage } from './run-cli.ts';

/** The value of an option that takes a whole number up to `most`. @throws AppError `usage` */
export function wholeValue(values: Values, name: string, fallback: number, most = 2 ** 31): number {
  const text = textValue(values, name);
  const value = text === undefined ? fallback : Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw usage(`--${name} must be a whole number up to ${most}, not '${text}'.`);
}
