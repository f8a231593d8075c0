import { describe, expect, it } from 'vitest';
import type { RatesDocument } from '../report/rates/rates-document.js';
import { displayWidth } from '../report/width.js';
import { fixture, replicationFixtures } from '../testing/fixtures.js';
import { ESCAPES, runCli } from '../testing/run-cli.js';

/** `psyncscope rates` as a user runs it. */

const CAPTURE = fixture('failover-chain-redis-6.2.5.pcap').path;

async function rates(...args: string[]): Promise<RatesDocument> {
  const { code, stdout } = await runCli(['rates', '--json', ...args]);
  expect(code).toBe(0);
  return JSON.parse(stdout) as RatesDocument;
}

describe('psyncscope rates', () => {
  it('prints one table of the links', async () => {
    const { code, stdout, stderr } = await runCli(['rates', CAPTURE], { env: { COLUMNS: '80' } });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).not.toMatch(ESCAPES);
    expect(stdout).toContain('acknowledged');
    for (const line of stdout.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  });

  it('agrees with the summary on every capture', async () => {
    for (const { path } of replicationFixtures().slice(0, 12)) {
      const { links } = await rates('--by', 'command', '--top', '1024', path);
      const summary = JSON.parse((await runCli(['summary', '--json', path])).stdout);
      expect(links.map(({ id }) => id)).toEqual(summary.links.map(({ id }: { id: string }) => id));
      links.forEach(({ shares, bytes }, i) => {
        const counts: Record<string, number> = {};
        for (const { stream } of summary.links[i].sessions)
          for (const [name, count] of Object.entries(stream.byCommand as Record<string, number>))
            counts[name] = (counts[name] ?? 0) + count;
        const joined = summary.links[i].sessions.some(
          (session: { joinedMidstream: boolean }) => session.joinedMidstream,
        );
        if (shares === null) expect(bytes.total).toBe(0);
        else if (!joined)
          expect(Object.fromEntries(shares.rows.map(({ name, commands }) => [name, commands]))).toEqual(
            counts,
          );
      });
    }
  });

  it('--by prefix, with another separator', async () => {
    const { by, links } = await rates('--by', 'prefix', '--separator', '-', CAPTURE);
    expect(by).toBe('prefix');
    const names = links.flatMap(({ shares }) => shares?.rows.map(({ name }) => name) ?? []);
    expect(names.filter((name) => name !== null).every((name) => name!.endsWith('-'))).toBe(true);
  });

  it('--link chooses links', async () => {
    expect((await rates('--link', '<-127.0.0.1:19062', CAPTURE)).links.length).toBe(1);
  });

  it.each([
    [['--top', '0'], '--top'],
    [['--top', 'x'], '--top'],
    [['--by', 'key'], 'by'],
    [['--separator', ''], '--separator'],
  ])('%j is refused', async (args, word) => {
    const { code, stderr } = await runCli(['rates', ...args, CAPTURE]);
    expect(code).toBe(2);
    expect(stderr).toContain(word);
  });
});
