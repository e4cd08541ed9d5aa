import { AppError } from '../../shared/errors.ts';
import { checkStrictJson } from './strict-json.ts';

/**
 * Parses JSON as Python's json module writes it: bare NaN and infinities are read as the words "NaN",
 * "Infinity" and "-Infinity". Keys that occur twice and `__proto__` are refused. Objects keep their
 * prototype: take their fields by name.
 * @param place in the file, for errors, such as `line 3`
 * @throws AppError `corrupt`
 */
export function parsePythonJson(text: string, file: string, place: string): unknown {
  checkStrictJson(text, `${file}, ${place}`);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const quoted = /NaN|Infinity/.test(text) ? quoteBareWords(text) : text;
    try {
      if (quoted !== text) return JSON.parse(quoted) as unknown;
    } catch {
      // The first error names the place in the text as it is.
    }
    const problem = error instanceof Error ? error.message.slice(0, 200) : '';
    throw new AppError(
      'corrupt',
      `${file}: ${place} is not valid JSON: ${problem}. Write it again or remove it.`,
      { file, place },
    );
  }
}

/** Puts quotes around NaN and infinities that stand outside of strings. */
function quoteBareWords(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (found) =>
    found.startsWith('"') ? found : `"${found}"`,
  );
}
