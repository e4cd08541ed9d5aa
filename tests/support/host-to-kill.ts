import { createHost } from '../../main/host/create-host.ts';
import { systemClock } from '../../main/jobs/clock.ts';
import { fakeLauncher } from './fake-launcher.ts';

/**
 * A host that a test kills: node host-to-kill.ts PROJECT USERDATA [SPEC]. It says when it begins to
 * open the project and when it has, then submits the spec, if there is one, and says when the job
 * has left each state.
 */
const [folder, userData, spec] = process.argv.slice(2) as [string, string, string?];
const host = createHost({
  shell: 'headless',
  version: '0.0.0',
  electron: null,
  paths: { userData, resources: userData, home: userData },
  launcher: fakeLauncher(),
  clock: systemClock,
  log: (level, message, details) => {
    if (level === 'error') console.error(message, details);
  },
  blobAddress: (handle) => handle,
});
const { handlers } = host.service;
const context = { signal: new AbortController().signal };
process.send!('opening');
const { id: project } = await handlers['project.open']({ path: folder }, context);
process.send!('open');
if (spec !== undefined) {
  const { id: job } = await handlers['jobs.submit']({ project, spec }, context);
  let last = '';
  const look = async () => {
    const { state } = await handlers['jobs.get']({ project, job }, context);
    if (state !== last) process.send!((last = state));
  };
  setInterval(() => void look(), 2);
} else setInterval(() => undefined, 1000);
