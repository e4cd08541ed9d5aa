/*
 * Runs in the page's process before the page, in a world of its own. It exposes nothing: when the
 * page asks its own window for a connection, it asks the main process for a port and hands that over.
 */
// eslint-disable-next-line @typescript-eslint/no-require-imports, @typescript-eslint/consistent-type-imports
const { ipcRenderer } = require('electron') as typeof import('electron');

const request = 'assay:request-port';
const offer = 'assay:port';

window.addEventListener('message', (event) => {
  // Frames inside the page have windows of their own.
  if (event.source === window && event.data === request) ipcRenderer.send(request);
});

ipcRenderer.on(offer, (event) => {
  const [port] = event.ports;
  if (port) window.postMessage(offer, location.origin, [port]);
});
