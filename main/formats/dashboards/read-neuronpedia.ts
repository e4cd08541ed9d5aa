import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileError } from '../../../shared/errors.ts';
import { readLines } from '../lines.ts';
import { parsePythonJson } from '../python-json.ts';
import type { DashboardBeat, DashboardHead, DashboardSink } from './dashboard.ts';
import { Fields } from './fields.ts';
import { ExampleReader, type ExampleNames } from './example-reader.ts';
import { JsonBytes } from './json-bytes.ts';
import { readExact } from './read-saedashboard.ts';

const neuronpediaNames: ExampleNames = {
  bin: 'binMin',
  chosen: ['qualifyingTokenIndex', 'maxValueTokenIndex'],
};

/** Files of an export of one source, in the order in which they are read. */
export function neuronpediaFiles(folder: string): string[] {
  return ['features', 'activations', 'explanations'].flatMap((part) =>
    batchesIn(join(folder, part)),
  );
}

/**
 * Reads an export of Neuronpedia, version 1 (neuronpedia-utils, sae-dashboard 0.8): `source.jsonl` beside
 * the folders `features`, `activations` and `explanations`, each of `batch-N.jsonl`, mostly gzipped.
 * What it works around: `index` is a number or a text; NUL characters, which the importer of Neuronpedia
 * replaces; -10000 for logits that were missing; `zIndices`, whose order is not settled, are left out
 * with the other values of attribution. Explanations become labels.
 * @throws AppError `corrupt`, `truncated` or `too-large` naming file and line.
 */
export async function readNeuronpedia(
  folder: string,
  sink: DashboardSink,
  beat: DashboardBeat,
): Promise<DashboardHead> {
  const source = await readSource(join(folder, 'source.jsonl'));
  const examples = new ExampleReader(sink.words);
  let hook = '';
  let done = 0;
  for (const file of neuronpediaFiles(folder)) {
    const isFeatures = file.startsWith(join(folder, 'features'));
    const isActivations = file.startsWith(join(folder, 'activations'));
    let lines = 0;
    for await (const { text, number } of readLines(file)) {
      const place = `line ${number}`;
      if (isActivations)
        readActivation(new JsonBytes(Buffer.from(text), file, place), examples, sink);
      else {
        const fields = new Fields(parsePythonJson(text, file, place), file, place);
        hook = fields.text('hookName') || hook;
        if (isFeatures) readFeature(fields, source.tokens, sink);
        else readExplanation(fields, sink);
      }
      if (++lines % 64 === 0) await beat(done);
    }
    done += statSync(file).size;
    await beat(done);
  }
  return { model: source.model, source: source.id, hook: hook === '' ? source.id : hook };
}

async function readSource(file: string): Promise<{ model: string; id: string; tokens: number }> {
  for await (const { text, number } of readLines(file)) {
    const place = `line ${number}`;
    const fields = new Fields(parsePythonJson(text, file, place), file, place);
    const tokens =
      (fields.number('num_prompts') ?? 0) * (fields.number('num_tokens_in_prompt') ?? 0);
    return { model: fields.text('modelId'), id: fields.text('id'), tokens };
  }
  throw new Fields({}, file, 'line 1').fail('there is no source');
}

function readFeature(fields: Fields, tokens: number, sink: DashboardSink): void {
  const exact = fields.get('assay');
  const indices = fields.numbers('topkCosSimIndices');
  const cosines = fields.numbers('topkCosSimValues');
  sink.feature({
    index: fields.index('index'),
    density: fields.number('frac_nonzero'),
    bars: {
      middles: fields.numbers('freq_hist_data_bar_values'),
      heights: fields.numbers('freq_hist_data_bar_heights'),
    },
    max: fields.number('maxActApprox'),
    promoted: fields.effects('pos_str', 'pos_values'),
    suppressed: fields.effects('neg_str', 'neg_values'),
    neighbours: indices.map((feature, i) => ({ feature, cosine: cosines[i] ?? 0 })),
    tokens,
    exact: exact === undefined ? null : readExact(fields.inner(exact, `${fields.place}.assay`)),
    width: fields.list('vector').length,
  });
}

function readActivation(json: JsonBytes, reader: ExampleReader, sink: DashboardSink): void {
  const example = reader.read(json, json.place, neuronpediaNames);
  json.end();
  const fields = new Fields(reader.row, json.file, json.place);
  if (example) sink.example(fields.index('index'), example);
  if (fields.list('zIndices').length > 0 || fields.list('dfaValues').length > 0)
    sink.note('Values of attribution (dfaValues, zIndices) were left out.');
}

function readExplanation(fields: Fields, sink: DashboardSink): void {
  const author = [fields.text('typeName'), fields.text('explanationModelName')]
    .filter((part) => part !== '')
    .join(', ');
  const time = Date.parse(fields.text('createdAt'));
  sink.label({
    feature: fields.index('index'),
    text: fields.text('description'),
    author: author === '' ? fields.text('authorId') || 'Neuronpedia' : author,
    time: Number.isFinite(time) ? time : 0,
  });
}

function batchesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  try {
    return readdirSync(folder)
      .filter((name) => /\.jsonl(\.gz)?$/.test(name))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .map((name) => join(folder, name));
  } catch (error) {
    throw fileError(error, folder);
  }
}
