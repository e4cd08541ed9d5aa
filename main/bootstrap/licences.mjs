import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes the licences of all packages that are shipped: those of the program with what they need,
 * and those whose code is bundled into the pages.
 */
export function writeLicences(root, target) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const names = new Set([...Object.keys(manifest.dependencies ?? {}), ...bundled(root, manifest)]);
  for (const name of names)
    for (const needed of Object.keys(lock[`node_modules/${name}`]?.dependencies ?? {}))
      if (!needed.startsWith('@types/')) names.add(needed);
  const parts = [...names].sort().map((name) => describe(root, name, lock[`node_modules/${name}`]));
  writeFileSync(target, parts.join(`\n${'-'.repeat(78)}\n\n`));
}

/** Packages that the sources of the pages import. */
function bundled(root, manifest) {
  const known = Object.keys(manifest.devDependencies ?? {});
  const folder = join(root, 'renderer');
  if (!existsSync(folder)) return [];
  const sources = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|svelte|css)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name), 'utf8'));
  return known.filter((name) => {
    const pattern = new RegExp(`['"]${name.replace('/', '\\/')}(/[^'"]*)?['"]`);
    return sources.some((text) => pattern.test(text));
  });
}

function describe(root, name, entry) {
  const folder = join(root, 'node_modules', name);
  const head = `${name} ${entry?.version ?? ''} (${entry?.license ?? 'see below'})\n`;
  if (!existsSync(folder)) return head;
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return `${head}\n${texts.join('\n\n')}\n`;
}
