import { fromExtended, type ExtendedNumber } from '../../shared/domain/schemas.ts';

/** A figure as it comes from the host: missing, finite, or an infinity as a word. */
export type Figure = ExtendedNumber | undefined;

const missing = '–';
const plus = '\u2009±\u2009';
const narrow = '\u202f';

/**
 * A number at a sensible length: `digits` significant ones, thousands apart, whole numbers whole,
 * very small and very large ones with an exponent.
 */
export function formatNumber(value: Figure, digits = 3): string {
  const number = toNumber(value);
  const special = formatSpecial(number);
  if (special !== null) return special;
  const size = Math.abs(number);
  if (Number.isInteger(number) && size < 1e9) return group(String(number));
  if (size < 1e-4 || size >= 1e9) return formatExponent(number, digits);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return group(number.toFixed(Math.min(decimals, 20)));
}

/** Every digit of a number, to copy and to show on hover; empty where it is missing. */
export function exactNumber(value: Figure): string {
  const number = toNumber(value);
  if (Number.isNaN(number)) return '';
  return String(number);
}

/** A count: `2,310`. */
export function formatCount(value: Figure): string {
  const number = toNumber(value);
  return formatSpecial(number) ?? group(String(Math.round(number)));
}

/** A count with what is counted: `1 run`, `2,310 runs`. */
export function formatItems(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A share between 0 and 1 as a percentage: `61 %`, `0.043 %`. What is not all is never `100 %`. */
export function formatShare(value: Figure, digits = 2): string {
  const number = toNumber(value);
  const special = formatSpecial(number);
  if (special !== null) return special;
  const percent = number * 100;
  if (number === 0 || number === 1) return `${percent}${narrow}%`;
  const shown = Number(percent.toPrecision(digits));
  if (number < 1 && shown >= 100) return `>${narrow}99.9${narrow}%`;
  if (Math.abs(percent) < 1e-4) return `${formatExponent(percent, digits)}${narrow}%`;
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(shown))));
  return `${group(shown.toFixed(Math.min(decimals, 20)))}${narrow}%`;
}

/** A size: `12.4 MB`, in powers of 1000 as disks count. */
export function formatBytes(value: Figure): string {
  const number = toNumber(value);
  const special = formatSpecial(number);
  if (special !== null) return special;
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let size = number;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  const digits = unit === 0 || size >= 99.95 ? 0 : 1;
  return `${size.toFixed(digits)} ${units[unit]}`;
}

/** A span of time from seconds: `0.4 s`, `45 s`, `4 min 12 s`, `1 h 05 min`, `2 d 3 h`. */
export function formatDuration(value: Figure): string {
  const number = toNumber(value);
  const special = formatSpecial(number);
  if (special !== null) return special;
  if (number < 0) return `−${formatDuration(-number)}`;
  if (number < 0.9995) return `${Math.round(number * 1000)} ms`;
  if (number < 9.95) return `${number.toFixed(1)} s`;
  const seconds = Math.round(number);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  const minutes = Math.round(number / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
  const hours = Math.round(number / 3600);
  return `${group(String(Math.floor(hours / 24)))} d ${hours % 24} h`;
}

/** A moment in local time from milliseconds since 1970: `2026-11-26 01:07`. */
export function formatTime(value: number | null | undefined): string {
  const date = new Date(value ?? NaN);
  if (Number.isNaN(date.getTime())) return missing;
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/**
 * A mean with its interval: `39.7 ± 1.2`, or `39.7 (38.9 to 42.0)` where the interval is lopsided.
 * The interval decides the decimals, so that no digit is shown that it does not carry.
 */
export function formatInterval(mean: Figure, low: Figure, high: Figure, digits = 3): string {
  const [centre, from, to] = [toNumber(mean), toNumber(low), toNumber(high)];
  if (!Number.isFinite(centre)) return formatNumber(centre);
  const half = (to - from) / 2;
  if (!Number.isFinite(half)) return formatNumber(centre, digits);
  if (half === 0) return `${formatNumber(centre, digits)}${plus}0`;
  const size = Math.max(Math.abs(centre), half);
  if (half < 1e-5 || size >= 1e9) {
    return `${formatNumber(centre, digits)}${plus}${formatExponent(half, 2)}`;
  }
  const decimals = Math.max(0, 1 - Math.floor(Math.log10(half)));
  const fixed = (value: number): string => group(value.toFixed(decimals));
  const lopsided = Math.abs(to - centre - (centre - from)) > 0.2 * half;
  return lopsided
    ? `${fixed(centre)} (${fixed(from)} to ${fixed(to)})`
    : `${fixed(centre)}${plus}${fixed(half)}`;
}

/** A p value: three decimals, and never a bare 0. */
export function formatP(value: Figure): string {
  const number = toNumber(value);
  const special = formatSpecial(number);
  if (special !== null) return special;
  return number < 0.001 ? `<${narrow}0.001` : number.toFixed(3);
}

function toNumber(value: Figure): number {
  return value === undefined ? NaN : fromExtended(value);
}

function formatSpecial(value: number): string | null {
  if (Number.isNaN(value)) return missing;
  if (value === Infinity) return '∞';
  return value === -Infinity ? '−∞' : null;
}

function formatExponent(value: number, digits: number): string {
  return value
    .toExponential(Math.max(0, digits - 1))
    .replace('e+', 'e')
    .replaceAll('-', '−');
}

/** Thousands apart by a comma, and a minus sign of a digit's width. A rounded -0 is 0. */
function group(number: string): string {
  const [whole = '', decimals] = number.split('.');
  const grouped = whole.replace('-', '−').replace(/\B(?=(\d{3})+$)/g, ',');
  const joined = decimals === undefined ? grouped : `${grouped}.${decimals}`;
  return /[1-9]/.test(joined) ? joined : joined.replace('−', '');
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
