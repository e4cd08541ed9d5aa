import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type {
  DashboardBeat,
  DashboardHead,
  DashboardSink,
} from '../../../formats/dashboards/dashboard.ts';
import { neuronpediaFiles, readNeuronpedia } from '../../../formats/dashboards/read-neuronpedia.ts';
import { readSaeDashboard } from '../../../formats/dashboards/read-saedashboard.ts';
import { AppError } from '../../../../shared/errors.ts';
import type { DetectedResults } from '../../../formats/results/detect-results.ts';
import type { JobControl } from '../../control.ts';
import type { ImportFolder } from '../../import-folder.ts';
import { jobFiles } from '../../job-folder.ts';
import { FeatureStore } from './feature-store.ts';
import { SequenceStore } from './sequence-store.ts';

interface Dashboard {
  readonly name: string;
  /** For hashes and progress. */
  readonly files: readonly string[];
  read(sink: DashboardSink, beat: DashboardBeat): Promise<DashboardHead>;
}

interface Place {
  readonly folder: string;
  readonly imported: ImportFolder;
  readonly control: JobControl;
  readonly beat: () => Promise<void>;
}

/**
 * Reads the dashboard of one dictionary into the files of its features; answers the files that were read,
 * and over how many tokens the features were counted.
 * @throws AppError `bad-input` where there is more than one dictionary.
 */
export async function importDashboard(
  found: DetectedResults,
  { folder, imported, control, beat }: Place,
): Promise<{ files: readonly string[]; tokens: number; context: number }> {
  const { name, files, read } = dashboardOf(found);
  const total = files.reduce((sum, file) => sum + statSync(file).size, 0);
  const sequences = new SequenceStore(folder);
  let tokens = 0;
  try {
    await imported.addDictionary(async (runFolder) => {
      const store = new FeatureStore(runFolder, sequences);
      try {
        const head = await read(store, async (done) => {
          await beat();
          control.progress('reading', Math.min(done, total), total, 'bytes');
        });
        if (store.count === 0)
          throw new AppError('bad-input', `${name} holds no features.`, { file: name });
        const steps = (phase: string) => {
          let step = 0;
          return async () => {
            await beat();
            control.progress(phase, ++step, step + 1, 'steps');
          };
        };
        const written = await store.write(found.format, steps('writing features'));
        await sequences.write(steps('writing tokens'));
        tokens = written.tokens;
        const { model, hook, source } = head;
        return {
          dictionary: {
            hook,
            model,
            architecture: 'unknown',
            dIn: written.width,
            latents: written.latents,
          },
          name: [model, source].filter((part) => part !== '').join('/') || name,
          metrics: { latents: written.latents },
          files: written.files,
          notes: [...written.notes, ...sequenceNotes(sequences)],
        };
      } finally {
        store.close();
      }
    });
  } finally {
    sequences.close();
  }
  imported.addFile('tokens', jobFiles.tokens);
  imported.addFile('vocabulary', jobFiles.vocabulary);
  return { files, tokens, context: sequences.context };
}

function dashboardOf({ format, files }: DetectedResults): Dashboard {
  const folders = [
    ...new Set(format === 'neuronpedia' ? files : files.map((file) => dirname(file))),
  ];
  if (folders.length > 1)
    throw new AppError(
      'bad-input',
      `There are dashboards of ${folders.length} dictionaries (${folders.slice(0, 3).join(', ')} …). Import one at a time.`,
      { file: folders[0]! },
    );
  const folder = folders[0]!;
  if (format !== 'neuronpedia')
    return {
      name: basename(folder),
      files,
      read: (sink, beat) => readSaeDashboard(files, sink, beat),
    };
  return {
    name: basename(folder),
    files: [join(folder, 'source.jsonl'), ...neuronpediaFiles(folder)],
    read: (sink, beat) => readNeuronpedia(folder, sink, beat),
  };
}

function sequenceNotes({ count, shared }: SequenceStore): string[] {
  const notes = [
    'Only the tokens of the examples are known: there are no random examples and no near misses.',
  ];
  if (shared > 0)
    notes.push(
      `${shared} examples show one of ${count} sequences that another shows as well; each is kept once.`,
    );
  return notes;
}
