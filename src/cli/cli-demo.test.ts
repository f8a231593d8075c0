import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SCENARIOS } from '../embedded/scenarios/index.js';
import { displayWidth } from '../report/width.js';
import { closed, collect, ESCAPES, runCli, sleep, startCli, waitFor } from '../testing/run-cli.js';

/** `psyncscope demo` as a user runs it. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-demo-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the tour must show, in this order. */
const TOUR = [
  'PSYNC ? -1',
  'FULLRESYNC',
  'payload complete',
  'online',
  'reset by replica',
  'CONTINUE',
  'lag high',
  'lag recovered',
  '1 full · 1 partial',
  'session 1',
  'session 2',
];

function expectTour(text: string): void {
  let at = 0;
  for (const part of TOUR) {
    const found = text.indexOf(part, at);
    expect(found, part).toBeGreaterThanOrEqual(at);
    at = found;
  }
}

describe('the tour', () => {
  it('is told live within 15 s, over sockets of this process', async () => {
    const start = Date.now();
    const { code, stdout, stderr } = await runCli(['demo']);
    expect(Date.now() - start).toBeLessThan(15_000);
    expect(stderr).toBe('\nmore: psyncscope demo --list\n');
    expect(code).toBe(0);
    expectTour(stdout);
    expect(stdout).toContain('127.0.0.1:');
  });

  it('is told at once with --fast, the same for the same seed', async () => {
    const start = Date.now();
    const first = await runCli(['demo', '--fast']);
    expect(Date.now() - start).toBeLessThan(5000);
    expectTour(first.stdout);
    expect(await runCli(['demo', 'tour', '--fast', '--seed', '1'])).toEqual(first);
    expect((await runCli(['demo', '--fast', '--seed', '2'])).stdout).not.toBe(first.stdout);
  });

  it('keeps what happened readable beside long names on a narrow terminal', async () => {
    const { stdout } = await runCli(['demo', 'failover', '--fast'], { env: { COLUMNS: '60' } });
    const events = stdout.slice(0, stdout.indexOf('session 1  '));
    for (const line of stdout.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(60);
    expect(events).toContain('10.0.0.1:6379 → 10.0.0.3:6379\n    payload starts\n    diskless');
    expect(events).toContain('    REPLCONF capa eof capa psync2\n');
  });

  it('knows which story was meant', async () => {
    const { code, stderr } = await runCli(['demo', 'failovr']);
    expect(code).toBe(2);
    expect(stderr).toContain('no story is named failovr; failover is one');
  });

  it('fits its terminal, and has colours and other characters only where they are wanted', async () => {
    const env = { COLUMNS: '80' };
    const { stdout } = await runCli(['demo', '--fast', '--ascii'], { env });
    expect(stdout).toMatch(/^[\x20-\x7e\n]+$/);
    expect(stdout.split('\n').filter((line) => displayWidth(line) > 80)).toEqual([]);
    expect((await runCli(['demo', '--fast', '--color', 'always'])).stdout).toMatch(ESCAPES);
  });

  it('can be interrupted: what was seen so far is told', async () => {
    const child = startCli(['demo']);
    const output = collect(child.stdout);
    await waitFor('the payload', () => output().includes('payload complete'));
    child.kill('SIGINT');
    expect(await closed(child)).toBe(0);
    expect(output()).toContain('open                    at the end of the capture');
  });

  it('ends quietly when nobody reads on', async () => {
    const child = startCli(['demo']);
    const errors = collect(child.stderr);
    await waitFor('the first line', () => child.stdout.read() !== null);
    child.stdout.destroy();
    await Promise.race([closed(child), sleep(8000).then(() => child.kill('SIGKILL'))]);
    expect(child.exitCode).toBe(0);
    expect(errors()).toBe('');
  });
});

describe('its capture', () => {
  it('shows other commands the same story', async () => {
    const path = join(folder, 'tour.pcap');
    const { code, stdout, stderr } = await runCli(['demo', '--fast', '--save', path]);
    expect(code).toBe(0);
    expect(stderr).toContain(`psyncscope timeline ${path}`);
    const { stdout: timeline } = await runCli(['timeline', path]);
    const sessions = (text: string): string =>
      text.slice(text.indexOf('\n  session 1')).split('\n\n').slice(0, 2).join();
    expect(sessions(timeline)).toBe(sessions(stdout));
    expect(sessions(timeline)).toContain('PSYNC ? -1');
  });

  it('that cannot be written is an input error, before anything is played', async () => {
    const { code, stdout, stderr } = await runCli(['demo', '--save', join(folder, 'none', 'x.pcap')]);
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toContain('cannot be written');
  });
});

describe('the stories', () => {
  it('are all named by --list', async () => {
    const { stdout } = await runCli(['demo', '--list'], { env: { COLUMNS: '80' } });
    for (const { name, title } of SCENARIOS) {
      expect(stdout).toContain(name);
      expect(stdout.replace(/\s+/g, ' ')).toContain(title);
    }
    expect(stdout.split('\n').filter((line) => displayWidth(line) > 80)).toEqual([]);
  });

  it('come as events with --json', async () => {
    const { stdout } = await runCli(['demo', 'backlog-miss', '--fast', '--json']);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const decisions = events.filter(({ event }) => event === 'sync.decided').map(({ cause }) => cause);
    expect(decisions).toEqual(['first-sync', 'backlog-miss']);
  });

  it('that do not exist are a usage error', async () => {
    const { code, stderr } = await runCli(['demo', 'no-such-story']);
    expect(code).toBe(2);
    expect(stderr).toContain('demo --list');
  });
});
