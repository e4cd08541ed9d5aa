import { Tokenizer } from '@huggingface/tokenizers';
import { AppError } from '../../../shared/errors.ts';

/** A text as tokens of a model. */
export interface Encoding {
  readonly ids: number[];
  /** The text of each token, from decoding it alone; see `vocabularyTexts` for what that means. */
  readonly tokens: string[];
}

/** A token with a role of its own. */
export interface SpecialToken {
  readonly id: number;
  readonly text: string;
}

/** The tokenizer of a model folder (`tokenizer.json`). */
export class ModelTokenizer {
  readonly #tokenizer: Tokenizer;
  readonly #texts: readonly string[];
  readonly #file: string;
  readonly #config: Readonly<Record<string, unknown>>;

  private constructor(
    tokenizer: Tokenizer,
    texts: readonly string[],
    file: string,
    config: unknown,
  ) {
    this.#tokenizer = tokenizer;
    this.#texts = texts;
    this.#file = file;
    this.#config = typeof config === 'object' && config !== null ? { ...config } : {};
  }

  /**
   * @param document parsed `tokenizer.json`
   * @param config parsed `tokenizer_config.json`, or an empty object
   * @param vocabulary number of ids the model has
   * @throws AppError `corrupt` where it cannot be read, `tokenizer-mismatch` where it has ids beyond
   *   the model's vocabulary.
   */
  static parse(
    document: unknown,
    config: unknown,
    vocabulary: number,
    file: string,
  ): ModelTokenizer {
    let tokenizer: Tokenizer;
    try {
      tokenizer = new Tokenizer(document, config ?? {});
    } catch (error) {
      throw new AppError(
        'corrupt',
        `${file} is not a tokenizer that Assay can read (${error instanceof Error ? error.message : String(error)}). Save it again with the tokenizers library.`,
        { file },
        error,
      );
    }
    const ids = vocabularyIds(document);
    const largest = ids.reduce((a, b) => Math.max(a, b), -1);
    if (largest >= vocabulary)
      throw new AppError(
        'tokenizer-mismatch',
        `${file} has the token id ${largest}, but the model's vocabulary ends at ${vocabulary - 1}. The tokenizer belongs to another model.`,
        { file, place: `id ${largest}` },
      );
    const texts = Array.from({ length: vocabulary }, (_, id) =>
      tokenizer.decode([id], { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
    );
    return new ModelTokenizer(tokenizer, texts, file, config);
  }

  /**
   * Text of every token id, each decoded alone. A byte-level token that is part of a longer UTF-8
   * character shows as the replacement character.
   */
  get vocabularyTexts(): readonly string[] {
    return this.#texts;
  }

  /** Encodes a text without adding special tokens. */
  encode(text: string): Encoding {
    const ids = [...this.#tokenizer.encode(text, { add_special_tokens: false }).ids];
    return { ids, tokens: ids.map((id) => this.#texts[id] ?? '') };
  }

  /** Ids of a text; `special` lets the tokenizer add what it adds by default, such as BOS. */
  ids(text: string, special = false): number[] {
    return this.#tokenizer.encode(text, { add_special_tokens: special }).ids;
  }

  /**
   * A special token by its role in `tokenizer_config.json`, or undefined where it has none.
   * @throws AppError `corrupt` for one that the vocabulary does not have.
   */
  specialToken(role: 'eos_token' | 'bos_token' | 'pad_token'): SpecialToken | undefined {
    const entry = this.#config[role];
    const text = typeof entry === 'string' ? entry : (entry as { content?: unknown })?.content;
    if (typeof text !== 'string') return undefined;
    const id = this.#tokenizer.token_to_id(text);
    if (id !== undefined) return { id, text };
    throw new AppError(
      'corrupt',
      `${this.#file} has no token '${text}', which tokenizer_config.json names as ${role}. Copy both files from the model again.`,
      { file: this.#file, place: role },
    );
  }

  /** As specialToken. @throws AppError `not-found` where there is none. */
  requireSpecial(role: 'eos_token' | 'bos_token'): SpecialToken {
    const token = this.specialToken(role);
    if (token) return token;
    throw new AppError(
      'not-found',
      `The tokenizer_config.json beside ${this.#file} names no ${role}, which packing needs. Add it there.`,
      { file: this.#file, place: role },
    );
  }

  decode(ids: readonly number[]): string {
    return this.#tokenizer.decode([...ids], {
      skip_special_tokens: false,
      clean_up_tokenization_spaces: false,
    });
  }
}

/** All ids that a `tokenizer.json` gives out. */
function vocabularyIds(document: unknown): number[] {
  const { model, added_tokens: added } = (document ?? {}) as {
    model?: { vocab?: Record<string, number> | [string, number][] };
    added_tokens?: { id?: number }[];
  };
  const vocab = model?.vocab ?? {};
  const ids = Array.isArray(vocab) ? vocab.map((_, index) => index) : Object.values(vocab);
  return [...ids, ...(added ?? []).map((token) => token.id ?? -1)];
}
