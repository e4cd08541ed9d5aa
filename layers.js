/**
 * Which folder may import which: the one table behind the lint rule `layers/direction`.
 * A folder is matched by its longest prefix here; importing within one's own entry is always allowed.
 * `packages` are the npm packages that only these folders may import.
 */
export const layers = {
  shared: [],
  renderer: ['shared'],

  'main/formats': ['shared'],
  'main/hubs': ['shared'],
  'main/reports': ['shared'],
  'main/db': ['shared'],
  'main/compute': ['shared'],

  'main/jobs': ['shared', 'main/formats'],
  'main/jobs/worker': ['shared', 'main/compute', 'main/formats', 'main/jobs'],

  'main/host': ['shared', 'main/db', 'main/jobs', 'main/reports', 'main/formats', 'main/hubs'],
  'main/headless': ['shared', 'main/host', 'main/jobs', 'main/formats', 'main/headless/bench'],
  'main/headless/bench': ['shared', 'main/compute', 'main/formats'],
  'main/electron': ['shared', 'main/host', 'main/jobs'],
};

export const packages = {
  electron: ['main/electron', 'tests'],
  'better-sqlite3': ['main/db', 'tests'],
  ws: ['main/headless', 'tests'],
  svelte: ['renderer', 'tests'],
  '@huggingface/tokenizers': ['main/compute/model', 'tests'],
  hyparquet: ['main/formats', 'tests'],
  'umap-js': ['tests'],
};
