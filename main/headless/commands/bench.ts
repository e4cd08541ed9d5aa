import { benchDashboard } from '../bench-dashboard.ts';
import { benches } from '../bench/index.ts';
import type { Bench, Row } from '../bench/row.ts';
import type { Command, CommandContext } from '../cli/command.ts';
import { usage } from '../cli/run-cli.ts';
import { textTable } from '../cli/text-table.ts';

export const bench: Command = {
  name: 'bench',
  summary: 'Measures the speed of this machine, beside PyTorch where python3 has it.',
  parameters: ['[NAME]', '[SIZE...]'],
  options: {},
  example: 'assay bench matmul 1024x768x6144',
  run: runBench,
};

/** All that can be measured, or what was named at the sizes that were given. */
async function runBench({ parameters, output, signal }: CommandContext): Promise<void> {
  const [name, ...sizes] = parameters;
  const all: Readonly<Record<string, Bench>> = {
    ...benches,
    dashboard: (sizes, context) => benchDashboard(sizes, context, output),
  };
  const chosen = name === undefined ? Object.keys(benches) : [name];
  const rows: Row[] = [];
  for (const each of chosen) {
    const measure = Object.hasOwn(all, each) ? all[each] : undefined;
    if (!measure)
      throw usage(`There is no '${each}' to measure. Try: ${Object.keys(all).join(', ')}.`);
    for await (const row of measure(sizes, { signal, note: (text) => output.note(text) })) {
      output.note(rowText(row));
      rows.push(row);
    }
  }
  output.answer({ rows }, () => rowsTable(rows));
}

function rowText(row: Row): string {
  const { name, threads, value, unit, rivalValue } = row;
  const own = `${name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}: ${rounded(value)} ${unit}`;
  return rivalValue === null ? own : `${own} (PyTorch ${rounded(rivalValue)})`;
}

function rowsTable(rows: readonly Row[]): string {
  return textTable([
    ['name', 'engine', 'threads', 'value', 'unit', 'rival', 'its value', 'ratio'],
    ...rows.map((row) => [
      row.name,
      row.engine,
      row.threads,
      rounded(row.value),
      row.unit,
      row.rival,
      row.rivalValue === null ? null : rounded(row.rivalValue),
      row.ratio === null ? null : Number(row.ratio.toPrecision(3)),
    ]),
  ]);
}

function rounded(value: number): number {
  return value >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
}
