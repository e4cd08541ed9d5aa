import { join } from 'node:path';
import { forkLauncher } from '../../main/headless/launcher.ts';

export const fakeWorker = join(import.meta.dirname, 'fake-worker.ts');

/** Starts workers that do as the name of their job says (see fake-worker.ts). */
export const fakeLauncher = () => forkLauncher(fakeWorker);
