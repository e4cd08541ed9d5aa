import { escapeHtml } from '../../../shared/text.ts';

/** A drawing as plain data, so that what is painted on a canvas is also written as SVG. */
export type Shape =
  | { kind: 'rect'; x: number; y: number; width: number; height: number; fill: string }
  | {
      kind: 'path';
      /** Strokes of one path; each goes through its points in order. */
      strokes: readonly (readonly (readonly [number, number])[])[];
      stroke?: string;
      fill?: string;
      opacity?: number;
      width?: number;
      dash?: readonly number[];
    }
  | {
      kind: 'text';
      x: number;
      y: number;
      text: string;
      fill: string;
      size?: number;
      weight?: number;
      anchor?: 'start' | 'middle' | 'end';
      /** Degrees, clockwise, about the point. */
      rotate?: number;
    };

export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly background: string;
  /** What those who cannot see it are told. */
  readonly label: string;
  readonly shapes: readonly Shape[];
}

export const fontFamily = 'system-ui, sans-serif';

/** A scene as an SVG file that needs nothing else. Text sits on its vertical middle. */
export function sceneSvg({ width, height, background, label, shapes }: Scene): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(label)}" font-family="${fontFamily}">`,
    `<rect width="100%" height="100%" fill="${escapeHtml(background)}"/>`,
    ...shapes.map(shapeSvg),
    '</svg>',
  ].join('\n');
}

function shapeSvg(shape: Shape): string {
  if (shape.kind === 'rect') {
    const { x, y, width, height, fill } = shape;
    return `<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" fill="${fill}"/>`;
  }
  if (shape.kind === 'path') {
    const path = shape.strokes
      .map((points) => `M${points.map(([x, y]) => `${short(x)},${short(y)}`).join('L')}`)
      .join('');
    const dash = shape.dash ? ` stroke-dasharray="${shape.dash.join(' ')}"` : '';
    const stroke = shape.stroke
      ? ` stroke="${shape.stroke}" stroke-width="${shape.width ?? 1}" stroke-linejoin="round"`
      : '';
    const opacity = shape.opacity === undefined ? '' : ` opacity="${shape.opacity}"`;
    return `<path d="${path}" fill="${shape.fill ?? 'none'}"${stroke}${dash}${opacity}/>`;
  }
  const { x, y, text, fill, size = 11, weight = 400, anchor = 'start', rotate } = shape;
  const turned = rotate ? ` transform="rotate(${rotate} ${short(x)} ${short(y)})"` : '';
  return `<text x="${short(x)}" y="${short(y)}" dy="0.35em" fill="${fill}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}"${turned}>${escapeHtml(text)}</text>`;
}

/** Hundredths of a pixel are enough, and keep files small. */
function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}
