import { createSubscriber } from 'svelte/reactivity';

const subscribe = createSubscriber((update) => {
  const observer = new MutationObserver(update);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
});

const resolved = new Map<string, string>();

/**
 * The colour of a role (such as `series-1`) in the present theme as `#rrggbb` or `#rrggbbaa`, which
 * every program that opens an exported chart understands. Read in an effect, it follows the theme.
 */
export function themeColor(role: string): string {
  subscribe();
  const root = document.documentElement;
  const key = `${root.dataset['theme'] ?? ''} ${role}`;
  let color = resolved.get(key);
  if (color === undefined) {
    color = toHex(getComputedStyle(root).getPropertyValue(`--${role}`).trim());
    resolved.set(key, color);
  }
  return color;
}

/** Replaces the roles in a drawing, `var(--series-1)`, by their colours. */
export function resolveColors(svg: string): string {
  return svg.replace(/var\(--([a-z0-9-]+)\)/g, (_, role: string) => themeColor(role));
}

/** The browser itself converts, by painting one pixel. */
function toHex(css: string): string {
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context || css === '') return '#808080';
  context.fillStyle = css;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
  const hex = [red!, green!, blue!].concat(alpha === 255 ? [] : [alpha!]);
  return `#${hex.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}
