import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { commit, e2eRun, noise, type StubContent } from './content.ts';

const golden = resolve(import.meta.dirname, '../../golden/dictionaries');

/** Files of a folder by their names. */
function filesOf(folder: string, prefix = ''): Record<string, Buffer> {
  return Object.fromEntries(
    readdirSync(join(golden, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [`${prefix}${name}`, readFileSync(join(golden, folder, name))]),
  );
}

/** Both hubs with dictionaries that can be read: those of the golden files. */
export function goldenContent(): StubContent {
  const run = e2eRun('run0abc', 0);
  const saelens = filesOf('saelens-standard', '6-res/');
  const copy = filesOf('e2e-copy');
  const isLarge = (path: string) => /\.(pt|safetensors)$/.test(path);
  return {
    wandb: {
      sparsify: {
        gpt2: [
          { ...run, files: filesOf('e2e-run') },
          { ...e2eRun('run1abc', 1), files: filesOf('e2e-run') },
        ],
      },
    },
    hf: {
      'neuronpedia/saes': {
        commit,
        lfs: Object.keys(saelens).filter(isLarge),
        files: { ...saelens, 'README.md': Buffer.from('# SAEs\n') },
      },
      'apollo-research/e2e-saes': { commit, lfs: Object.keys(copy).filter(isLarge), files: copy },
      'apollo-research/large': {
        commit,
        lfs: ['large.bin'],
        files: { 'large.bin': noise(2_000_000, 5) },
      },
    },
  };
}
