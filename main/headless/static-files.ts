import { readdirSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

export interface StaticFile {
  readonly path: string;
  readonly contentType: string;
  readonly cache: string;
}

/**
 * The built pages. They are listed, and a request is looked up in the list by its exact path: no
 * path of a request ever reaches the file system. The page itself renews the list, so that a new
 * build is served without a restart.
 */
export class StaticFiles {
  readonly #folder: string;
  #files = new Map<string, StaticFile>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The file at a request's path; paths without an extension are addresses inside the page. */
  find(pathname: string): StaticFile | undefined {
    if (pathname === '/' || pathname === '/index.html' || extname(pathname) === '') {
      this.#list();
      return this.#files.get('/index.html');
    }
    return this.#files.get(pathname);
  }

  #list(): void {
    const files = new Map<string, StaticFile>();
    for (const entry of listFolder(this.#folder)) {
      const type = contentTypes[extname(entry)];
      if (!type) continue;
      const pathname = `/${relative(this.#folder, entry).split(sep).join('/')}`;
      files.set(pathname, {
        path: entry,
        contentType: type,
        // Vite names the files in assets/ by their content.
        cache: pathname.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-store',
      });
    }
    this.#files = files;
  }
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}
