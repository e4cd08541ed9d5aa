import type { Transport } from '../../shared/contract/frames.ts';
import { portTransport } from '../../shared/contract/port.ts';
import { AppError } from '../../shared/errors.ts';

/** The two messages that the preload script knows. */
const request = 'assay:request-port';
const offer = 'assay:port';
const patience = 10_000;

/** Asks the preload script for a port to the host. @throws AppError `closed` where none comes */
export function openElectronTransport(): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      window.removeEventListener('message', receive);
      reject(new AppError('closed', 'The host does not answer. Close Assay and start it again.'));
    }, patience);
    const receive = (event: MessageEvent) => {
      const [port] = event.ports;
      if (event.source !== window || event.data !== offer || !port) return;
      clearTimeout(timer);
      window.removeEventListener('message', receive);
      resolve(portTransport(port));
    };
    window.addEventListener('message', receive);
    window.postMessage(request, location.origin);
  });
}
