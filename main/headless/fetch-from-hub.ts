import type {
  CurveChoice,
  HubPlan,
  HubSelection,
  HubTransfer,
} from '../../shared/contract/hubs.ts';
import { AppError, errorFromJson } from '../../shared/errors.ts';
import type { Output } from './cli/output.ts';
import { textTable } from './cli/text-table.ts';
import type { HostClient } from './with-host.ts';

export interface HubWish {
  readonly project: string;
  readonly selection: HubSelection;
  readonly curves: CurveChoice;
  /** Larger downloads are refused before they begin. */
  readonly mostBytes: number;
}

const filesNoted = 40;

/**
 * Tells what a download consists of, fetches it, and answers what was imported of it. Ctrl-C stops it;
 * the same command goes on with what came.
 * @throws AppError what went wrong, `too-large` before anything is fetched, `cancelled`
 */
export async function fetchFromHub(
  client: HostClient,
  { project, selection, curves, mostBytes }: HubWish,
  output: Output,
  signal: AbortSignal,
): Promise<HubTransfer> {
  const wanted = { project, selections: [selection], curves };
  const plan = await client.call('hubs.plan', wanted, { signal, timeout: null });
  note(plan, output);
  if (plan.missingBytes > mostBytes)
    throw new AppError(
      'too-large',
      `${selection.address}: ${plan.missingBytes} bytes would be fetched, more than ${mostBytes}. Name a folder or files of it, or allow more with --at-most.`,
      { bytes: plan.missingBytes, limit: mostBytes },
    );
  const pinned = { project, selections: plan.selections, curves };
  const begun = await client.call('hubs.start', pinned, { timeout: null });
  const ended = await follow(client, project, begun, output, signal);
  if (ended.error) throw errorFromJson(ended.error);
  if (ended.state === 'cancelled')
    throw new AppError(
      'cancelled',
      'The download was stopped. What came is kept: the same command goes on with it.',
      { transfer: ended.id },
    );
  return ended;
}

async function follow(
  client: HostClient,
  project: string,
  begun: HubTransfer,
  output: Output,
  signal: AbortSignal,
): Promise<HubTransfer> {
  const cancel = () => {
    client.call('hubs.cancel', { project, transfer: begun.id }).catch(() => undefined);
  };
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  let stop: () => void = () => undefined;
  try {
    return await new Promise<HubTransfer>((done, fail) => {
      const look = (row: HubTransfer) => {
        if (row.id !== begun.id) return;
        if (row.progress) output.progress(row.progress);
        if (row.state !== 'running' && row.state !== 'importing') done(row);
      };
      const read = () =>
        client
          .call('hubs.transfers', { project })
          .then((rows) => rows.forEach(look))
          .catch(fail);
      stop = client.subscribe(
        'hubs.changed',
        { project },
        { event: look, missed: () => void read(), failed: fail },
      );
      void read();
    });
  } finally {
    stop();
    signal.removeEventListener('abort', cancel);
  }
}

/** Sizes and hosts, before anything is fetched. */
function note(plan: HubPlan, output: Output): void {
  const rows = plan.files
    .slice(0, filesNoted)
    .map(({ path, bytes, isHere }) => [path, bytes, isHere ? 'here already' : '']);
  const more = plan.fileCount - rows.length;
  output.note(
    [
      ...(rows.length === 0 ? [] : [textTable([['file', 'bytes', ''], ...rows])]),
      ...(more > 0 ? [`and ${more} more`] : []),
      ...(plan.runs.length > 0 ? [`with curves: ${plan.runs.slice(0, 20).join(', ')}`] : []),
      `${plan.fileCount} files, ${plan.bytes.toLocaleString('en')} bytes, ${plan.missingBytes.toLocaleString('en')} to fetch; contacted so far: ${plan.hosts.join(', ')}`,
    ].join('\n'),
  );
}
