import { closeSync, openSync, readSync } from 'node:fs';
import { openEvalLog } from '../../formats/eval-logs/open-eval-log.ts';
import { grouped, problemOf, type Finding } from './finding.ts';

const headBytes = 4096;

/** An evaluation log `.eval` of Inspect, by its header. */
export function scanEval(path: string): Finding {
  return scanLog(path, 'Inspect log');
}

/**
 * A `.json` log of Inspect: told from other JSON by how it begins, since it may be large. The file is
 * walked once for the places of its parts.
 */
export function scanInspectJson(path: string): Finding | undefined {
  const isLog = /^\s*\{\s*"version"\s*:\s*\d+\s*,\s*"status"\s*:\s*"\w+"\s*,\s*"eval"\s*:/;
  return isLog.test(readHead(path)) ? scanLog(path, 'Inspect log') : undefined;
}

/** JSON Lines of lm-evaluation-harness: documents with `doc_id` and answers. */
export function scanHarnessSamples(path: string): Finding | undefined {
  const head = readHead(path);
  const isLog = /^\s*\{\s*"doc_id"\s*:/.test(head) && /"(?:doc|arguments|resps)"\s*:/.test(head);
  return isLog ? scanLog(path, 'lm-evaluation-harness') : undefined;
}

function scanLog(path: string, format: string): Finding {
  const found = { kind: 'evaluation', format, numbers: {} } as const;
  try {
    const log = openEvalLog(path);
    log.close();
    const { task, model, status, samples, format: kind } = log.header;
    const isWhole = kind !== 'lm-evaluation-harness';
    return {
      ...found,
      facts: [
        task.slice(0, 200),
        ...(model === '' ? [] : [model.slice(0, 200)]),
        ...(isWhole ? [`${grouped(samples)} samples`] : []),
        ...(status === 'success' ? [] : [status.slice(0, 80)]),
      ],
      problem: null,
    };
  } catch (error) {
    return { ...found, facts: [], problem: problemOf(error, path) };
  }
}

function readHead(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const head = Buffer.alloc(headBytes);
    return head.subarray(0, readSync(fd, head, 0, headBytes, 0)).toString('utf8');
  } finally {
    closeSync(fd);
  }
}
