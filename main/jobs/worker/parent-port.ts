import type { FromWorker } from '../protocol.ts';

/** The host as a worker sees it. */
export interface ParentPort {
  /** @param sent is called once the message is on its way, whatever becomes of this process. */
  send(message: FromWorker, sent?: () => void): void;
  onMessage(listener: (message: unknown) => void): void;
  /** The host is gone; nobody will read what is sent. */
  onClose(listener: () => void): void;
}

/** Electron's utility process has this port; a forked Node has `process.send`. */
interface UtilityPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
  on(event: 'close', listener: () => void): void;
}

/** Electron does not tell when a message has left. */
const leaveMilliseconds = 50;

export function openParentPort(): ParentPort {
  const { parentPort } = process as unknown as { parentPort?: UtilityPort };
  if (parentPort)
    return {
      send(message, sent) {
        parentPort.postMessage(message);
        if (sent) setTimeout(sent, leaveMilliseconds);
      },
      onMessage: (listener) => parentPort.on('message', ({ data }) => listener(data)),
      onClose: (listener) => parentPort.on('close', listener),
    };
  return {
    send(message, sent = () => undefined) {
      // Without a callback a host that has gone would end the worker with an error event.
      if (process.connected) process.send?.(message, undefined, undefined, sent);
      else sent();
    },
    onMessage: (listener) => void process.on('message', listener),
    onClose: (listener) => void process.on('disconnect', listener),
  };
}
