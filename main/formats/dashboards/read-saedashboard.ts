import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { readJson } from '../documents.ts';
import { JsonElements } from '../json-elements.ts';
import { readChunks } from '../lines.ts';
import { parsePythonJson } from '../python-json.ts';
import type { DashboardBeat, DashboardExample, DashboardHead, DashboardSink } from './dashboard.ts';
import { Fields } from './fields.ts';

const topGroup = -1;

/**
 * Reads batches of SAEDashboard's runner for Neuronpedia (SAEDashboard 0.8): `batch-N.json` with
 * `model_id, layer, sae_set, sae_id_suffix, features[]`, one feature at a time. What it works around:
 * `layer` may be a number or a text; `bin_min` -1 marks the strongest examples; the lowest band counts
 * silent tokens, so shares of bands are not taken over; the number of active tokens is the sum of the
 * bars, of which `frac_nonzero` is a rounded share; `skipped_indexes.json` names features left out.
 * @param files of one dictionary, in order
 * @throws AppError `corrupt`, `truncated` or `too-large` naming file and place.
 */
export async function readSaeDashboard(
  files: readonly string[],
  sink: DashboardSink,
  beat: DashboardBeat,
): Promise<DashboardHead> {
  let head: DashboardHead | undefined;
  let done = 0;
  for (const file of files) {
    const elements = new JsonElements(file, 'features');
    for await (const chunk of readChunks(file)) {
      for (const { bytes, index } of elements.push(chunk)) {
        const place = `features.${index}`;
        readFeature(
          new Fields(parsePythonJson(bytes.toString('utf8'), file, place), file, place),
          sink,
        );
      }
      done += chunk.length;
      await beat(done);
    }
    const found = readHead(elements.finish(), file);
    if (head && (head.source !== found.source || head.model !== found.model))
      throw new AppError(
        'bad-input',
        `${file} belongs to ${found.model}/${found.source}, and the batches before it to ${head.model}/${head.source}. Import one folder for each dictionary.`,
        { file },
      );
    head = found;
  }
  if (!head) throw new AppError('bad-input', 'There are no batches to read.');
  readSkipped(files[0]!, sink);
  return head;
}

function readHead(rest: string, file: string): DashboardHead {
  const fields = new Fields(
    parsePythonJson(rest, file, 'what stands beside the features'),
    file,
    'top level',
  );
  const suffix = fields.text('sae_id_suffix');
  const layer = fields.text('layer');
  const set = fields.text('sae_set');
  const source =
    [layer, set].filter((part) => part !== '').join('-') + (suffix === '' ? '' : `__${suffix}`);
  const hook = fields.text('hook_name');
  return { model: fields.text('model_id'), source, hook: hook === '' ? source : hook };
}

function readFeature(fields: Fields, sink: DashboardSink): void {
  const index = fields.index('feature_index');
  const exact = fields.get('assay');
  sink.feature({
    index,
    density: fields.number('frac_nonzero'),
    bars: {
      middles: fields.numbers('freq_hist_data_bar_values'),
      heights: fields.numbers('freq_hist_data_bar_heights'),
    },
    max: null,
    promoted: fields.effects('pos_str', 'pos_values'),
    suppressed: fields.effects('neg_str', 'neg_values'),
    neighbours: [],
    tokens: (fields.number('n_prompts_total') ?? 0) * (fields.number('n_tokens_in_prompt') ?? 0),
    exact: exact === undefined ? null : readExact(fields.inner(exact, `${fields.place}.assay`)),
    width: fields.list('vector').length,
  });
  const examples = fields.list('activations');
  for (let i = 0; i < examples.length; i++) {
    const place = `${fields.place}.activations.${i}`;
    const row = fields.inner(examples[i], place);
    const bin = row.number('bin_min');
    const isTop = bin === null || bin === topGroup;
    const example = readExample(
      row,
      row.texts('tokens'),
      row.numbers('values'),
      row.number('qualifying_token_index'),
      isTop,
    );
    if (example) sink.example(index, example);
  }
}

/** Exact figures that Assay adds to the dashboards that it writes. */
export function readExact(fields: Fields): { count: number; sum: number } {
  return { count: fields.number('count') ?? 0, sum: fields.number('sum') ?? 0 };
}

/**
 * One example; undefined for one without tokens. The token for which it was chosen is the one named, where
 * the feature is active on it, and the strongest otherwise: SAEDashboard counts it from another token than
 * it shows where a prompt begins with a special one.
 */
export function readExample(
  row: Fields,
  tokens: readonly string[],
  values: readonly number[],
  chosen: number | null,
  isTop: boolean,
): DashboardExample | undefined {
  if (tokens.length !== values.length)
    throw row.fail(`${tokens.length} tokens and ${values.length} values`);
  if (tokens.length === 0) return undefined;
  let strongest = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[strongest]!) strongest = i;
  const isActive = chosen !== null && (values[chosen] ?? 0) > 0;
  return { tokens, values, at: isActive && !isTop ? chosen : strongest, isTop };
}

function readSkipped(file: string, sink: DashboardSink): void {
  const path = join(file, '..', 'skipped_indexes.json');
  if (!existsSync(path)) return;
  const fields = new Fields(readJson(path), path, 'top level');
  const skipped = fields
    .numbers('skipped_indexes')
    .filter((value) => Number.isInteger(value) && value >= 0 && value < 10_000_000);
  sink.skipped(skipped);
  if (skipped.length > 0)
    sink.note(
      `SAEDashboard left out ${skipped.length} features (${basename(path)}, log sparsity ${fields.number('log_sparsity') ?? 'unknown'}): they are listed without activations.`,
    );
}
