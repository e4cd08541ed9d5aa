/**
 * Numbers as a report prints them: the same in every locale and time zone. A missing value is an
 * en dash, a negative number has a true minus sign, thousands are set apart by commas.
 */
export const missing = '–';

/** A number with `digits` significant digits; integers that fit are printed whole. */
export function formatNumber(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || Number.isNaN(value)) return missing;
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 10 ** Math.max(digits, 7))
    return groupThousands(String(value));
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return formatPower(value, digits);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return groupThousands(value.toFixed(Math.min(decimals, 12)));
}

/** A number with a fixed number of decimals. */
export function formatFixed(value: number, decimals: number): string {
  return groupThousands(value.toFixed(decimals));
}

function formatPower(value: number, digits: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential(Math.max(0, digits - 1)).split('e');
  return `${withMinus(mantissa)}e${withMinus(exponent.replace('+', ''))}`;
}

function withMinus(text: string): string {
  return text.replace('-', '−');
}

function groupThousands(text: string): string {
  const [whole = '', fraction] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return withMinus(fraction === undefined ? grouped : `${grouped}.${fraction}`);
}

/**
 * `mean ± half`: the interval decides how many digits of the mean are worth printing. Without an
 * interval, `digits` significant ones.
 */
export function formatEstimate(mean: number | null, half: number | null, digits: number): string {
  if (mean === null) return missing;
  if (half === null || !Number.isFinite(half)) return formatNumber(mean, digits);
  if (half === 0) return `${formatNumber(mean, digits)} ± 0`;
  const decimals = Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(half))));
  if (half < 1e-4) return `${formatNumber(mean, digits)} ± ${formatNumber(half, 2)}`;
  return `${formatFixed(mean, decimals)} ± ${formatFixed(half, decimals)}`;
}

/** A share as per cent with `digits` significant digits. */
export function formatShare(share: number, digits = 2): string {
  return `${formatNumber(share * 100, digits)} %`;
}

/** A p-value: three decimals, and a bound below them. */
export function formatP(p: number | null): string {
  if (p === null) return missing;
  if (p < 1e-300) return '< 1e−300';
  return p < 0.001 ? formatNumber(p, 2) : p.toFixed(3);
}

/** A size in bytes with a decimal unit. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  return `${formatNumber(bytes / 1000 ** power, 3)} ${units[power - 1] ?? ''}`;
}

/** Seconds as the two largest units that are not 0. */
export function formatDuration(seconds: number | null): string {
  if (seconds === null) return missing;
  if (seconds < 60) return `${formatNumber(seconds, 2)} s`;
  const whole = Math.round(seconds);
  const parts: [number, string][] = [
    [Math.floor(whole / 86400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** Milliseconds since 1970 as `2026-11-24 03:14 UTC`. */
export function formatTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `3 runs`, `1 run`. */
export function formatCount(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatNumber(count)} ${count === 1 ? singular : plural}`;
}
