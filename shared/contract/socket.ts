import type { Transport } from './frames.ts';

/** What the browser's WebSocket and the server's have in common. */
export interface SocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: string): void;
  close(): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: () => void): void;
  addEventListener(type: 'error', listener: (event: unknown) => void): void;
}

const open = 1;
const closing = 2;

/** A transport over an open WebSocket, at either end. */
export function socketTransport(socket: SocketLike): Transport {
  let onClose: (() => void) | undefined;
  let closed = false;
  const end = () => {
    if (closed) return;
    closed = true;
    onClose?.();
  };
  socket.addEventListener('close', end);
  // An error is always followed by close, which is what callers wait for.
  socket.addEventListener('error', () => undefined);
  return {
    send(frame) {
      if (socket.readyState === open) socket.send(frame);
    },
    onFrame(listener) {
      socket.addEventListener('message', (event) => listener(event.data));
    },
    onClose(listener) {
      onClose = listener;
      if (closed || socket.readyState > closing) end();
    },
    close() {
      socket.close();
      end();
    },
    buffered: () => socket.bufferedAmount,
  };
}
