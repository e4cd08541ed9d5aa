import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { findChromium, launchChromium, missingChromium } from '../support/chromium.ts';

const root = resolve(import.meta.dirname, '../..');
const out = join(root, 'out');

function build(...words: string[]): string {
  const script = `import { build } from ${JSON.stringify(pathToFileURL(join(root, 'main/bootstrap/build.mjs')).href)};
    build({ only: ['program', 'papers'], say: console.log, ...${JSON.stringify({ force: words.includes('--force') })} });`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
  }).toString();
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) =>
    file.replaceAll('\\', '/'),
  );
}

beforeAll(() => void build());

describe('the build', () => {
  test('makes a module of every source and leaves none of its imports on TypeScript', () => {
    const sources = ['main', 'shared'].flatMap((folder) =>
      filesIn(join(root, folder)).map((file) => `${folder}/${file}`),
    );
    const expected = sources
      .filter((file) => /(?<!\.d)\.c?ts$/.test(file) && !file.includes('/kernels/'))
      .map((file) => file.replace(/\.(c?)ts$/, '.$1js'));
    expect(expected.length).toBeGreaterThan(20);
    expect(expected.filter((file) => !existsSync(join(out, file)))).toEqual([]);
    const imports = expected.flatMap((file) =>
      [...readFileSync(join(out, file), 'utf8').matchAll(/from '(\.[^']*)'/g)].map(
        ([, path]) => path ?? '',
      ),
    );
    expect(imports.filter((path) => path.endsWith('.ts'))).toEqual([]);
  });

  test('brings the files that the program reads', () => {
    const read = ['sql', 'css', 'wasm'].flatMap((extension) =>
      filesIn(join(root, 'main')).filter((file) => file.endsWith(`.${extension}`)),
    );
    expect(read).toContain('reports/viewer/report.css');
    for (const file of read)
      expect(readFileSync(join(out, 'main', file))).toEqual(readFileSync(join(root, 'main', file)));
  });

  test('leaves alone what is up to date, and removes what has lost its source', () => {
    expect(build()).toBe('build: program: up to date\nbuild: papers: up to date\n');
    const orphan = join(out, 'main', 'orphan.js');
    writeFileSync(orphan, '');
    build('--force');
    expect(existsSync(orphan)).toBe(false);
  });

  test('gives the preload script to Electron as a module of CommonJS that needs electron alone', () => {
    const preload = readFileSync(join(out, 'main/electron/preload/preload.cjs'), 'utf8');
    expect(preload.match(/require\(([^)]*)\)/g)).toEqual(["require('electron')"]);
    expect(preload).not.toMatch(/^(import|export) /m);
  });

  test('lists the licence of every package that the program needs', () => {
    const text = readFileSync(join(out, 'licences.txt'), 'utf8');
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const name of Object.keys(manifest.dependencies))
      expect(text).toContain(`${name} ${manifest.dependencies[name]} (`);
  });

  test('lists the hash of every native file', () => {
    const list = JSON.parse(readFileSync(join(out, 'native-files.json'), 'utf8')) as Record<
      string,
      string
    >;
    const [path, hash] = Object.entries(list)[0] ?? ['', ''];
    expect(path).toMatch(/\.(node|wasm)$/);
    expect(hash).toBe(
      createHash('sha256')
        .update(readFileSync(join(root, path)))
        .digest('hex'),
    );
  });
});

const chromium = findChromium();
test.skipIf(chromium === undefined)(
  `a report of the built program works in Chromium${chromium === undefined ? ` (${missingChromium})` : ''}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'assay-built-'));
    const path = join(folder, 'report.html');
    const script = `import { writeReport } from './out/main/reports/write-report.js';
      import { sampleReport } from './tests/support/sample-report.ts';
      await writeReport(${JSON.stringify(path)}, sampleReport({ features: 40 }));`;
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: root });
    const browser = await launchChromium();
    const page = await browser.newPage({ offline: true });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(pathToFileURL(path).href);
    await page.waitForSelector('html[data-ready]');
    await page.getByRole('button', { name: 'Next' }).click();
    await page.waitForSelector('#s3-f24');
    expect(errors).toEqual([]);
    await browser.close();
    rmSync(folder, { recursive: true });
  },
);

interface Packaging {
  readonly appId: string;
  readonly files: readonly string[];
  readonly asar: boolean;
  readonly asarUnpack: readonly string[];
  readonly electronFuses: Readonly<Record<string, boolean>>;
  readonly linux: { readonly target: readonly string[]; readonly icon: string };
  readonly win: { readonly target: readonly string[]; readonly icon: string };
  readonly mac: {
    readonly target: readonly string[];
    readonly icon: string;
    readonly entitlements: string;
  };
  readonly npmRebuild: boolean;
}

describe('the packaging', () => {
  const packaging = parse(readFileSync(join(root, 'electron-builder.yml'), 'utf8')) as Packaging;

  test('turns off every way to run the program as something else', () => {
    expect(packaging.electronFuses).toEqual({
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
    });
    expect(packaging.asar).toBe(true);
  });

  test('names only files that are there once the program is built', () => {
    const named = packaging.files
      .filter((pattern) => !pattern.startsWith('!'))
      .map((pattern) => pattern.replace(/\/?\*\*.*$/, ''));
    const others = [
      packaging.linux.icon,
      packaging.win.icon,
      packaging.mac.icon,
      packaging.mac.entitlements,
    ];
    expect([...named, ...others].filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('keeps sources and the Node of the source tree out of the installed program', () => {
    expect(packaging.files).not.toContain('**/*');
    expect(packaging.files.some((pattern) => /^(main|shared|renderer|tests)\b/.test(pattern))).toBe(
      false,
    );
    expect(packaging.files).toContain('!node_modules/node-{bin,linux,darwin,win}*/**');
  });

  test('unpacks every native file, which could not be loaded from the archive', () => {
    const list = JSON.parse(readFileSync(join(out, 'native-files.json'), 'utf8')) as Record<
      string,
      string
    >;
    const unpacked = packaging.asarUnpack.map((pattern) => pattern.replace('**/*', ''));
    expect(
      Object.keys(list).filter((path) => !unpacked.some((ending) => path.endsWith(ending))),
    ).toEqual([]);
    expect(packaging.npmRebuild).toBe(false);
  });

  test('has a target for each system', () => {
    expect([packaging.linux.target, packaging.win.target, packaging.mac.target]).toEqual([
      ['AppImage', 'deb'],
      ['nsis'],
      ['dmg'],
    ]);
  });

  test('has icons of the sizes that the systems ask for', () => {
    for (const size of [16, 24, 32, 48, 64, 128, 256, 512, 1024]) {
      const png = readFileSync(join(root, `resources/icons/icon-${size}.png`));
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([size, size]);
    }
    expect(readFileSync(join(root, packaging.win.icon)).readUInt16LE(4)).toBe(7);
    const icns = readFileSync(join(root, packaging.mac.icon));
    expect([icns.toString('latin1', 0, 4), icns.readUInt32BE(4)]).toEqual(['icns', icns.length]);
  });
});
