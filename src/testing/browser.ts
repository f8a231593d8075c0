import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Headless Chromium as Debian packages it. */

const CHROMIUM = '/usr/bin/chromium';

/** False where it is not installed; in CI that is an error of the machine. */
export const hasChromium = existsSync(CHROMIUM);

export function startBrowser(): Promise<Browser> {
  // Tests may run as root, which Chromium's own sandbox does not allow.
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}

/** A page with all that went wrong in it, and every request that it made beside the file itself. */
export interface WatchedPage {
  page: Page;
  troubles: string[];
  requests: string[];
}

/** Opens a report in a window of that width, and waits until its charts are drawn. */
export async function openFile(browser: Browser, path: string, width = 1440): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  const watched: WatchedPage = { page, troubles: [], requests: [] };
  page.on('console', (message) => watched.troubles.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => watched.troubles.push(String(error)));
  page.on('request', (request) => {
    if (request.url() !== `file://${path}`) watched.requests.push(request.url());
  });
  await page.goto(`file://${path}`);
  await page.waitForSelector('#stage .uplot canvas');
  return watched;
}
