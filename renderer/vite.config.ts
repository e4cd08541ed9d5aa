import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/** Builds the pages into out/renderer, for both shells. Nothing is fetched from anywhere else. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
  build: {
    outDir: '../out/renderer',
    emptyOutDir: true,
    // Both shells embed a current Chromium.
    target: 'chrome140',
    // The pages' policy allows no script and no style inside the page, so none is put there.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    // How long plugins take is no news to whoever starts the app.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
});
