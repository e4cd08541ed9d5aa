import { extname } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import type { EvalLog } from './eval-log.ts';
import { openInspectJson } from './inspect-json.ts';
import { openInspectZip } from './inspect-zip.ts';
import { openLmEvalSamples } from './lm-eval-samples.ts';

/**
 * Opens the log of an evaluation by the ending of its name: `.eval` and `.json` of Inspect, `.jsonl`
 * of lm-evaluation-harness. The caller closes it.
 * @throws AppError `unsupported` for other endings, and what its reader throws.
 */
export function openEvalLog(path: string): EvalLog {
  switch (extname(path).toLowerCase()) {
    case '.eval':
      return openInspectZip(path);
    case '.json':
      return openInspectJson(path);
    case '.jsonl':
      return openLmEvalSamples(path);
    default:
      throw new AppError(
        'unsupported',
        `${path} is no log of an evaluation that Assay reads: .eval or .json of Inspect, .jsonl of lm-evaluation-harness.`,
        { file: path },
      );
  }
}
