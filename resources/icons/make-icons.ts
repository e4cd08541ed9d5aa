import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchChromium } from '../../tests/support/chromium.ts';

/*
 * Draws icon.svg in Chromium at every size that a system asks for, and packs the sizes for Windows
 * (icon.ico) and macOS (icon.icns): node resources/icons/make-icons.ts
 */

const folder = import.meta.dirname;
const sizes = [16, 24, 32, 48, 64, 128, 256, 512, 1024];

async function draw(): Promise<Map<number, Buffer>> {
  const svg = readFileSync(join(folder, 'icon.svg'), 'utf8');
  const browser = await launchChromium();
  const images = new Map<number, Buffer>();
  for (const size of sizes) {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    await page.setContent(
      `<style>html,body{margin:0;background:none}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`,
    );
    images.set(size, await page.screenshot({ omitBackground: true }));
    await page.close();
  }
  await browser.close();
  return images;
}

/** Windows: a table of contents, then PNG files. A side of 256 is written as 0. */
function packIco(images: [number, Buffer][]): Buffer {
  const header = Buffer.alloc(6 + 16 * images.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(images.length, 4);
  let offset = header.length;
  images.forEach(([size, png], index) => {
    const at = 6 + 16 * index;
    header.writeUInt8(size % 256, at);
    header.writeUInt8(size % 256, at + 1);
    header.writeUInt16LE(1, at + 4);
    header.writeUInt16LE(32, at + 6);
    header.writeUInt32LE(png.length, at + 8);
    header.writeUInt32LE(offset, at + 12);
    offset += png.length;
  });
  return Buffer.concat([header, ...images.map(([, png]) => png)]);
}

/** macOS: chunks of a four-letter kind, their length, and a PNG file. */
function packIcns(images: [string, Buffer][]): Buffer {
  const chunks = images.map(([kind, png]) => {
    const head = Buffer.alloc(8);
    head.write(kind, 'latin1');
    head.writeUInt32BE(png.length + 8, 4);
    return Buffer.concat([head, png]);
  });
  const body = Buffer.concat(chunks);
  const head = Buffer.alloc(8);
  head.write('icns', 'latin1');
  head.writeUInt32BE(body.length + 8, 4);
  return Buffer.concat([head, body]);
}

const images = await draw();
const image = (size: number): Buffer => images.get(size)!;
for (const [size, png] of images) writeFileSync(join(folder, `icon-${size}.png`), png);
writeFileSync(
  join(folder, 'icon.ico'),
  packIco([16, 24, 32, 48, 64, 128, 256].map((size) => [size, image(size)])),
);
writeFileSync(
  join(folder, 'icon.icns'),
  packIcns([
    ['ic11', image(32)],
    ['ic12', image(64)],
    ['ic07', image(128)],
    ['ic13', image(256)],
    ['ic08', image(256)],
    ['ic14', image(512)],
    ['ic09', image(512)],
    ['ic10', image(1024)],
  ]),
);
