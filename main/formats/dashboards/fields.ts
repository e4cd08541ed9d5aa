import { AppError } from '../../../shared/errors.ts';
import type { TokenEffect } from './dashboard.ts';

/**
 * Fields of one row of a dashboard, checked as they are taken: schemas would take longer than reading.
 * @throws AppError `corrupt` naming file, feature and field.
 */
export class Fields {
  readonly #row: Readonly<Record<string, unknown>>;
  readonly #file: string;
  readonly place: string;

  constructor(row: unknown, file: string, place: string) {
    this.#file = file;
    this.place = place;
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      throw this.fail('is no object');
    this.#row = row as Readonly<Record<string, unknown>>;
  }

  get(name: string): unknown {
    return Object.hasOwn(this.#row, name) ? this.#row[name] : undefined;
  }

  /** A number from 0 to 10 million, or the same as text: Neuronpedia writes indices as words. */
  index(name: string): number {
    const value = this.get(name);
    const number = typeof value === 'string' && /^\d{1,8}$/.test(value) ? Number(value) : value;
    if (
      typeof number !== 'number' ||
      !Number.isInteger(number) ||
      number < 0 ||
      number > mostFeatures
    )
      throw this.fail(`'${name}' is no number of a feature`);
    return number;
  }

  number(name: string): number | null {
    const value = this.get(name);
    if (value === undefined || value === null || value === 'NaN') return null;
    if (typeof value !== 'number') throw this.fail(`'${name}' is no number`);
    return value;
  }

  /** Empty where the field is missing. */
  text(name: string): string {
    const value = this.get(name);
    if (value === undefined || value === null) return '';
    if (typeof value === 'number') return String(value);
    if (typeof value !== 'string') throw this.fail(`'${name}' is no text`);
    return value;
  }

  list(name: string): readonly unknown[] {
    const value = this.get(name);
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw this.fail(`'${name}' is no list`);
    return value as readonly unknown[];
  }

  /** NaN, infinities and missing entries become 0. */
  numbers(name: string): readonly number[] {
    const list = this.list(name);
    for (let i = 0; i < list.length; i++)
      if (typeof list[i] !== 'number')
        return list.map((value) => {
          if (typeof value === 'number') return value;
          if (value === null || value === 'NaN' || value === 'Infinity' || value === '-Infinity')
            return 0;
          throw this.fail(`'${name}' holds what is no number`);
        });
    return list as readonly number[];
  }

  texts(name: string): readonly string[] {
    const list = this.list(name);
    for (let i = 0; i < list.length; i++)
      if (typeof list[i] !== 'string') throw this.fail(`'${name}' holds what is no text`);
    return list as readonly string[];
  }

  /** Tokens with their effects; -10000 stands for a logit that the tool did not have. */
  effects(words: string, values: string): TokenEffect[] {
    const tokens = this.texts(words);
    const numbers = this.numbers(values);
    return tokens.flatMap((token, i) => {
      const value = numbers[i] ?? missingLogit;
      return value <= missingLogit ? [] : [{ token, value }];
    });
  }

  /** An object inside this row. */
  inner(row: unknown, place: string): Fields {
    return new Fields(row, this.#file, place);
  }

  fail(problem: string): AppError {
    return new AppError(
      'corrupt',
      `${this.#file}: ${this.place}: ${problem}. Write the file again.`,
      {
        file: this.#file,
        place: this.place,
      },
    );
  }
}

const mostFeatures = 10_000_000;
const missingLogit = -10_000;
