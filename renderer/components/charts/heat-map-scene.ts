import { formatNumber } from '../format.ts';
import type { Scene, Shape } from './scene.ts';

export interface HeatMapOptions {
  readonly title: string;
  readonly rowLabels: readonly string[];
  readonly columnLabels: readonly string[];
  /** Row-major; null is not defined. */
  readonly values: readonly (number | null)[];
  readonly min: number;
  readonly max: number;
  readonly width: number;
  readonly digits: number;
  readonly color: (role: string) => string;
  readonly measure: (text: string) => number;
}

export interface HeatMapLayout {
  readonly left: number;
  readonly top: number;
  readonly cell: number;
  readonly cellHeight: number;
  readonly width: number;
  readonly height: number;
}

const longestLabel = 150;

/** Where the cells lie: as wide as there is room for, at most 64 and at least 4 pixels. */
export function layoutHeatMap(options: HeatMapOptions): HeatMapLayout {
  const { rowLabels, columnLabels, measure, width } = options;
  const widest = (labels: readonly string[]): number =>
    Math.min(
      longestLabel,
      labels.reduce((most, label) => Math.max(most, measure(label)), 0),
    );
  const left = Math.min(width * 0.4, widest(rowLabels) + 14);
  const room = (width - left - 8) / Math.max(1, columnLabels.length);
  const cell = Math.max(4, Math.min(64, room));
  const cellHeight = Math.max(4, Math.min(28, cell));
  const top = widest(columnLabels) + 14;
  return {
    left,
    top,
    cell,
    cellHeight,
    width: Math.max(width, left + cell * columnLabels.length + 8),
    height: top + cellHeight * rowLabels.length + 8,
  };
}

/** The map as a drawing. Values are written where a cell has room for them, labels where they fit. */
export function heatMapScene(options: HeatMapOptions): Scene {
  const { rowLabels, columnLabels, values, color, digits } = options;
  const layout = layoutHeatMap(options);
  const { left, top, cell, cellHeight } = layout;
  const text = color('text');
  const shapes: Shape[] = [];
  const everyRow = Math.max(1, Math.ceil(11 / cellHeight));
  const everyColumn = Math.max(1, Math.ceil(11 / cell));
  for (const [row, label] of rowLabels.entries()) {
    if (row % everyRow !== 0) continue;
    const y = top + (row + 0.5) * cellHeight;
    const fitted = fit(label, left - 12, options.measure);
    shapes.push({ kind: 'text', x: left - 6, y, text: fitted, fill: text, anchor: 'end' });
  }
  for (const [column, label] of columnLabels.entries()) {
    if (column % everyColumn !== 0) continue;
    const x = left + (column + 0.5) * cell;
    const fitted = fit(label, top - 12, options.measure);
    shapes.push({ kind: 'text', x, y: top - 6, text: fitted, fill: text, rotate: -90 });
  }
  const gap = cell >= 12 ? 1 : 0;
  const written = cell >= 34 && cellHeight >= 16;
  const n = columnLabels.length;
  for (let row = 0; row < rowLabels.length; row++) {
    for (let column = 0; column < n; column++) {
      const value = values[row * n + column] ?? null;
      const [x, y] = [left + column * cell, top + row * cellHeight];
      const fill = cellColor(value, options);
      shapes.push({ kind: 'rect', x, y, width: cell - gap, height: cellHeight - gap, fill });
      if (!written) continue;
      const words = value === null ? '–' : formatNumber(value, digits);
      const ink = inkOn(fill);
      const [middle, line] = [x + (cell - gap) / 2, y + (cellHeight - gap) / 2];
      shapes.push({
        kind: 'text',
        x: middle,
        y: line,
        text: words,
        fill: ink,
        anchor: 'middle',
        size: 10,
      });
    }
  }
  const background = color('surface-1');
  const label = `${options.title}: ${rowLabels.length} by ${n} values`;
  return { width: layout.width, height: layout.height, background, label, shapes };
}

/** From low over the middle to high; what is not defined is the grey of the grid. */
function cellColor(value: number | null, { min, max, color }: HeatMapOptions): string {
  if (value === null || !Number.isFinite(value)) return color('surface-3');
  const middle = min < 0 && max > 0 ? 0 : min;
  if (value >= middle) {
    return mix(color('diverging-mid'), color('diverging-high'), (value - middle) / (max - middle));
  }
  return mix(color('diverging-mid'), color('diverging-low'), (middle - value) / (middle - min));
}

function mix(from: string, to: string, share: number): string {
  const part = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
  const [a, b] = [channels(from), channels(to)];
  const hex = a.map((channel, index) => Math.round(channel + (b[index]! - channel) * part));
  return `#${hex.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/** Black or white, whichever stands out more (WCAG relative luminance, threshold at equal contrast). */
function inkOn(fill: string): string {
  const [red, green, blue] = channels(fill).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue! > 0.179 ? '#000000' : '#ffffff';
}

function channels(hex: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

function fit(label: string, room: number, measure: (text: string) => number): string {
  if (measure(label) <= room) return label;
  const characters = [...label];
  while (characters.length > 1 && measure(`${characters.join('')}…`) > room) characters.pop();
  return `${characters.join('')}…`;
}
