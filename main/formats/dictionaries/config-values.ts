import { AppError } from '../../../shared/errors.ts';
import type { Config } from './found.ts';

/** Values of a configuration that somebody else's tool wrote, checked as they are taken out. */

export function asConfig(value: unknown, file: string): Config {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Config;
  throw new AppError('corrupt', `${file} is not a configuration: it holds no fields.`, { file });
}

/** A configuration within another; empty where there is none. */
export function partIn(config: Config, name: string): Config {
  const value = config[name];
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Config)
    : {};
}

/** A text; empty where there is none. */
export function textIn(config: Config, ...names: readonly string[]): string {
  for (const name of names) {
    const value = config[name];
    if (typeof value === 'string') return value.slice(0, 500);
  }
  return '';
}

export function numberIn(config: Config, name: string): number | undefined {
  const value = config[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function flagIn(config: Config, name: string, otherwise: boolean): boolean {
  const value = config[name];
  return typeof value === 'boolean' ? value : otherwise;
}
