import type { Engine } from '../engine.ts';
import type { TokenBatch, Transformer } from '../model/transformer.ts';
import type { PlacedDictionary } from '../sae/frozen-dictionary.ts';
import { OriginalPass } from '../sae/original-pass.ts';
import { ActivationCollector, type FeatureMajor } from './activation-store.ts';

const nothing = { hooks: [], logits: false };

/** Runs model and dictionaries over batches of tokens once and gives their sparse activations. */
export class FeaturePass {
  readonly #model: Transformer;
  readonly #dictionaries: readonly PlacedDictionary[];
  #collectors: readonly ActivationCollector[] = [];

  constructor(model: Transformer, dictionaries: readonly PlacedDictionary[]) {
    this.#model = model;
    this.#dictionaries = dictionaries;
    this.#restart();
  }

  /** Activations kept since the last `take`, of all dictionaries. */
  get entries(): number {
    return this.#collectors.reduce((sum, { entries }) => sum + entries, 0);
  }

  /** Adds a batch; batches must come in the order of the tokens. */
  add(tokens: TokenBatch): void {
    const { engine } = this.#model;
    const points = this.#dictionaries.map(({ hook }) => ({ hook, compared: nothing }));
    const pass = new OriginalPass(this.#model, tokens, points);
    this.#dictionaries.forEach(({ hook, dictionary }, index) => {
      const codes = dictionary.encode(pass.at(hook));
      this.#collectors[index]!.add(
        engine.readInts(codes.pointers),
        engine.readInts(codes.indices),
        engine.read(codes.values),
      );
      engine.dispose(codes);
    });
    pass.dispose();
  }

  /** Feature-major activations of each dictionary since the last call; their tokens count from 0. */
  take(): FeatureMajor[] {
    const taken = this.#collectors.map((collector) => collector.finish());
    this.#restart();
    return taken;
  }

  #restart(): void {
    this.#collectors = this.#dictionaries.map(
      ({ dictionary }) => new ActivationCollector(dictionary.shape.latents),
    );
  }
}

/** Sequences in one forward pass that is not a training step: enough to fill the products, small in memory. */
export function batchRows(engine: Engine, rows: number, context: number): number {
  const target = engine.info.name === 'reference' ? 512 : 4096;
  return Math.max(1, Math.min(rows, Math.floor(target / context)));
}
