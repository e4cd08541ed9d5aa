import { ipcMain, MessageChannelMain, type IpcMainEvent, type WebContents } from 'electron';
import { contract, type AssayContract } from '../../shared/contract/index.ts';
import { serve, type LogBug, type Service } from '../../shared/contract/serve.ts';
import { isPage, pageOrigin } from './addresses.ts';
import { mainPortTransport } from './port-transport.ts';
import type { Log } from './log.ts';

/** The two messages between the preload script and the main process; preload.cts repeats them. */
export const channels = { request: 'assay:request-port', offer: 'assay:port' } as const;

export interface Connections {
  readonly service: Service<AssayContract>;
  /** The windows that this process made, by their contents. */
  readonly isOwnWindow: (contents: WebContents) => boolean;
  readonly log: Log;
  readonly logBug: LogBug;
}

/**
 * Gives each page that asks, and that is ours, one end of a message channel to the host. This is
 * all of Electron's IPC that the application uses; what comes through the port is checked by the
 * contract.
 */
export function acceptConnections(options: Connections): void {
  ipcMain.on(channels.request, (event) => {
    const problem = senderProblem(event, options.isOwnWindow);
    if (problem !== undefined) {
      options.log('warn', `A message to the host was refused: ${problem}.`);
      return;
    }
    const { port1, port2 } = new MessageChannelMain();
    serve(contract, options.service, mainPortTransport(port1), options.logBug);
    event.senderFrame?.postMessage(channels.offer, null, [port2]);
  });
}

/** Why a sender is not the page in one of our windows; undefined where it is. */
function senderProblem(
  event: IpcMainEvent,
  isOwnWindow: (contents: WebContents) => boolean,
): string | undefined {
  const frame = event.senderFrame;
  // The frame is null once it has navigated or is gone.
  if (frame === null || frame.detached) return 'its frame is gone';
  if (!isOwnWindow(event.sender)) return 'it comes from a window that is not ours';
  if (frame.parent !== null) return 'it comes from a frame inside a page';
  if (frame.origin !== pageOrigin || !isPage(frame.url))
    return `it comes from ${frame.url.slice(0, 200)}`;
  return undefined;
}
