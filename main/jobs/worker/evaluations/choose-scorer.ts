import { AppError } from '../../../../shared/errors.ts';
import type { EvalLog } from '../../../formats/eval-logs/eval-log.ts';

/** Samples that are looked at for the names of scorers; the first may have failed. */
const headSamples = 50;

/** Names of the scorers that give numbers in the first samples of a log. */
export function scorersOf(log: EvalLog): string[] {
  const names = new Set<string>();
  let seen = 0;
  for (const { scores } of log.samples()) {
    for (const [name, value] of scores) if (value !== null) names.add(name);
    if (++seen >= headSamples) break;
  }
  return [...names];
}

/**
 * The scorer that counts: the one that is asked for, else the first that all logs with scores share.
 * @throws AppError `bad-input` that names the scorers there are.
 */
export function chooseScorer(
  logs: readonly { readonly path: string; readonly scorers: readonly string[] }[],
  asked: string | undefined,
): { scorer: string; scorers: string[] } {
  const scorers = [...new Set(logs.flatMap((log) => log.scorers))];
  const scored = logs.filter((log) => log.scorers.length > 0);
  const shared = scorers.find((name) => scored.every((log) => log.scorers.includes(name)));
  const scorer = asked ?? shared;
  if (scorer !== undefined && scorers.includes(scorer)) return { scorer, scorers };
  const known = scored.map(({ path, scorers: names }) => `${path}: ${names.join(', ')}`);
  const has = known.length === 0 ? 'No log has scores.' : known.join('; ');
  throw new AppError(
    'bad-input',
    asked === undefined
      ? `The logs share no scorer that gives numbers. ${has} Choose one of them, or score the logs.`
      : `No log has values of the scorer '${asked}'. ${has}`,
    { place: 'scorer' },
  );
}
