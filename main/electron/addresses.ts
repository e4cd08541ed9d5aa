/**
 * The addresses of the application, and the few outside it. Addresses are compared as parsed parts:
 * a test on the beginning of a string would take `https://github.com.evil.example` for GitHub.
 */
export const pageScheme = 'app';
export const dataScheme = 'assay-data';
export const pageHost = 'assay';
export const dataHost = 'blob';
export const pageOrigin = `${pageScheme}://${pageHost}`;
export const pageAddress = `${pageOrigin}/index.html`;

/** Hosts whose pages the system's browser may be asked to show. */
const externalHosts: ReadonlySet<string> = new Set([
  'arxiv.org',
  'github.com',
  'huggingface.co',
  'wandb.ai',
  'www.neuronpedia.org',
]);

/** The page itself, at whatever place inside it. */
export function isPage(address: string): boolean {
  const url = parse(address);
  return (
    url !== undefined &&
    isPlain(url, pageScheme, pageHost) &&
    ['', '/', '/index.html'].includes(url.pathname)
  );
}

/** A file that the host has offered; such a frame has no origin. */
export function isData(address: string): boolean {
  const url = parse(address);
  return url !== undefined && isPlain(url, dataScheme, dataHost);
}

/** What the page may load: the application's own two schemes, and what it makes in memory. */
export function isLocal(address: string): boolean {
  const url = parse(address);
  if (url === undefined) return false;
  if (url.protocol === 'data:') return true;
  if (url.protocol === 'blob:') return address.startsWith(`blob:${pageOrigin}/`);
  return isPlain(url, pageScheme, pageHost) || isPlain(url, dataScheme, dataHost);
}

/** The address to hand to the system's browser, or undefined where it may not be shown. */
export function externalAddress(address: string): string | undefined {
  const url = parse(address);
  const isAllowed =
    url?.protocol === 'https:' &&
    url.port === '' &&
    url.username === '' &&
    url.password === '' &&
    externalHosts.has(url.hostname);
  return isAllowed ? url.href : undefined;
}

/** The address of a blob handle of the host. */
export function dataAddress(handle: string): string {
  return `${dataScheme}://${dataHost}/${handle}`;
}

function isPlain(url: URL, scheme: string, host: string): boolean {
  return (
    url.protocol === `${scheme}:` && url.host === host && url.username === '' && url.password === ''
  );
}

function parse(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined;
}
