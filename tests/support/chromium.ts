import { chromium, type Browser } from '@playwright/test';
import { findChromium } from '../../main/bootstrap/chromium.mjs';

export { findChromium };

export const missingChromium = 'needs Chromium, which is not on this machine';

/** Starts Chromium without a network of its own. */
export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(missingChromium);
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update'],
  });
}
