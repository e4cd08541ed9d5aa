import type { CurveChoice } from '../../../shared/contract/hubs.ts';
import type { ForeignRun } from '../../formats/runs/foreign-run.ts';
import type { RunAddress, WandbClient } from '../../hubs/wandb/client.ts';
import { sampleHistory, scanHistory } from '../../hubs/wandb/history.ts';

/** A run of W&B as the import of runs takes it; its history is fetched while it is read. */
export async function wandbRun(
  client: WandbClient,
  address: RunAddress,
  curves: CurveChoice,
  options: {
    readonly signal: AbortSignal;
    readonly progress?: (done: number, total: number) => void;
  },
): Promise<ForeignRun> {
  const run = await client.run(address, options.signal);
  const read = curves === 'sampled' ? sampleHistory : scanHistory;
  const { summary } = run;
  const seconds = summary['_runtime'];
  return {
    name: run.name,
    group: `${address.entity}/${address.project}`,
    config: run.config,
    summary,
    history: read(client, address, run, options),
    seconds: typeof seconds === 'number' && Number.isFinite(seconds) ? seconds : null,
    notes: [
      ...(run.state === 'finished' || run.state === null
        ? []
        : [`The run is ${run.state} on Weights & Biases.`]),
      ...(curves === 'sampled'
        ? ['Weights & Biases thinned each curve to about 1,500 points; the rest was not fetched.']
        : []),
    ],
  };
}
