import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, openFile, startBrowser } from '../testing/browser.js';
import type { Contrast } from '../testing/contrast.js';
import { runCli } from '../testing/run-cli.js';

/** A failover with a finding: each kind of part is in its page. */
const SENTINEL = 'fixtures/findings/sentinel-failover-redis-7.0.15.pcap.gz';

/** What can be reached by the keyboard: controls, folds, and what is scrolled or zoomed. */
const STOPS = 'a[href], button, input, select, summary, [tabindex="0"]';

function probeCode(): string {
  const { outputFiles } = buildSync({
    entryPoints: ['src/report/html/page/legibility.probe.ts'],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'probe',
    tsconfigRaw: '{}',
  });
  return outputFiles[0]!.text;
}

describe.skipIf(!hasChromium && process.env.CI === undefined)('the report, for everybody', () => {
  const folder = mkdtempSync(join(tmpdir(), 'psyncscope-report-'));
  const code = probeCode();
  const ask = (call: string): Promise<Contrast[]> => page.evaluate(`${code}; [probe.${call}].flat()`);
  let browser: Browser;
  let page: Page;
  let troubles: string[];

  beforeAll(async () => {
    const path = join(folder, 'sentinel.html');
    expect(await runCli(['report', SENTINEL, '-o', path])).toMatchObject({ code: 0 });
    browser = await startBrowser();
    ({ page, troubles } = await openFile(browser, path));
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('says at its top when it happened, what it cost, why, and what to do', async () => {
    const brief = await page.locator('.brief').textContent();
    expect(brief).toMatch(/When16:34:10\.212 by SLAVEOF NO ONE, sent by Sentinel/);
    expect(brief).toContain('127.0.0.1:18215, the old master, after 12.2 s by a full sync');
    expect(brief).toMatch(/Cost3,970 B of writes .* given up.*; 1 full sync, 798 B of payload/);
    expect(brief).toMatch(/Whythe old master had written on to 5,107 .* from 1,137/);
    expect(brief).toMatch(/Do.*min-replicas-to-write/);
    expect(await page.locator('.moment-name').allTextContents()).toEqual(['127.0.0.1:18217 promoted']);
    const times = await page.$$eval('.events .jump', (all) => all.map((each) => Number(each.dataset.at)));
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it.each(['light', 'dark'] as const)('can be read in its %s colours', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.evaluate('for (const fold of document.querySelectorAll("details")) fold.open = true');
    const texts = await ask('texts()');
    expect(texts.length).toBeGreaterThan(300);
    expect(texts.filter(({ ratio, large }) => ratio < (large ? 3 : 4.5))).toEqual([]);
    const edges = await ask(
      'edges(".phase, .mark .plate, .node rect, .edge path:not(.head), input, select, nav button")',
    );
    expect(edges.length).toBeGreaterThan(20);
    expect(edges.filter(({ ratio }) => ratio < 3)).toEqual([]);
    for (const line of [1, 2, 3, 4, 5, 6].map((at) => `--series-${at}`)) {
      const [contrast] = await ask(`variable("${line}")`);
      expect(contrast!.ratio, line).toBeGreaterThanOrEqual(3);
    }
  });

  it('would have noticed a text that is too pale', async () => {
    await page.evaluate(`{
      const pale = document.createElement('p');
      pale.textContent = 'pale';
      pale.style.color = 'rgb(128 128 128 / 60%)';
      document.querySelector('section').append(pale);
    }`);
    const [pale] = (await ask('texts()')).filter(({ what }) => what === 'pale');
    expect(pale!.ratio).toBeGreaterThan(1.5);
    expect(pale!.ratio).toBeLessThan(3);
    await page.evaluate('document.querySelector("section").lastElementChild.remove()');
  });

  it('leads the keyboard to every control, and shows where it is', async () => {
    await page.evaluate('for (const fold of document.querySelectorAll("details")) fold.open = false');
    await page.evaluate('document.activeElement.blur(), getSelection().removeAllRanges(), scrollTo(0, 0)');
    const all = await page.evaluate(
      `window.stops = [...document.querySelectorAll('${STOPS}')].filter((each) => each.checkVisibility() && !each.disabled), stops.length`,
    );
    expect(all).toBeGreaterThan(40);
    const seen = new Set<number>();
    for (let at = 0; at < Number(all); at++) {
      await page.keyboard.press('Tab');
      const [index, outline] = (await page.evaluate(
        `[stops.indexOf(document.activeElement), parseFloat(getComputedStyle(document.activeElement).outlineWidth)]`,
      )) as [number, number];
      expect(index, `stop ${at}`).toBeGreaterThanOrEqual(0);
      expect(outline, `outline of stop ${index}`).toBeGreaterThanOrEqual(2);
      seen.add(index);
    }
    expect(seen.size).toBe(all);
  });

  it('moves the cursor by keys, and tells where it is', async () => {
    await page.focus('#stage');
    await page.keyboard.press('0');
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    expect(await page.textContent('.tools output.unseen')).toBe('Cursor at 16:34:16.296');
    expect(await page.textContent('.values tbody')).toContain('2,');
    expect(await page.locator('.cursor').isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    expect(await page.locator('.cursor').isVisible()).toBe(false);
  });

  it('names what it draws, and each of its controls', async () => {
    const tree = await page.locator('body').ariaSnapshot();
    for (const part of [
      'What happened',
      'What was found, and what to do',
      'Who replicates from whom',
      'Events',
    ])
      expect(tree).toContain(`region "${part}"`);
    expect(tree).toMatch(/img "Before the change of masters at 16:34:10.212: 127.0.0.1:18215 master/);
    expect(tree).toMatch(/img "127.0.0.1:18215 → :18216: 1 sessions, listed below under Links"/);
    expect(tree).toMatch(/table "Links in the charts, and their values at the cursor/);
    expect(tree).toMatch(/rowheader .*127.0.0.1:18217 → :18215/);
    expect(tree).toMatch(/group "Sessions, offsets and lag over time\. Arrow keys move/);
    expect(
      tree.match(/- (button|link|checkbox|searchbox|combobox|img|table|region)\s*(\[.*\])?:?$/gm),
    ).toBeNull();
  });

  it('does not move by itself for who does not want it', async () => {
    const behaviour = 'getComputedStyle(document.documentElement).scrollBehavior';
    expect(await page.evaluate(behaviour)).toBe('smooth');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await page.evaluate(behaviour)).toBe('auto');
    await page.emulateMedia({ reducedMotion: null });
  });

  it('fits on paper, in its light colours, whatever the window is', async () => {
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.evaluate('dispatchEvent(new Event("beforeprint"))');
    const widths = await page.$$eval('.lane-plot svg, .uplot', (all) =>
      all.map((each) => each.getBoundingClientRect().width),
    );
    expect(widths.length).toBeGreaterThanOrEqual(7);
    expect(Math.max(...widths)).toBeLessThanOrEqual(700);
    expect(await page.evaluate('getComputedStyle(document.body).colorScheme')).toBe('light');
    await page.evaluate('dispatchEvent(new Event("afterprint"))');
    await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
    expect(troubles).toEqual([]);
  });
});
