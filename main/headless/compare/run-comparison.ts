import type { ComparisonDetail } from '../../../shared/contract/comparisons.ts';
import type { CompareSpec } from '../../../shared/domain/compare-spec.ts';
import type { Output } from '../cli/output.ts';
import { checkSucceeded, followJob } from '../follow-job.ts';
import type { HostClient } from '../with-host.ts';

/** What a comparison is asked for with; the rest has defaults. */
export type CompareRequest = Pick<CompareSpec, 'name' | 'dictionaries' | 'tokens'> &
  Partial<CompareSpec>;

/** Compares dictionaries by a job that stays in the project. @throws AppError where it does not succeed */
export async function runComparison(
  client: HostClient,
  project: string,
  request: CompareRequest,
  { output, signal }: { readonly output: Output; readonly signal: AbortSignal },
): Promise<ComparisonDetail> {
  const spec = { kind: 'compare', ...request };
  const submitted = await client.call('jobs.submit', { project, spec });
  const ended = await followJob(client, project, submitted, output, signal);
  checkSucceeded(ended, `assay run --resume ${submitted.id}`);
  const rows = await client.call('comparisons.list', { project });
  const { id: comparison } = rows.find(({ job }) => job === submitted.id)!;
  return client.call('comparisons.get', { project, comparison });
}

/** The comparison that an equal request has made before, the newest of them; undefined for none. */
export async function findComparison(
  client: HostClient,
  project: string,
  { name, dictionaries, tokens, minimumCount }: CompareRequest,
): Promise<ComparisonDetail | undefined> {
  for (const row of await client.call('comparisons.list', { project })) {
    if (row.name !== name || row.tokensFile !== tokens.file) continue;
    if (minimumCount !== undefined && row.minimumCount !== minimumCount) continue;
    const found = await client.call('comparisons.get', { project, comparison: row.id });
    const sources = found.list.map(({ source }) => source);
    if (sources.join('\n') === dictionaries.join('\n')) return found;
  }
  return undefined;
}
