import type { Transport } from '../../shared/contract/frames.ts';
import { openElectronTransport } from './electron.ts';
import { openSocketTransport } from './socket.ts';

/** Electron serves the page under a scheme of its own; everything else is the loopback server. */
export const isElectron = location.protocol === 'app:';

/** Opens a connection to the host, whichever shell the page runs in. @throws AppError */
export function openTransport(): Promise<Transport> {
  return isElectron ? openElectronTransport() : openSocketTransport();
}
