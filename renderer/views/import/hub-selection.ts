import type { HubEntry, HubSelection } from '../../../shared/contract/hubs.ts';
import {
  formatHubAddress,
  isHubAddress,
  parseHubAddress,
  type HubName,
} from '../../../shared/domain/hub-address.ts';

/** An address as it is typed into the field of one hub, where its name may be left out. */
export function withHub(text: string, hub: HubName): string {
  const typed = text.trim();
  return typed === '' || isHubAddress(typed) ? typed : `${hub}:${typed}`;
}

/** What holds an address; null for an entity or owner. */
export function parentAddress(text: string): string | null {
  const address = parseHubAddress(text);
  const { path } = address;
  if (path !== '')
    return formatHubAddress({ ...address, path: path.split('/').slice(0, -1).join('/') });
  if (address.hub === 'hf')
    return address.repo === null
      ? null
      : formatHubAddress({ ...address, repo: null, revision: null });
  if (address.run !== null) return formatHubAddress({ ...address, run: null });
  return address.project === null ? null : formatHubAddress({ ...address, project: null });
}

/** What is wanted where these entries were chosen: runs and repositories each, files of one together. */
export function selectionsOf(chosen: readonly HubEntry[]): HubSelection[] {
  const whole: HubSelection[] = [];
  const files = new Map<string, string[]>();
  for (const { kind, address } of chosen) {
    if (kind !== 'file' && kind !== 'folder') {
      whole.push({ address, paths: null });
      continue;
    }
    const parsed = parseHubAddress(address);
    const owner = formatHubAddress({ ...parsed, path: '' });
    files.set(owner, [...(files.get(owner) ?? []), parsed.path]);
  }
  return [...whole, ...[...files].map(([address, paths]) => ({ address, paths }))];
}
