import { basename, dirname, relative, resolve, sep } from 'node:path';
import type { EvaluationDetail, EvaluationLog } from '../../../shared/contract/evaluations.ts';
import { isWithout, type EvaluationSpec } from '../../../shared/domain/evaluation.ts';
import { parseEvaluationSpec } from '../../host/read-evaluations.ts';
import { textValue, type Command, type Values } from '../cli/command.ts';
import { usage } from '../cli/run-cli.ts';
import { printEvaluation } from '../print-evaluation.ts';
import { withHost } from '../with-host.ts';
import { askWorker } from './ask-worker.ts';

export const conditions: Command = {
  name: 'conditions',
  summary: 'Compares conditions over the logs of evaluations, paired by sample and epoch.',
  parameters: ['LOG', '[LOG...]'],
  options: {
    project: {
      type: 'string',
      value: 'DIR',
      help: 'project folder that holds the logs and keeps the comparison; without it nothing is kept',
    },
    assign: {
      type: 'string',
      value: 'LOG=NAME,…',
      help: 'conditions of logs; the others are read from metadata, tags, model and plan',
    },
    baseline: { type: 'string', value: 'NAME', help: 'condition that the others are held against' },
    scorer: { type: 'string', value: 'NAME', help: 'whose scores count' },
    cluster: { type: 'string', value: 'KEY', help: 'metadata key of samples that belong together' },
    errored: { type: 'string', value: 'RULE', help: 'leave-out (default) or wrong' },
    limited: { type: 'string', value: 'RULE', help: 'as-scored (default), leave-out or wrong' },
    margin: { type: 'string', value: 'NUMBER', help: 'differences below it are equivalence (.05)' },
  },
  example:
    'assay conditions logs/bare.eval logs/cot.eval --assign "cot.eval=scratchpad" --project .',
  run: async ({ parameters, values, output, signal }) => {
    const files = parameters.map((path) => resolve(path));
    const kept = textValue(values, 'project');
    const folder = kept === undefined ? commonFolder(files) : resolve(kept);
    const paths = files.map((file) => insideOf(folder, file));
    const known = await askWorker('evaluations.logs', { projectPath: folder, paths }, signal);
    const [problem] = known.problems;
    // Asking for the log that cannot be read throws its own error, with file and place.
    if (problem) await askWorker('evaluations.transcript', firstOf(folder, problem.path), signal);
    const spec = parseEvaluationSpec(specOf(known.logs, values));
    if (kept === undefined) {
      const input = { projectPath: folder, spec };
      const { detail } = await askWorker('evaluations.create', input, signal);
      output.answer(detail, () => printEvaluation(detail));
      return;
    }
    const made = await withHost(output, async (client): Promise<EvaluationDetail> => {
      const { id: project } = await client.call('project.open', { path: folder });
      const input = { project, spec: { ...spec } };
      return client.call('evaluations.create', input, { signal, timeout: null });
    });
    output.answer(made, () => `${printEvaluation(made)}\n\nkept in the project as ${made.id}`);
  },
};

function firstOf(projectPath: string, log: string) {
  return { projectPath, log, sample: '', epoch: 1 };
}

/** The innermost folder that holds all files. */
function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0]!);
  while (!files.every((file) => file.startsWith(folder === sep ? sep : folder + sep)))
    folder = dirname(folder);
  return folder;
}

function insideOf(folder: string, file: string): string {
  const path = relative(folder, file);
  if (path.startsWith('..')) throw usage(`${file} does not lie in the project ${folder}.`);
  return path.split(sep).join('/');
}

function specOf(logs: readonly EvaluationLog[], values: Values): unknown {
  const assigned = readAssignments(textValue(values, 'assign') ?? '', logs);
  const chosen = logs.map((log) => ({
    path: log.path,
    condition: assigned.get(log.path) ?? log.condition,
    noScratchpad: assigned.has(log.path) ? isWithout(assigned.get(log.path)!) : log.noScratchpad,
  }));
  const margin = textValue(values, 'margin');
  const names: (keyof EvaluationSpec)[] = ['baseline', 'scorer', 'cluster', 'errored', 'limited'];
  const optional = names.flatMap((name) => {
    const value = textValue(values, name);
    return value === undefined ? [] : [[name, value]];
  });
  return {
    name: [...new Set(chosen.map(({ condition }) => condition))].join(' against ').slice(0, 300),
    logs: chosen.map(({ path, condition }) => ({ path, condition })),
    noScratchpad: [
      ...new Set(chosen.filter((log) => log.noScratchpad).map(({ condition }) => condition)),
    ],
    ...Object.fromEntries(optional),
    ...(margin === undefined ? {} : { margin: Number(margin) }),
  };
}

/** `bare.eval=no scratchpad,cot.eval=scratchpad`: logs by path or by name. @throws AppError `usage` */
function readAssignments(text: string, logs: readonly EvaluationLog[]): Map<string, string> {
  const assigned = new Map<string, string>();
  for (const part of text.split(',').filter((item) => item.trim() !== '')) {
    const at = part.lastIndexOf('=');
    const [name, condition] = [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    const found = logs.filter(({ path }) => path === name || basename(path) === basename(name));
    if (at < 0 || condition === '') throw usage(`--assign: '${part}' is not LOG=NAME.`);
    if (found.length !== 1)
      throw usage(`--assign: ${found.length} of the logs that are given are called '${name}'.`);
    assigned.set(found[0]!.path, condition);
  }
  return assigned;
}
