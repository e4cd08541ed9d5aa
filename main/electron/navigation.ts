import { app, shell, type WebContents } from 'electron';
import { externalAddress, isData, isPage } from './addresses.ts';
import type { Log } from './log.ts';

/**
 * The one place that decides where pages may go: nowhere. The page may be loaded again, a frame in
 * it may show a file that the host offered, and a few addresses are handed to the system's browser;
 * new windows and webviews are refused, whoever asks.
 */
export function denyNavigation(log: Log): void {
  app.on('web-contents-created', (_event, contents) => guard(contents, log));
}

function guard(contents: WebContents, log: Log): void {
  contents.on('will-frame-navigate', (event) => {
    const isAllowed = event.isMainFrame ? isPage(event.url) : isData(event.url);
    if (isAllowed) return;
    event.preventDefault();
    if (event.isMainFrame) openOutside(event.url, log);
  });
  // Nothing of ours redirects.
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url, log);
    return { action: 'deny' };
  });
}

/** Shows an address in the system's browser if it is one of the few that are allowed. */
export function openOutside(address: string, log: Log): void {
  const allowed = externalAddress(address);
  if (allowed === undefined) {
    log('warn', `A way to ${address.slice(0, 200)} was refused.`);
    return;
  }
  shell.openExternal(allowed).catch((error: unknown) => {
    log('error', `${allowed} could not be opened: ${String(error)}`);
  });
}
