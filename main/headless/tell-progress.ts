import { RateMeter } from '../jobs/rate-meter.ts';
import type { QueryOptions } from '../jobs/query-service.ts';
import { systemClock, type Clock } from '../jobs/clock.ts';
import type { Output } from './cli/output.ts';

/** What is over before anybody looks needs no line. */
const quietMilliseconds = 1000;

/**
 * Shows how far a query is, with its rate and what remains, as followJob shows that of a job.
 * @param of what it does where it says nothing of phases, and what it counts
 */
export function tellProgress(
  output: Pick<Output, 'progress'>,
  of: { readonly phase: string; readonly unit: string },
  clock: Clock = systemClock,
): NonNullable<QueryOptions['onProgress']> {
  const meter = new RateMeter();
  const start = clock.now();
  let current: string | undefined;
  return (done, total, phase = of.phase) => {
    if (phase !== current) meter.reset();
    current = phase;
    meter.add(clock.now(), done);
    if (clock.now() - start < quietMilliseconds) return;
    const unit = phase.startsWith('reading ') ? 'bytes' : of.unit;
    output.progress({ phase, done, total, unit, ...meter.outlook(total) });
  };
}
