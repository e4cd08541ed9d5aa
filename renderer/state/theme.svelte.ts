import { Remembered } from './remembered.svelte.ts';

export type Theme = 'system' | 'light' | 'dark';

/** The colour theme, written to the root element so that style sheets follow it. */
export class ThemeState {
  readonly #chosen = new Remembered<Theme>('theme', 'system', (value) =>
    value === 'light' || value === 'dark' ? value : 'system',
  );
  readonly #prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
  #systemDark = $state(this.#prefersDark.matches);

  constructor() {
    this.#prefersDark.addEventListener('change', ({ matches }) => {
      this.#systemDark = matches;
      this.#apply();
    });
    this.#apply();
  }

  get chosen(): Theme {
    return this.#chosen.value;
  }

  set chosen(theme: Theme) {
    this.#chosen.value = theme;
    this.#apply();
  }

  get isDark(): boolean {
    return this.chosen === 'system' ? this.#systemDark : this.chosen === 'dark';
  }

  #apply(): void {
    document.documentElement.dataset['theme'] = this.isDark ? 'dark' : 'light';
  }
}
