import type { StabilityDetail } from '../../shared/contract/stability.ts';
import type { HostClient } from './with-host.ts';

/** The stability study that a job has just left. */
export async function newestStability(
  client: HostClient,
  project: string,
): Promise<StabilityDetail> {
  const [newest] = await client.call('stability.list', { project });
  return client.call('stability.get', { project, study: newest!.id });
}
