import type { RemoteFile } from './remote-file.ts';

const weights = /\.(safetensors|npz|pt)$/i;
/** What training needs to go on, and caches: weights of no dictionary. */
const besides =
  /(^|\/)(optimizer|lr_scheduler|state|trainer_state|rank_\d+_state|activations?_store|sparsity_store)[^/]*$/i;
const documents = /(^|\/)(cfg|config|hyperparams|runner_cfg)\.json$|\.ya?ml$/i;
const mostDocumentBytes = 4 << 20;
/** A checkpoint among others: what it is called, and when it was written. */
const series = /^(.*?)(\d+)(\.[a-z]+)$/i;

/**
 * The files that a dictionary consists of: weights, of several checkpoints of one name the newest,
 * and the configurations in their folders and in those above.
 */
export function suggestFiles(files: readonly RemoteFile[]): RemoteFile[] {
  const chosen = newest(files.filter(({ path }) => weights.test(path) && !besides.test(path)));
  if (chosen.length === 0) return [];
  const folders = new Set(chosen.flatMap(({ path }) => foldersOf(path)));
  const beside = files.filter(
    ({ path, bytes }) =>
      documents.test(path) && (bytes ?? 0) <= mostDocumentBytes && folders.has(folderOf(path)),
  );
  return files.filter((file) => chosen.includes(file) || beside.includes(file));
}

function newest(files: readonly RemoteFile[]): RemoteFile[] {
  const best = new Map<string, { file: RemoteFile; number: number }>();
  for (const file of files) {
    const [, before, digits, after] = series.exec(file.path) ?? [];
    // A number that is part of a name, as in layer_10 or width_16k, is followed by more or is a folder's.
    const isStep = digits !== undefined && /(samples|step|checkpoint|ae|ckpt)[_-]?$/i.test(before!);
    const key = isStep ? `${before} ${after}` : file.path;
    const number = isStep ? Number(digits) : 0;
    const known = best.get(key);
    if (!known || number > known.number) best.set(key, { file, number });
  }
  return [...best.values()].map(({ file }) => file);
}

/** The folder of a file and all above it; the root is empty. */
function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return Array.from({ length: parts.length + 1 }, (_, length) => parts.slice(0, length).join('/'));
}

function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}
