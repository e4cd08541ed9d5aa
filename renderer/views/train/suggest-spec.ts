import type { FoundItem } from '../../../shared/contract/project.ts';
import { writeSpec } from './spec-text.ts';
import { tokensFrom } from './text-tokens.ts';

/** What of a project can be trained on. */
export interface Ingredients {
  readonly models: readonly FoundItem[];
  readonly tokens: readonly FoundItem[];
  /** Text that can be made into tokens. */
  readonly texts: readonly FoundItem[];
  readonly labels: readonly FoundItem[];
  /** Specs of trainings, to start from. */
  readonly specs: readonly FoundItem[];
}

export function findIngredients(items: readonly FoundItem[]): Ingredients {
  const usable = (kind: FoundItem['kind']) =>
    items.filter((item) => item.kind === kind && item.problem === null);
  return {
    models: usable('model'),
    tokens: usable('tokens'),
    texts: usable('text'),
    labels: usable('labels'),
    specs: usable('spec').filter(({ facts }) => facts.includes('train')),
  };
}

const tokensInStep = 2048;
const tokensInTraining = 2_000_000;
const tokensOfFeatures = 250_000;

/**
 * A first spec for a project: its first model, the hook point in the middle, its largest token file to
 * train on and another one to evaluate on, or a text. Undefined where a model or both are missing.
 */
export function suggestSpec({ models, tokens, texts, labels }: Ingredients): string | undefined {
  const model = models[0];
  const training = pickTraining(tokens, model) ?? texts[0];
  if (!model || !training) return undefined;
  const held = pickHeldOut(tokens, training) ?? training;
  const source = tokensFrom(training, model);
  const context = training.numbers['context'] ?? Number(source['context'] ?? 1);
  const rows = training.numbers['rows'] ?? guessRows(training, context);
  const heldRows = held.numbers['rows'] ?? guessRows(held, context);
  const batch = clamp(Math.round(tokensInStep / context), 1, rows);
  const sequences = Math.min(rows, Math.ceil(tokensInTraining / context));
  const layer = Math.floor((model.numbers['layers'] ?? 2) / 2);
  const label = labels.find((item) => isAligned(item, held));
  return writeSpec({
    kind: 'train',
    name: `${model.name} layer ${layer}`,
    model: model.path,
    hook: `blocks.${layer}.hook_resid_pre`,
    tokens: source,
    seeds: [0, 1],
    dictionary: { ratio: 16 },
    objective: { sparsity: { coefficient: 2 } },
    training: { sequences, batch, learningRate: 5e-4, warmup: Math.floor(sequences / 20) },
    evaluation: {
      tokens: tokensFrom(held, model),
      sequences: Math.min(heldRows, Math.max(1, Math.round(8192 / context))),
      every: Math.max(batch, Math.floor(sequences / 8)),
    },
    features: {
      tokens: tokensFrom(held, model),
      sequences: Math.min(heldRows, Math.ceil(tokensOfFeatures / context)),
      ...(label ? { labels: label.path } : {}),
    },
    checkpointEvery: Math.max(batch, Math.floor(sequences / 4)),
  });
}

/** Rows of text, or of lists that were not counted: at four bytes a token, and safely fewer. */
function guessRows({ bytes }: FoundItem, context: number): number {
  return Math.max(1, Math.floor(bytes / 8 / context));
}

/** The largest token file, one beside the model before others. */
function pickTraining(tokens: readonly FoundItem[], model: FoundItem | undefined) {
  const beside = tokens.filter(({ path }) => model && path.startsWith(`${model.path}/`));
  return largest(beside) ?? largest(tokens);
}

/** Another file of the same context that is not called training data; the largest of these. */
function pickHeldOut(tokens: readonly FoundItem[], training: FoundItem) {
  const others = tokens.filter(
    (item) => item !== training && item.numbers['context'] === training.numbers['context'],
  );
  return largest(others.filter(({ path }) => !/train/i.test(fileName(path)))) ?? largest(others);
}

function largest(items: readonly FoundItem[]): FoundItem | undefined {
  return items.reduce<FoundItem | undefined>(
    (best, item) => (best && tokensOf(best) >= tokensOf(item) ? best : item),
    undefined,
  );
}

/** Labels belong to tokens of the same rows and context. */
export function isAligned(labels: FoundItem, tokens: FoundItem): boolean {
  return (
    labels.numbers['rows'] === tokens.numbers['rows'] &&
    labels.numbers['context'] === tokens.numbers['context']
  );
}

function tokensOf({ numbers }: FoundItem): number {
  return numbers['tokens'] ?? 0;
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
