import type { DictionaryRow, FeatureDetail } from '../../../shared/contract/features.ts';
import { csvCell } from '../../../shared/text.ts';

/** Everything that the page shows, with what it was counted on. */
export function featureJson(dictionary: DictionaryRow, detail: FeatureDetail): string {
  const { id, name, seed, hook, model, architecture } = dictionary;
  const source = { dictionary: id, name, seed, hook, model, architecture };
  return JSON.stringify({ ...source, ...detail }, null, 2);
}

/** One line for each example, with the text of its tokens as it is. */
export function examplesCsv({ groups }: FeatureDetail): string {
  const head = ['group', 'drawn_from', 'sequence', 'position', 'activation', 'token', 'text'];
  const lines = groups.flatMap(({ name, from, examples }) =>
    examples.map(({ sequence, position, start, value, tokens }) => [
      name,
      from,
      sequence,
      position,
      value,
      tokens[position - start] ?? '',
      tokens.join(''),
    ]),
  );
  return [head, ...lines]
    .map((line) => `${line.map((cell) => csvCell(cell)).join(',')}\r\n`)
    .join('');
}
