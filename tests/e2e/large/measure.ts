import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { findChromium } from '../../../main/bootstrap/chromium.mjs';
import { startServer } from '../support/server.ts';
import { largeSizes, writeLargeProject } from './large-project.ts';

/*
 * Measures the pages on a large project in Chromium; prints one line of JSON for each figure:
 * node tests/e2e/large/measure.ts, or `assay bench ui`. Needs built pages.
 */

const repetitions = 24;
const patience = 30_000;

function print(name: string, value: number, unit: string): void {
  console.log(JSON.stringify({ name, value, unit }));
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** Milliseconds from doing something in the page until what `read` sees has changed and two frames were drawn. */
async function timed(page: Page, act: string, read: string): Promise<number> {
  return page.evaluate(
    ([act, read, patience]) =>
      new Promise<number>((done, fail) => {
        const look = new Function(`return (${read})`) as () => string;
        const before = look();
        const start = performance.now();
        new Function(act)();
        const check = () => {
          const waited = performance.now() - start;
          if (look() !== before) requestAnimationFrame(() => done(performance.now() - start));
          else if (waited > Number(patience)) fail(new Error(`nothing changed after: ${act}`));
          else requestAnimationFrame(check);
        };
        requestAnimationFrame(check);
      }),
    [act, read, patience] as const,
  );
}

const firstRow = (label: string) =>
  `document.querySelector('[role$=grid][aria-label="${label}"] [aria-rowindex="2"]')?.innerText ?? ''`;
const header = (label: string, title: string) =>
  `[...document.querySelectorAll('[role$=grid][aria-label="${label}"] [role=columnheader] button')].find((b) => b.innerText.trim().startsWith('${title}')).click()`;

async function sorts(page: Page, label: string, titles: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < repetitions; i++) {
    times.push(await timed(page, header(label, titles[i % titles.length]!), firstRow(label)));
    await page.waitForTimeout(80);
  }
  return times;
}

async function filters(page: Page): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < repetitions; i++) {
    const act = `const field = document.querySelector('input[placeholder="min. tokens"]');
      field.value = '${1 + 37 * i}';
      field.dispatchEvent(new Event('input', { bubbles: true }));
      field.dispatchEvent(new Event('change', { bubbles: true }));`;
    const read = `document.querySelector('[aria-label="Filter the features"] [role=status]').innerText`;
    times.push(await timed(page, act, read));
    await page.waitForTimeout(80);
  }
  return times;
}

/** Scrolls for two seconds; answers the frames, and those in which a row on screen was not there. */
async function scroll(page: Page, label: string) {
  return page.evaluate(
    (label) =>
      new Promise<{ frames: number[]; dropped: number }>((done) => {
        const grid = document.querySelector(`[role$=grid][aria-label="${label}"]`) as HTMLElement;
        const frames: number[] = [];
        let dropped = 0;
        let last = performance.now();
        const step = () => {
          const now = performance.now();
          frames.push(now - last);
          last = now;
          const { top, bottom, left } = grid.getBoundingClientRect();
          for (let y = top + 60; y < bottom - 30; y += 28) {
            const row = document.elementFromPoint(left + 40, y)?.closest('[role=row]');
            if (!row || row.querySelector('.ghost')) {
              dropped++;
              break;
            }
          }
          grid.scrollTop += 400;
          if (frames.length < 120) requestAnimationFrame(step);
          else done({ frames: frames.slice(1), dropped });
        };
        requestAnimationFrame(step);
      }),
    label,
  );
}

/** Moves, zooms and hovers over the map; milliseconds of each frame with its work. */
async function moveMap(page: Page): Promise<number[]> {
  return page.evaluate(
    () =>
      new Promise<number[]>((done) => {
        const map = document.querySelector('.points') as HTMLElement;
        const { left, top, width, height } = map.getBoundingClientRect();
        const times: number[] = [];
        let last = performance.now();
        const step = () => {
          const now = performance.now();
          times.push(now - last);
          last = now;
          const at = {
            clientX: left + width * (0.3 + 0.004 * times.length),
            clientY: top + height / 2,
            bubbles: true,
            cancelable: true,
          };
          if (times.length % 2 === 0) map.dispatchEvent(new PointerEvent('pointermove', at));
          else
            map.dispatchEvent(
              new WheelEvent('wheel', { ...at, deltaY: times.length % 40 < 20 ? -20 : 20 }),
            );
          if (times.length < 90) requestAnimationFrame(step);
          else done(times.slice(2));
        };
        requestAnimationFrame(step);
      }),
  );
}

async function measure(page: Page, url: string, dictionary: string): Promise<void> {
  const visible = { timeout: patience };
  let start = performance.now();
  await page.goto(url);
  await page.getByRole('heading', { level: 1 }).waitFor(visible);
  print('first page', (performance.now() - start) / 1000, 's');

  const pages = page.getByRole('navigation', { name: 'Pages' });
  start = performance.now();
  await pages.getByRole('link', { name: 'Runs' }).click();
  await page
    .getByRole('treegrid', { name: 'Runs' })
    .locator('[aria-rowindex="2"]')
    .waitFor(visible);
  print(`page of ${largeSizes.runs} runs`, (performance.now() - start) / 1000, 's');
  await page.waitForTimeout(2500);
  const runSorts = await sorts(page, 'Runs', ['L0', 'CE increase']);
  print('sort of runs, median', quantile(runSorts, 0.5), 'ms');
  print('sort of runs, 95 %', quantile(runSorts, 0.95), 'ms');

  start = performance.now();
  await pages.getByRole('link', { name: 'Features' }).click();
  const grid = page.getByRole('grid', { name: 'Features' });
  await grid.locator('[aria-rowindex="2"]').waitFor(visible);
  print(`page of ${largeSizes.latents} features`, (performance.now() - start) / 1000, 's');
  await page.waitForTimeout(1500);
  const featureSorts = await sorts(page, 'Features', ['Density', 'Max', 'Stability', 'Mean']);
  print('sort of features, median', quantile(featureSorts, 0.5), 'ms');
  print('sort of features, 95 %', quantile(featureSorts, 0.95), 'ms');
  const filtered = await filters(page);
  print('filter of features, median', quantile(filtered, 0.5), 'ms');
  print('filter of features, 95 %', quantile(filtered, 0.95), 'ms');
  const scrolled = await scroll(page, 'Features');
  print('scrolling, frame, 95 %', quantile(scrolled.frames, 0.95), 'ms');
  print('scrolling, frames with a missing row, of 120', scrolled.dropped, 'frames');

  start = performance.now();
  await page.evaluate((id) => {
    location.hash = location.hash.replace(/\/features.*$/, `/features/${id}/map`);
  }, dictionary);
  await page.getByRole('group', { name: /^Decoder directions/ }).waitFor(visible);
  print(`map of ${largeSizes.latents} points`, (performance.now() - start) / 1000, 's');
  await page.waitForTimeout(1000);
  const frames = await moveMap(page);
  print('map, frame while zooming and hovering, median', quantile(frames, 0.5), 'ms');
  print('map, frame while zooming and hovering, 95 %', quantile(frames, 0.95), 'ms');
  const points = await sorts(page, 'Points of the map', ['Max', 'Best match', 'Activations']);
  print('sort of points, 95 %', quantile(points, 0.95), 'ms');
}

const folder = mkdtempSync(join(tmpdir(), 'assay-bench-ui-'));
try {
  const project = join(folder, 'large');
  const { dictionary } = await writeLargeProject(project);
  const server = await startServer(join(folder, 'home'), project);
  const executablePath = findChromium();
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update'],
  });
  try {
    const context = await browser.newContext({
      bypassCSP: true,
      viewport: { width: 1440, height: 900 },
    });
    await measure(await context.newPage(), server.url, dictionary);
    print('load of the machine at the end (1 min)', loadavg()[0]!, 'processes');
  } finally {
    await browser.close();
    await server.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
