import type { Session } from 'electron';
import { isData, isLocal, isPage } from './addresses.ts';
import type { Log } from './log.ts';

/**
 * The page works on local files only: it gets no network, no device, no permission but to write to
 * the clipboard what the user copies, and no download but of what it made itself or was offered.
 */
export function hardenSession(session: Session, log: Log): void {
  const mayHave = (permission: string, requester: string): boolean =>
    permission === 'clipboard-sanitized-write' && isPage(requester);
  session.setPermissionRequestHandler((_contents, permission, callback, details) => {
    const isAllowed = details.isMainFrame && mayHave(permission, details.requestingUrl);
    if (!isAllowed) log('warn', `The permission '${permission}' was refused.`);
    callback(isAllowed);
  });
  session.setPermissionCheckHandler((_contents, permission, origin) =>
    mayHave(permission, withPath(origin)),
  );
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler(null);
  session.webRequest.onBeforeRequest((details, callback) => {
    const isAllowed = isLocal(details.url) || details.url.startsWith('devtools://');
    if (!isAllowed) log('warn', `A request to ${shorten(details.url)} was blocked.`);
    callback({ cancel: !isAllowed });
  });
  // Chromium would fetch dictionaries for it.
  session.setSpellCheckerEnabled(false);
  session.on('will-download', (event, item) => {
    const address = item.getURL();
    if (isData(address) || isOwnBlob(address)) return;
    log('warn', `A download of ${shorten(address)} was refused.`);
    event.preventDefault();
  });
}

function isOwnBlob(address: string): boolean {
  return (address.startsWith('blob:') || address.startsWith('data:')) && isLocal(address);
}

/** A permission is checked with an origin alone, with or without a final slash. */
function withPath(origin: string): string {
  return origin.endsWith('/') ? origin : `${origin}/`;
}

function shorten(address: string): string {
  return address.length > 200 ? `${address.slice(0, 200)}…` : address;
}
