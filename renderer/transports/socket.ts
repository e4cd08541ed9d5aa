import type { Transport } from '../../shared/contract/frames.ts';
import { socketTransport } from '../../shared/contract/socket.ts';
import { AppError } from '../../shared/errors.ts';

/**
 * Opens the loopback server's WebSocket. The token of the address is exchanged for a cookie first,
 * and taken out of the address so that it is neither bookmarked nor copied.
 * @throws AppError `closed` saying what to do
 */
export async function openSocketTransport(): Promise<Transport> {
  const token = takeToken();
  if (token !== undefined) await exchange(token);
  const address = new URL('/rpc', location.href);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(address);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true });
    socket.addEventListener('error', () => reject(refused()), { once: true });
  });
  return socketTransport(socket);
}

/** `#token=…&rest`: the rest, if any, is the place inside the pages. */
function takeToken(): string | undefined {
  const match = /^#token=([^&]+)&?(.*)$/.exec(location.hash);
  if (!match) return undefined;
  history.replaceState(null, '', `${location.pathname}#${match[2]}`);
  return match[1];
}

async function exchange(token: string): Promise<void> {
  const answer = await fetch('/session', { method: 'POST', body: JSON.stringify({ token }) });
  if (!answer.ok) throw refused();
}

function refused(): AppError {
  return new AppError(
    'closed',
    'The server is not there or does not know this browser. Start it with `npm start` and open the address that it prints, token included.',
  );
}
