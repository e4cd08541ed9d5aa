/**
 * What every `npm run` script starts. It needs nothing but Node >= 20 and npm: it installs what the
 * lockfile pins, builds what is stale, and hands over to the Node 24 that came with the install.
 *
 *   demo            the main job on the sample project, then the app
 *   test            everything that must hold: lint, types, unit … browser tests
 *   start [FOLDER]  the app: Electron where it can be had, else the same app on loopback
 *   assay …         the command line
 */
import { resolve } from 'node:path';
import { install, root } from './install.mjs';

const [command, ...args] = process.argv.slice(2);

const commands = {
  async demo() {
    await install();
    const { build } = await import('./build.mjs');
    build();
    const { runAssay, startApp } = await import('./launch.mjs');
    const code = await runAssay(['demo', ...args]);
    if (code !== 0 || !process.stdout.isTTY || !process.stdin.isTTY) return code;
    return startApp([process.env.ASSAY_DEMO_PROJECT]);
  },
  async test() {
    await install();
    const { runChecks } = await import('./checks.mjs');
    return runChecks(args);
  },
  async start() {
    await install();
    const { build } = await import('./build.mjs');
    build();
    const { startApp } = await import('./launch.mjs');
    return startApp(args);
  },
  async assay() {
    await install({ quiet: true });
    const { build } = await import('./build.mjs');
    build({ only: ['kernels'], say: () => {} });
    const { runAssay } = await import('./launch.mjs');
    return runAssay(args);
  },
};

/** Where `assay demo` keeps its project; main/headless/demo-project.ts is told through the environment. */
process.env.ASSAY_DEMO_PROJECT ??= resolve(root, 'out/demo-project');

const [major] = process.versions.node.split('.').map(Number);
if (major < 20) {
  console.error(`Assay needs Node 20 or later; this is ${process.version}. Install a newer Node.`);
  process.exit(2);
}
if (!Object.hasOwn(commands, command)) {
  console.error(`Unknown command '${command ?? ''}'. Known: ${Object.keys(commands).join(', ')}.`);
  process.exit(2);
}
try {
  process.exitCode = await commands[command]();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
