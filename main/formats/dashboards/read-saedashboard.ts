import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AppError, fileError } from '../../../shared/errors.ts';
import { readJson } from '../documents.ts';
import { openFileBytes } from '../file-bytes.ts';
import { JsonElements } from '../json-elements.ts';
import { readChunks } from '../lines.ts';
import { parsePythonJson } from '../python-json.ts';
import type { DashboardBeat, DashboardFeature, DashboardHead, DashboardSink } from './dashboard.ts';
import { ExampleReader, type ExampleNames } from './example-reader.ts';
import { JsonBytes } from './json-bytes.ts';
import { Fields } from './fields.ts';

const saeDashboardNames: ExampleNames = {
  bin: 'bin_min',
  chosen: ['qualifying_token_index'],
};

/** A batch of up to this many bytes is read at once, a larger one feature by feature. */
const usualLargestWhole = 64 << 20;
const besideFeatures = 'what stands beside the features';

/**
 * Reads batches of SAEDashboard's runner for Neuronpedia (SAEDashboard 0.8): `batch-N.json` with
 * `model_id, layer, sae_set, sae_id_suffix, features[]`, one feature at a time. What it works around:
 * `layer` may be a number or a text; `bin_min` -1 marks the strongest examples; the lowest band counts
 * silent tokens, so shares of bands are not taken over; the number of active tokens is the sum of the
 * bars, of which `frac_nonzero` is a rounded share; `skipped_indexes.json` names features left out.
 * @param files of one dictionary, in order
 * @param largestWhole bytes of a batch that is read at once
 * @throws AppError `corrupt`, `truncated` or `too-large` naming file and place.
 */
export async function readSaeDashboard(
  files: readonly string[],
  sink: DashboardSink,
  beat: DashboardBeat,
  largestWhole = usualLargestWhole,
): Promise<DashboardHead> {
  let head: DashboardHead | undefined;
  let done = 0;
  const reader = new FeatureReader(sink);
  for (const file of files) {
    const size = sizeOf(file);
    const before = done;
    const rest =
      size <= largestWhole
        ? readWhole(file, size, reader)
        : await readInPieces(file, reader, (bytes) => beat(before + bytes));
    done += size;
    await beat(done);
    const found = readHead(rest, file);
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

/** A batch that fits memory, in one pass over its bytes. Answers what stands beside the features. */
function readWhole(file: string, size: number, reader: FeatureReader): unknown {
  const source = openFileBytes(file);
  try {
    const bytes = source.read(0, size, reader.room(size));
    try {
      return readBatch(new JsonBytes(bytes, file, besideFeatures), reader);
    } catch (error) {
      // Of a file that was cut off, that is what must be said.
      const elements = new JsonElements(file, 'features');
      elements.push(bytes);
      elements.finish();
      throw error;
    }
  } finally {
    source.close();
  }
}

function readBatch(json: JsonBytes, reader: FeatureReader): unknown {
  const rest = json.object((key) => {
    if (key !== 'features') return false;
    json.list((index) => {
      json.place = `features.${index}`;
      reader.read(json);
      json.place = besideFeatures;
    });
    return true;
  });
  json.end();
  return rest;
}

async function readInPieces(
  file: string,
  reader: FeatureReader,
  beat: DashboardBeat,
): Promise<unknown> {
  const elements = new JsonElements(file, 'features');
  let done = 0;
  for await (const chunk of readChunks(file)) {
    for (const { bytes, index } of elements.push(chunk)) {
      const json = new JsonBytes(bytes, file, `features.${index}`);
      reader.read(json);
      json.end();
    }
    done += chunk.length;
    await beat(done);
  }
  return parsePythonJson(elements.finish(), file, besideFeatures);
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    throw fileError(error, file);
  }
}

function readHead(rest: unknown, file: string): DashboardHead {
  const fields = new Fields(rest, file, 'top level');
  const suffix = fields.text('sae_id_suffix');
  const layer = fields.text('layer');
  const set = fields.text('sae_set');
  const source =
    [layer, set].filter((part) => part !== '').join('-') + (suffix === '' ? '' : `__${suffix}`);
  const hook = fields.text('hook_name');
  return { model: fields.text('model_id'), source, hook: hook === '' ? source : hook };
}

/** One feature; its examples go to the sink as they are read. */
class FeatureReader {
  readonly #sink: DashboardSink;
  readonly #examples: ExampleReader;
  #room = Buffer.alloc(0);

  constructor(sink: DashboardSink) {
    this.#sink = sink;
    this.#examples = new ExampleReader(sink.words);
  }

  /** The same memory for the bytes of each batch. */
  room(bytes: number): Buffer {
    if (this.#room.length < bytes) this.#room = Buffer.allocUnsafeSlow(Math.ceil(1.1 * bytes));
    return this.#room;
  }

  read(json: JsonBytes): void {
    let index: number | undefined;
    const row = json.object((key) => {
      if (key === 'feature_index') {
        index = new Fields({ index: json.value() }, json.file, json.place).index('index');
        return true;
      }
      if (key !== 'activations') return false;
      if (index === undefined) throw json.fail("'feature_index' must come before 'activations'");
      const feature = index;
      json.list((i) => {
        const example = this.#examples.read(
          json,
          `${json.place}.activations.${i}`,
          saeDashboardNames,
        );
        if (example) this.#sink.example(feature, example);
      });
      return true;
    });
    if (index === undefined) throw json.fail("'feature_index' is missing");
    const fields = new Fields(row, json.file, json.place);
    this.#sink.feature(featureOf(index, fields));
    readLabels(index, fields, this.#sink);
  }
}

function featureOf(index: number, fields: Fields): DashboardFeature {
  const exact = fields.get('assay');
  return {
    index,
    density: fields.number('frac_nonzero'),
    bars: {
      middles: fields.numbers('freq_hist_data_bar_values'),
      heights: fields.numbers('freq_hist_data_bar_heights'),
    },
    max: null,
    promoted: fields.effects('pos_str', 'pos_values'),
    suppressed: fields.effects('neg_str', 'neg_values'),
    neighbours:
      exact === undefined ? [] : neighboursIn(fields.inner(exact, `${fields.place}.assay`)),
    tokens: (fields.number('n_prompts_total') ?? 0) * (fields.number('n_tokens_in_prompt') ?? 0),
    exact: exact === undefined ? null : readExact(fields.inner(exact, `${fields.place}.assay`)),
    width: fields.list('vector').length,
  };
}

function neighboursIn(exact: Fields): DashboardFeature['neighbours'] {
  return exact.list('neighbours').map((item) => {
    const other = exact.inner(item, `${exact.place}.neighbours`);
    return { feature: other.index('feature'), cosine: other.number('cosine') ?? 0 };
  });
}

/** Labels, for which the format has no place; Assay writes them beside its exact figures. */
function readLabels(feature: number, fields: Fields, sink: DashboardSink): void {
  const exact = fields.get('assay');
  if (exact === undefined) return;
  const own = fields.inner(exact, `${fields.place}.assay`);
  for (const item of own.list('labels')) {
    const label = own.inner(item, `${own.place}.labels`);
    sink.label({
      feature,
      text: label.text('text'),
      author: label.text('author'),
      time: label.number('time') ?? 0,
    });
  }
}

/** Exact figures that Assay adds to the dashboards that it writes. */
export function readExact(fields: Fields): { count: number; sum: number } {
  return { count: fields.number('count') ?? 0, sum: fields.number('sum') ?? 0 };
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
