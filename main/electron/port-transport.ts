import type { MessagePortMain } from 'electron';
import type { Transport } from '../../shared/contract/frames.ts';
import { portTransport } from '../../shared/contract/port.ts';

/** The transport over the main process's end of a message channel. */
export function mainPortTransport(port: MessagePortMain): Transport {
  return portTransport({
    postMessage: (message) => port.postMessage(message),
    addEventListener: (type, listener) => {
      if (type === 'message') port.on('message', (event) => listener(event));
      else port.on('close', () => listener({}));
    },
    start: () => port.start(),
    close: () => port.close(),
  });
}
