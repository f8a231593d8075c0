import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECOND } from '../embedded/net/clock.js';
import { hasChromium, openFile, startBrowser, type WatchedPage } from '../testing/browser.js';
import { capturedNodes } from '../testing/captured-nodes.js';
import { runCli } from '../testing/run-cli.js';

const FAILOVER = 'fixtures/captures/failover-chain-redis-6.2.5.pcap.gz';
const LOOP = 'fixtures/embedded/resync-loop.pcap';

/** The stretch of time that the picture shows, µs. */
async function spanOf(page: Page): Promise<{ from: number; to: number }> {
  const { from, to } = await page.$eval('#stage', (stage) => ({ ...stage.dataset }));
  return { from: Number(from), to: Number(to) };
}

/** A capture of a full sync with a key of that name. */
function hostileKeys(name: string): Uint8Array {
  const { nodes, run, capture } = capturedNodes(2);
  const [master, replica] = nodes;
  master!.call(['SET', name, 'value'], 0);
  replica!.call(['REPLICAOF', '10.0.0.1', '6379'], 0);
  run(5 * SECOND);
  return capture();
}

describe.skipIf(!hasChromium && process.env.CI === undefined)('the report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'psyncscope-report-'));
  const written = async (capture: string, name: string): Promise<string> => {
    const path = join(folder, name);
    if (existsSync(path)) return path;
    expect(await runCli(['report', capture, '-o', path])).toMatchObject({ code: 0, stdout: '' });
    return path;
  };
  let browser: Browser;
  let failover: string;
  let watched: WatchedPage;

  beforeAll(async () => {
    browser = await startBrowser();
    failover = await written(FAILOVER, 'failover.html');
    watched = await openFile(browser, failover);
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('tells of a failover in its heading, its story and its drawings', async () => {
    const { page } = watched;
    expect(await page.textContent('h1')).toMatch(/127\.0\.0\.1:19061 took over as master at 04:40:45\.645/);
    expect(await page.textContent('#story')).toMatch(/promoted.*the histories part at 6,707/);
    const drawings = await page.$$eval('#topology svg', (all) =>
      all.map((svg) => svg.getAttribute('aria-label')),
    );
    expect(drawings.length).toBe(2);
    expect(drawings[0]).toContain('127.0.0.1:19061 replica and master of 127.0.0.1:19060');
    expect(drawings[1]).toContain('127.0.0.1:19060 replica of 127.0.0.1:19061');
    expect(await page.$$('#picture .lane')).toHaveLength(3);
    expect(await page.$$('#picture .uplot')).toHaveLength(3);
  });

  it('loads nothing, and nothing fails in it', async () => {
    expect(watched.troubles).toEqual([]);
    expect(watched.requests).toEqual([]);
    const text = readFileSync(failover, 'utf8');
    expect(text).toMatch(/default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'/);
    expect(text).not.toContain('unsafe');
  });

  it('zooms with keys, buttons and a drag, lanes and charts together', async () => {
    const { page } = watched;
    const whole = await spanOf(page);
    await page.focus('#stage');
    await page.keyboard.press('+');
    const closer = await spanOf(page);
    expect(closer.to - closer.from).toBeLessThan(0.7 * (whole.to - whole.from));
    await page.keyboard.press('ArrowLeft');
    expect((await spanOf(page)).from).toBeLessThan(closer.from);
    await page.click('button[aria-label="Show the whole capture"]');
    expect(await spanOf(page)).toEqual(whole);
    const chart = page.locator('[data-chart="bytes"] .u-over');
    await chart.scrollIntoViewIfNeeded();
    const box = (await chart.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 40, { steps: 4 });
    await page.mouse.up();
    const brushed = await spanOf(page);
    const length = whole.to - whole.from;
    expect(brushed.from).toBeCloseTo(whole.from + length * 0.25, -5);
    expect(brushed.to).toBeCloseTo(whole.from + length * 0.5, -5);
    await page.keyboard.press('0');
    await page.focus('#stage');
    await page.keyboard.press('0');
    expect(await spanOf(page)).toEqual(whole);
  });

  it('shows the moment of a sentence, and its values', async () => {
    const { page } = watched;
    const at = await page.locator('#story .strong .jump').getAttribute('data-at');
    await page.locator('#story .strong .jump').click();
    const { from, to } = await spanOf(page);
    expect(from).toBeLessThan(Number(at));
    expect(to).toBeGreaterThan(Number(at));
    expect(to - from).toBeLessThan(2_000_000);
    expect(await page.evaluate('document.activeElement.id')).toBe('stage');
    expect(await page.textContent('.values tbody')).toContain('6,707');
  });

  it('filters events by kind, link and words', async () => {
    const { page } = watched;
    const rows = (): Promise<number> => page.locator('.events tbody tr').count();
    const before = await rows();
    await page.uncheck('[data-kind="connection"]');
    expect(await rows()).toBeLessThan(before);
    await page.fill('#search', 'fullresync');
    expect(await rows()).toBe(2);
    await page.selectOption('#event-link', '0');
    expect(await rows()).toBe(1);
    expect(await page.textContent('#events .count')).toMatch(/^1 event of \d+$/);
    await page.fill('#search', 'no such word');
    expect(await rows()).toBe(0);
  });

  it('hands out the summary document byte for byte', async () => {
    const { page } = watched;
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
    const { stdout } = await runCli(['summary', '--json', FAILOVER]);
    expect(readFileSync(await download.path(), 'utf8')).toBe(stdout);
    expect(download.suggestedFilename()).toBe('psyncscope-summary-2026-11-21.json');
  });

  it.each([1440, 390])('fits a window of %i px, and names what to do about a loop', async (width) => {
    const { page, troubles } = await openFile(browser, await written(LOOP, 'loop.html'), width);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    expect(await page.textContent('.finding[data-code="resync-loop"] .message')).toContain('a loop');
    expect(await page.textContent('.finding[data-code="resync-loop"] .advice')).toContain(
      'client-output-buffer-limit',
    );
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('takes markup in keys and names of commands for text', async () => {
    const key = '</script><img src=x onerror=alert(1)>';
    const capture = join(folder, 'keys.pcap');
    writeFileSync(capture, hostileKeys(key));
    const path = await written(capture, 'keys.html');
    expect(readFileSync(path, 'utf8')).not.toContain('<img');
    const { page, troubles } = await openFile(browser, path);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('.key').allTextContents()).toContain(key);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('takes markup in other texts for text', async () => {
    const hostile = '</script><img src=x onerror=alert(1)>\u202e';
    const path = join(folder, 'hostile.html');
    // The name of the capture goes the way of every text that is shown.
    const name = '<img src=x onerror=alert(2)>.pcap';
    writeFileSync(join(folder, name), readFileSync(LOOP));
    expect(await runCli(['report', join(folder, name), '-o', path])).toMatchObject({ code: 0 });
    const text = readFileSync(path, 'utf8');
    expect(text.split('<script').length).toBe(3);
    const { page, troubles } = await openFile(browser, path);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.textContent('.kicker')).toContain(name);
    await page.fill('#search', hostile);
    expect(troubles).toEqual([]);
    await page.close();
  });
});

describe('the report command', () => {
  it('writes to standard output, and refuses what it cannot do', async () => {
    const printed = await runCli(['report', LOOP]);
    expect(printed.stdout).toMatch(/^<!doctype html>/);
    expect(await runCli(['report', '--json', LOOP])).toMatchObject({ code: 2 });
    expect(await runCli(['report', LOOP, '-o', '/nowhere/at/all.html'])).toMatchObject({ code: 3 });
  });
});
