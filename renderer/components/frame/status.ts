import type { AppInfo } from '../../../shared/contract/app.ts';
import type { HubTransfer } from '../../../shared/contract/hubs.ts';
import type { JobProgress } from '../../../shared/contract/jobs.ts';
import { visibleText } from '../../../shared/text.ts';
import { formatBytes, formatDuration } from '../format.ts';

/** `wasm · 2 threads`: the engine that `auto` means here. */
export function describeEngine({ engines, defaultEngine }: AppInfo): string {
  const engine = engines.find(({ name }) => name === defaultEngine);
  if (!engine) return defaultEngine;
  const parts: string[] = [engine.name];
  if (engine.device !== null) parts.push(engine.device);
  return parts.join(' · ');
}

/** `hf:owner/repo 61 % · 8.1 MB/s · 33 s left` */
export function describeDownload({ name, progress, state }: HubTransfer): string {
  const shown = visibleText(name).replace(/@[0-9a-f]{40}/, '');
  if (!progress) return `${shown} ${state}`;
  const { done, total, unit, rate, remainingSeconds } = progress;
  const parts = [`${shown} ${total > 0 ? Math.floor((100 * done) / total) : 0} %`];
  if (rate !== null && unit === 'bytes') parts.push(`${formatBytes(rate)}/s`);
  if (remainingSeconds !== null) parts.push(`${formatDuration(remainingSeconds)} left`);
  return parts.join(' · ');
}

/** `training 61 % · 2,310 tokens/s · 4 min left` */
export function describeProgress(progress: JobProgress): string {
  const { phase, done, total, unit, rate, remainingSeconds } = progress;
  const share = total > 0 ? ` ${Math.floor((100 * done) / total)} %` : '';
  const parts = [`${phase}${share}`];
  if (rate !== null) parts.push(`${Number(rate.toPrecision(3)).toLocaleString('en')} ${unit}/s`);
  if (remainingSeconds !== null && done < total)
    parts.push(`${formatDuration(remainingSeconds)} left`);
  return parts.join(' · ');
}
