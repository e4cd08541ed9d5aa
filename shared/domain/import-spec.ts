import * as v from 'valibot';

/** What can be read of results that another tool made, by the name that a spec gives it. */
export const importFormats = [
  'saedashboard',
  'neuronpedia',
  'saebench',
  'wandb-offline',
  'tensorboard',
  'jsonl-curves',
  'csv-curves',
  'wandb',
] as const;
export type ImportFormat = (typeof importFormats)[number];

/** What people call them. */
export const importFormatNames: Readonly<Record<ImportFormat, string>> = {
  saedashboard: 'SAEDashboard',
  neuronpedia: 'Neuronpedia export',
  saebench: 'SAEBench',
  'wandb-offline': 'W&B offline run',
  tensorboard: 'TensorBoard',
  'jsonl-curves': 'JSONL curves',
  'csv-curves': 'CSV curves',
  wandb: 'Weights & Biases',
};

/**
 * A job that reads results of another tool: its runs, or the features of a dictionary. What comes of it
 * lies in the job's folder like the results of a training, and is kept when the source goes.
 */
export const importSpecSchema = v.strictObject({
  kind: v.literal('import'),
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  /** File or folder, relative to the project or absolute, or an address such as `wandb:entity/project/run`. */
  source: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
  /** Found from the content where not given. */
  format: v.optional(v.picklist(importFormats)),
});
export type ImportSpec = v.InferOutput<typeof importSpecSchema>;
