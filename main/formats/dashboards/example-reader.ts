import type { DashboardExample } from './dashboard.ts';
import { Fields } from './fields.ts';
import { NumberList, type JsonBytes } from './json-bytes.ts';
import { KnownLists, type KnownList } from './known-lists.ts';
import type { WordTable } from './word-table.ts';

/** What a tool calls the fields of an example. */
export interface ExampleNames {
  /** Lower end of the band that it stands for; -1 marks the strongest. */
  readonly bin: string;
  /** The token for which it was chosen: the first of these that is there. */
  readonly chosen: readonly string[];
}

const topGroup = -1;

/** Reads examples one after the other into the same memory. */
export class ExampleReader {
  readonly #words: WordTable;
  readonly #known = new KnownLists();
  readonly #tokens = new NumberList(Int32Array);
  readonly #values = new NumberList(Float64Array);
  /** The other fields of the example read last. */
  row: Readonly<Record<string, unknown>> = {};

  constructor(words: WordTable) {
    this.#words = words;
  }

  /**
   * One example; undefined for one without tokens. Its token is the one for which it was chosen, where the
   * feature is active on it, and the strongest otherwise: SAEDashboard counts it from another token than it
   * shows where a prompt begins with a special one.
   * @throws AppError `corrupt`
   */
  read(json: JsonBytes, place: string, names: ExampleNames): DashboardExample | undefined {
    this.#tokens.length = 0;
    this.#values.length = 0;
    let kept: KnownList | undefined;
    this.row = json.object((key) => {
      if (key === 'tokens') kept = json.knownWords(this.#words, this.#known, this.#tokens);
      else if (key === 'values') json.numbers(this.#values);
      else return false;
      return true;
    });
    const fields = new Fields(this.row, json.file, place);
    const tokens = kept?.ids ?? this.#tokens.values;
    const values = this.#values.values;
    if (tokens.length !== values.length)
      throw fields.fail(`${tokens.length} tokens and ${values.length} values`);
    if (tokens.length === 0) return undefined;
    const bin = fields.number(names.bin);
    const isTop = bin === null || bin === topGroup;
    let strongest = 0;
    for (let i = 1; i < values.length; i++) if (values[i]! > values[strongest]!) strongest = i;
    const name = names.chosen.find((known) => fields.number(known) !== null);
    const chosen = name === undefined ? null : fields.number(name);
    const isActive = chosen !== null && (values[chosen] ?? 0) > 0;
    return {
      tokens,
      isLasting: kept !== undefined,
      values,
      at: isActive && !isTop ? chosen : strongest,
      isTop,
    };
  }
}
