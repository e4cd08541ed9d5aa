import type { AppInfo } from '../../../shared/contract/app.ts';
import type { JobProgress } from '../../../shared/contract/jobs.ts';

/** `wasm · 2 threads`: the engine that `auto` means here. */
export function describeEngine({ engines, defaultEngine }: AppInfo): string {
  const engine = engines.find(({ name }) => name === defaultEngine);
  if (!engine) return defaultEngine;
  const parts: string[] = [engine.name];
  if (engine.device !== null) parts.push(engine.device);
  return parts.join(' · ');
}

/** `training 61 % · 2,310 tokens/s · 4 min left` */
export function describeProgress(progress: JobProgress): string {
  const { phase, done, total, unit, rate, remainingSeconds } = progress;
  const share = total > 0 ? ` ${Math.floor((100 * done) / total)} %` : '';
  const parts = [`${phase}${share}`];
  if (rate !== null) parts.push(`${Number(rate.toPrecision(3)).toLocaleString('en')} ${unit}/s`);
  if (remainingSeconds !== null && done < total) parts.push(`${remaining(remainingSeconds)} left`);
  return parts.join(' · ');
}

function remaining(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
