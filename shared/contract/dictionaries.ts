import * as v from 'valibot';
import { operation, topic } from './define.ts';
import { dictionaryRow } from './features.ts';
import { jobProgress } from './jobs.ts';
import { dashboardFormats, dictionaryFormats, exportFormats } from '../domain/dictionary-form.ts';
import { count, id, shortText, text, time } from '../domain/schemas.ts';

/** A dictionary as it was found in files of some tool. */
export const foundDictionary = v.object({
  name: shortText,
  format: v.picklist(dictionaryFormats),
  /** In the words of the tool, such as `jumprelu` or `AutoEncoderTopK`. */
  architecture: shortText,
  dIn: count,
  /** Width of the output; that of the input but for a transcoder. */
  dOut: count,
  dSae: count,
  /** Hook point under its TransformerLens name; empty where the files do not say. */
  hook: shortText,
  /** Empty where the files do not say. */
  model: shortText,
  /** Why the files were taken for this format. */
  reason: text,
  /** What is changed on the way into Assay's own form, one sentence each. */
  conversions: v.array(text),
  /** Size in the project. */
  bytes: count,
});
export type FoundDictionary = v.InferOutput<typeof foundDictionary>;

const importedDictionary = v.object({
  id,
  ...foundDictionary.entries,
  /** The same dictionary was in the project already: nothing was stored. */
  wasThere: v.boolean(),
});
export type ImportedDictionary = v.InferOutput<typeof importedDictionary>;

/** The files that were written of a dictionary. */
export const exportedDictionary = v.object({
  path: shortText,
  files: v.array(v.object({ name: shortText, bytes: count })),
  warnings: v.array(text),
});
export type ExportedDictionary = v.InferOutput<typeof exportedDictionary>;

/** Where a dictionary of the project came from. */
export const dictionarySource = v.object({
  format: v.picklist(dictionaryFormats),
  architecture: shortText,
  /** The file or folder that it was read from, or the address that was given for it. */
  path: shortText,
  reason: text,
  conversions: v.array(text),
  warnings: v.array(text),
  /** The configuration that lay beside it, as it was. */
  config: v.nullable(v.record(v.string(), v.unknown())),
  /** A sum of what it holds (main/formats/dictionaries/store.ts), from which its id follows. */
  sha256: shortText,
  importedAt: time,
});
export type DictionarySource = v.InferOutput<typeof dictionarySource>;

/** A file or a folder on the machine of the host. */
const localPath = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
const inProject = { project: id };

export const dictionariesContract = {
  'dictionaries.list': operation(v.strictObject(inProject), v.array(dictionaryRow)),
  /** What an import would bring in, from headers and configurations alone. */
  'dictionaries.inspect': operation(
    v.strictObject({ ...inProject, path: localPath }),
    v.object({ dictionaries: v.array(foundDictionary), warnings: v.array(text) }),
  ),
  /**
   * Reads every dictionary of a file or folder into the project. Long for large files: progress comes
   * on `dictionaries.importing`, and a cancelled call leaves nothing half stored.
   */
  'dictionaries.import': operation(
    v.strictObject({
      ...inProject,
      path: localPath,
      /** What to call its source where that is not the path, such as `hf:owner/repo@rev`. */
      source: v.optional(shortText),
    }),
    v.object({ dictionaries: v.array(importedDictionary), warnings: v.array(text) }),
  ),
  /** Writes a dictionary, or its features as a dashboard, into a new folder in the layout of another tool. */
  'dictionaries.export': operation(
    v.strictObject({
      ...inProject,
      dictionary: id,
      format: v.picklist([...exportFormats, ...dashboardFormats]),
      /**
       * Folder to make or to fill; existing files of the same names are refused. Where not given, a new one
       * in `.assay/exports` of the project.
       */
      path: v.optional(localPath),
    }),
    exportedDictionary,
  ),
  /** A dictionary with where it came from; `source` is null for one that was trained here. */
  'dictionaries.get': operation(
    v.strictObject({ ...inProject, dictionary: id }),
    v.object({ row: dictionaryRow, source: v.nullable(dictionarySource) }),
  ),
  /** How far an import is: bytes of the form that is stored. */
  'dictionaries.importing': topic(
    v.strictObject(inProject),
    v.object({ path: shortText, progress: jobProgress }),
  ),
  /** How far an export is: bytes of the form, or features of a dashboard. */
  'dictionaries.exporting': topic(
    v.strictObject(inProject),
    v.object({ dictionary: id, progress: jobProgress }),
  ),
};
