import { cpSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scanProject } from '../../../../main/host/scan/scan-project.ts';
import { makeTinyProject } from '../../../support/tiny-project.ts';

function kinds(folder: string): string[] {
  return scanProject(folder)
    .items.map(({ kind, path }) => `${kind} ${path}`)
    .sort();
}

it('finds a model, its tokens and their labels', () => {
  expect(kinds(makeTinyProject())).toEqual([
    'labels labels.safetensors',
    'model model',
    'tokens tokens.safetensors',
  ]);
});

it('finds tokens that lie in the folder of a model, and not its weights', () => {
  const folder = makeTinyProject();
  renameSync(join(folder, 'tokens.safetensors'), join(folder, 'model', 'tokens.safetensors'));
  cpSync(
    join(folder, 'model', 'model.safetensors'),
    join(folder, 'model', 'model-00002-of-00002.safetensors'),
  );
  expect(kinds(folder)).toEqual([
    'labels labels.safetensors',
    'model model',
    'tokens model/tokens.safetensors',
  ]);
});
