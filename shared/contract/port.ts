import type { Transport } from './frames.ts';

/** What browsers, Node and Electron's renderer have in common of a message port. */
export interface PortLike {
  postMessage(message: unknown): void;
  addEventListener(type: 'message' | 'close', listener: (event: object) => void): void;
  start?(): void;
  close(): void;
}

/** A transport over one end of a message channel. */
export function portTransport(port: PortLike): Transport {
  let closed = false;
  let onClose: (() => void) | undefined;
  const end = () => {
    if (closed) return;
    closed = true;
    onClose?.();
  };
  port.addEventListener('close', end);
  return {
    send(frame) {
      if (!closed) port.postMessage(frame);
    },
    onFrame(listener) {
      port.addEventListener('message', (event) => {
        if (!closed) listener((event as { data?: unknown }).data);
      });
      port.start?.();
    },
    onClose(listener) {
      onClose = listener;
      if (closed) listener();
    },
    close() {
      port.close();
      end();
    },
  };
}
