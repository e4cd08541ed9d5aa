import type { ErrorJson } from '../../../shared/errors.ts';

/**
 * What is wrong with one field of a spec: a problem that names it, or names the file that it holds.
 * @param value what the field holds now.
 */
export function problemOfField(
  problem: ErrorJson | null,
  path: string,
  value: unknown,
): string | null {
  if (!problem) return null;
  const { place, file } = problem.details;
  const isNamed = place === path || (place !== undefined && path.startsWith(`${place}.`));
  const isFile = typeof value === 'string' && value !== '' && isFileOf(file, value);
  return isNamed || isFile ? problemWords(problem) : null;
}

/** Whether a path is a file of the project, or a file inside a folder of it. */
function isFileOf(file: string | undefined, name: string): boolean {
  if (file === undefined) return false;
  return file === name || file.endsWith(`/${name}`) || file.includes(`/${name}/`);
}

/** The sentence without what the form says already: `spec: training.batch: 9 sequences …`. */
export function problemWords({ message, details }: ErrorJson): string {
  let words = message.replace(/^spec: /, '');
  if (details.place !== undefined) words = words.replace(`${details.place}: `, '');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
