import { AppError } from '../../../shared/errors.ts';
import { openFileBytes } from '../file-bytes.ts';
import { ZipFile, type ZipEntry } from '../zip-file.ts';
import type { EvalHeader, EvalLog, EvalSample, EvalTranscript } from './eval-log.ts';
import { readInspectHeader } from './inspect-header.ts';
import { sampleFields, toSample } from './inspect-sample.ts';
import { toTranscript } from './inspect-transcript.ts';
import { bufferSource, jsonMembers, parseSpan, pickMembers } from './json-members.ts';

/** One member unpacked: a sample with its whole transcript, or the summaries of all samples. */
const largestCompressed = 512 << 20;
const sampleName = /^samples\/.+_epoch_\d+\.json$/;
const journalName = /^_journal\/summaries\/(\d+)\.json$/;
const attachmentsKey = new Set(['attachments']);

/**
 * Opens an Inspect log `.eval`: a ZIP file of JSON members, deflate or zstd. Where the evaluation did
 * not finish there is no `header.json`, and `_journal/start.json` says what was started. Where samples
 * were not logged whole, their summaries give scores without transcripts. A member that was written
 * again, as after a retry, holds as it was written last.
 * @throws AppError naming file and member; `corrupt` where neither header is there.
 */
export function openInspectZip(path: string): EvalLog {
  const zip = ZipFile.read(openFileBytes(path), { largestCompressed, lastOfRepeated: true });
  try {
    return new InspectZip(path, zip);
  } catch (error) {
    zip.close();
    throw error;
  }
}

class InspectZip implements EvalLog {
  readonly path: string;
  readonly header: EvalHeader;
  readonly #zip: ZipFile;
  readonly #samples: readonly ZipEntry[];

  constructor(path: string, zip: ZipFile) {
    this.path = path;
    this.#zip = zip;
    this.#samples = [...zip.entries.values()].filter(({ name }) => sampleName.test(name));
    const place = zip.entries.has('header.json') ? 'header.json' : '_journal/start.json';
    const document = this.#parse(place);
    this.header = readInspectHeader(document, {
      file: path,
      place,
      format: 'inspect-eval',
      samples: this.#samples.length,
    });
  }

  *samples(): Generator<EvalSample> {
    const { model } = this.header;
    for (const entry of this.#samples) {
      const about = { file: this.path, place: entry.name, model };
      yield toSample(sampleFields(this.#source(entry)), about);
    }
    if (this.#samples.length === 0) yield* this.#summaries();
  }

  transcript(id: string, epoch: number): EvalTranscript {
    const entry = this.#zip.entries.get(`samples/${id}_epoch_${epoch}.json`);
    if (!entry)
      throw new AppError(
        'not-found',
        `${this.path} holds no transcript of sample ${id} in epoch ${epoch}.`,
        { file: this.path, place: `samples/${id}_epoch_${epoch}.json` },
      );
    const source = this.#source(entry);
    const span = pickMembers(source, attachmentsKey).get('attachments');
    const attachments = span ? (parseSpan(source, span, 'attachments') as object) : {};
    return toTranscript(sampleFields(source), (key) => textOf(attachments, key));
  }

  close(): void {
    this.#zip.close();
  }

  /** Scores without transcripts, from the whole list or from the journal of a log without one. */
  *#summaries(): Generator<EvalSample> {
    const { entries } = this.#zip;
    const journal = [...entries.values()]
      .filter(({ name }) => journalName.test(name))
      .sort((a, b) => journalNumber(a) - journalNumber(b));
    const whole = entries.get('summaries.json');
    for (const entry of whole ? [whole] : journal) {
      const source = this.#source(entry);
      for (const span of jsonMembers(source)) {
        const about = { file: this.path, place: entry.name, model: this.header.model };
        yield toSample(sampleFields(source, span), about);
      }
    }
  }

  #source(entry: ZipEntry) {
    return bufferSource(this.#zip.read(entry), this.path, entry.name);
  }

  #parse(name: string): unknown {
    const entry = this.#zip.entries.get(name);
    if (!entry)
      throw new AppError(
        'corrupt',
        `${this.path} holds neither header.json nor _journal/start.json, so it is no Inspect log.`,
        { file: this.path, place: name },
      );
    const bytes = this.#zip.read(entry);
    const source = bufferSource(bytes, this.path, name);
    return parseSpan(source, { start: 0, end: bytes.length }, name);
  }
}

function journalNumber({ name }: ZipEntry): number {
  return Number(journalName.exec(name)?.[1]);
}

export function textOf(attachments: object, key: string): string | undefined {
  const text = (attachments as Readonly<Record<string, unknown>>)[key];
  return typeof text === 'string' ? text : undefined;
}
