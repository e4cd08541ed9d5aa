import { resolve } from 'node:path';
import { app, dialog } from 'electron';
import { createHost } from '../host/create-host.ts';
import { boot } from './boot.ts';

/** Where Electron begins. The program lies in out/, in the source tree as in the installed archive. */
const out = resolve(import.meta.dirname, '../..');

// Not awaited: Electron is ready only once this module has been evaluated (electron#40719).
boot(createHost, { out, resources: resolve(out, '../resources') }).catch((error: unknown) => {
  dialog.showErrorBox(
    'Assay could not start',
    error instanceof Error ? error.message : String(error),
  );
  app.exit(1);
});
