const isMac = /mac/i.test(globalThis.navigator?.platform ?? '');
/** Two keys belong together when they follow each other within this time. */
const sequenceMilliseconds = 1000;

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly timeStamp: number;
}

/** Turns key presses into the names under which actions know them: `j`, `mod+k`, `g r`. */
export class KeyReader {
  #first: { name: string; at: number } | undefined;

  /** The keys that were meant, `partial` where another key is awaited, or undefined. */
  read(press: KeyPress, known: readonly string[]): string | 'partial' | undefined {
    const name = nameOf(press);
    if (name === undefined) return undefined;
    const first = this.#first;
    this.#first = undefined;
    if (first && press.timeStamp - first.at < sequenceMilliseconds) {
      const both = `${first.name} ${name}`;
      if (known.includes(both)) return both;
    }
    if (known.includes(name)) return name;
    if (!known.some((keys) => keys.startsWith(`${name} `))) return undefined;
    this.#first = { name, at: press.timeStamp };
    return 'partial';
  }
}

function nameOf(press: KeyPress): string | undefined {
  if (['Shift', 'Control', 'Alt', 'Meta'].includes(press.key)) return undefined;
  if (press.altKey) return undefined;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  const hasModifier = isMac ? press.metaKey : press.ctrlKey;
  if (press.ctrlKey !== press.metaKey && !hasModifier) return undefined;
  return hasModifier ? `mod+${key}` : key;
}

/** Keys as they are shown: `mod+k` is ⌘K or Ctrl+K. */
export function formatKeys(keys: string): string {
  return keys.replace(/mod\+(.)/, (_, key: string) =>
    isMac ? `⌘${key.toUpperCase()}` : `Ctrl+${key.toUpperCase()}`,
  );
}

/** Whether a key press goes into a text field. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLSelectElement) return true;
  return (
    target instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(target.type)
  );
}
