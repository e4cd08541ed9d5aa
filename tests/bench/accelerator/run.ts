/**
 * What the tensorflow engine does on an accelerator, in one command:
 *
 *   npm run setup:tensorflow && node tests/bench/accelerator/run.ts [--out FILE] [--only PART,…] [--small]
 *
 * Parts: `ops` (every operation and gradient against float64), `runs` (a short local and end-to-end run
 * against `reference`), `local` and `e2e` (tokens per second beside PyTorch of ASSAY_PYTHON or python3,
 * eager and compiled, and the least time that arithmetic and bytes allow). Prints a table and, with
 * --out, writes all numbers as JSON. Ends with 1 where an operation or a run is off, or where there is
 * no GPU, unless --small says that this is a rehearsal on a CPU.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createTensorflowEngine } from '../../../main/compute/engines/tensorflow/tensorflow-engine.ts';
import { Rival } from '../../../main/headless/bench/rival.ts';
import { checkOperations } from './op-checks.ts';
import { e2eStep, localStep } from './rates.ts';
import { shortRuns } from './training-runs.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    only: { type: 'string', default: 'ops,runs,local,e2e' },
    small: { type: 'boolean', default: false },
  },
});
const parts = new Set(values.only.split(','));
const local = values.small
  ? { width: 64, latents: 1024, batch: 256, active: 10 }
  : { width: 768, latents: 46_080, batch: 8192, active: 50 };
const e2e = values.small
  ? { layers: 2, width: 64, vocabulary: 500, sequences: 2, length: 16 }
  : { layers: 12, width: 768, vocabulary: 50_257, sequences: 16, length: 512 };
const steps = values.small ? 3 : 20;
/** Relative difference of a loss from float64 that a run on float32 may have after a dozen steps. */
const runTolerance = 1e-4;

interface Timing {
  readonly what: string;
  readonly tokensPerSecond: number;
}

const say = (text: string) => console.log(text);
// Before the engine, which says in the environment how exact its products are.
const rival =
  parts.has('local') || parts.has('e2e')
    ? await Rival.start('accelerator/rival.py', say)
    : undefined;
const engine = createTensorflowEngine();
say(`${engine.info.version} on ${engine.info.device}`);
const onGpu = engine.info.device.startsWith('GPU');
const report: Record<string, unknown> = { engine: engine.info, local, e2e };
const save = () => values.out && writeFileSync(values.out, JSON.stringify(report, null, 1));
let isRight = onGpu || values.small;
if (!isRight) say('TensorFlow uses no GPU here, so nothing that follows speaks of one.');

if (parts.has('ops')) {
  const { cases, failures } = checkOperations(engine);
  report['ops'] = { cases, failures };
  say(`operations and gradients: ${cases - failures.length} of ${cases} agree with float64`);
  for (const { name, why } of failures) say(`  ${name}: ${why}`);
  isRight &&= failures.length === 0;
  save();
}
if (parts.has('runs')) {
  const runs = shortRuns(engine);
  report['runs'] = runs;
  for (const { name, first, last, deviation } of runs) {
    say(
      `${name} run: loss ${first.toPrecision(5)} to ${last.toPrecision(5)}, at most ${deviation.toExponential(1)} from reference`,
    );
    isRight &&= deviation <= runTolerance && last < first;
  }
  save();
}

const timings: Timing[] = [];
const time = (what: string, tokens: number, seconds: number) => {
  timings.push({ what, tokensPerSecond: tokens / seconds });
  report['timings'] = timings;
  say(
    `${what.padEnd(44)} ${Math.round(tokens / seconds).toLocaleString('en')} tokens/s, ${(1000 * seconds).toFixed(2)} ms`,
  );
  save();
};
const ask = async (what: string, tokens: number, question: object) => {
  const answer = (await rival?.ask({ steps, ...question })) as { seconds?: number; error?: string };
  if (answer?.seconds !== undefined) time(`${rival!.name}, ${what}`, tokens, answer.seconds);
  else if (answer) say(`${rival!.name}, ${what}: ${answer.error}`);
};
if (parts.has('local')) {
  const { seconds, l0 } = localStep(engine, local, steps);
  time(`local step, L0 ${l0.toFixed(0)}, ours`, local.batch, seconds);
  if (rival) {
    const rates = (await rival.ask({ ask: 'ceilings', ...local })) as Record<string, number>;
    report['ceilings'] = rates;
    floor(rates);
    for (const tf32 of [false, true])
      for (const compile of [false, true])
        await ask(
          `dense local, ${compile ? 'compiled' : 'eager'}${tf32 ? ', TF32' : ''}`,
          local.batch,
          { ask: 'local', ...local, compile, tf32 },
        );
  }
}
if (parts.has('e2e')) {
  const tokens = e2e.sequences * e2e.length;
  time('e2e step, ours', tokens, e2eStep(engine, e2e, steps).seconds);
  for (const tf32 of [false, true])
    await ask(`e2e, eager${tf32 ? ', TF32' : ''}`, tokens, { ask: 'e2e', ...e2e, tf32 });
}
rival?.close();
await engine.close();
save();
process.exitCode = isRight ? 0 : 1;

/**
 * The least time of a local step: its dense product at the card's rate, and the bytes of codes written
 * once and read once, and of weights, gradients and moments read and written once.
 */
function floor({ float32, tf32, bytes }: Record<string, number>): void {
  if (!float32 || !tf32 || !bytes) return;
  const { width, latents, batch } = local;
  const operations = 2 * width * latents * batch;
  const moved = 4 * (2 * batch * latents + 2 * 7 * width * latents);
  time('floor of arithmetic, float32', batch, operations / float32);
  time('floor of arithmetic, TF32', batch, operations / tf32);
  time('floor of bytes', batch, moved / bytes);
}
