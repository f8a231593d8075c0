import { describe, expect, it } from 'vitest';
import type { SummaryDocument } from '../report/document.js';
import { fixture } from '../testing/fixtures.js';
import { runCli } from '../testing/run-cli.js';

/** Which part of a capture is looked at: --port, --host, --link, --since, --until. */

/** What may be said besides: that a filter left nothing. */
const QUIET = /^$|^psyncscope: nothing is left after --/;

/** Four links: two to 127.0.0.1, one to 127.0.0.2, one to [::1]. */
const MANY = fixture('multi-replica-redis-3.0.7.pcap').path;
/** From 04:40:35.912370; the second session begins at 04:40:39.624. */
const CAPTURE = fixture('backlog-overflow-redis-7.2.6.pcap').path;

async function summary(path: string, ...args: string[]): Promise<SummaryDocument> {
  const { code, stdout, stderr } = await runCli(['summary', '--json', ...args, path]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(QUIET) });
  return JSON.parse(stdout) as SummaryDocument;
}

/** A session whose decision is known to have missed bytes, but not for how long its replica was away. */
function withoutOutage(session: SummaryDocument['links'][0]['sessions'][0]): unknown {
  const syncs = session.syncs.map(({ why, ...sync }) => ({
    ...sync,
    why: why && { ...why, evidence: { ...why.evidence, outageMs: null, withoutReplicasMs: null } },
  }));
  return { ...session, syncs };
}

async function linkIds(...args: string[]): Promise<string[]> {
  return (await summary(MANY, ...args)).links.map(({ id }) => id);
}

describe('connections', () => {
  it('of a host, IPv4 or IPv6', async () => {
    expect((await linkIds()).length).toBe(4);
    expect(await linkIds('--host', '127.0.0.2')).toEqual(['127.0.0.2:19170<-127.0.0.2:19173']);
    expect(await linkIds('--host', '::1')).toEqual(['[::1]:19170<-[::1]:19174']);
    expect((await linkIds('--host', '127.0.0.2', '--host', '::1')).length).toBe(2);
    expect(await linkIds('--host', '192.0.2.1')).toEqual([]);
  });

  it('with a port, on either side', async () => {
    expect((await linkIds('-p', '19170')).length).toBe(4);
    expect(await linkIds('--port', '36777')).toEqual(['127.0.0.1:19170<-127.0.0.1:19171']);
    expect((await linkIds('-p', '36777', '-p', '40531')).length).toBe(2);
    expect(await linkIds('-p', '6379')).toEqual([]);
  });

  it('of links whose id holds a text', async () => {
    expect(await linkIds('--link', ':19172')).toEqual(['127.0.0.1:19170<-127.0.0.1:19172']);
    expect((await linkIds('--link', ':19172', '--link', '[::1]')).length).toBe(2);
    expect(await linkIds('--link', 'nothing')).toEqual([]);
  });

  it('--link holds for events, too', async () => {
    for (const command of ['replay', 'timeline']) {
      const { stdout } = await runCli([command, '--json', '--link', ':19172', MANY]);
      const links = new Set(
        stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).link),
      );
      expect([...links]).toEqual(['127.0.0.1:19170<-127.0.0.1:19172']);
    }
  });

  it('do not change what is said of those that stay', async () => {
    const all = (await summary(MANY)).links;
    const one = (await summary(MANY, '--port', '40531')).links;
    expect(one).toEqual(all.filter(({ id }) => id === one[0]!.id));
  });
});

describe('times', () => {
  for (const [since, first] of [
    ['+3s', '2026-11-21T04:40:38.9'],
    ['+3000ms', '2026-11-21T04:40:38.9'],
    ['+0.05m', '2026-11-21T04:40:38.9'],
    ['04:40:39', '2026-11-21T04:40:39'],
    ['04:40:39.5', '2026-11-21T04:40:39.5'],
    ['2026-11-21T04:40:39Z', '2026-11-21T04:40:39'],
    ['2026-11-21 04:40:39.5', '2026-11-21T04:40:39.5'],
    ['2026-11-21T06:40:39+02:00', '2026-11-21T04:40:39'],
  ] as const)
    it(`--since ${since}`, async () => {
      const { capture, links } = await summary(CAPTURE, '--since', since);
      const all = await summary(CAPTURE);
      expect(capture.packets).toBeLessThan(all.capture.packets);
      expect(capture.firstTime! >= first, capture.firstTime!).toBe(true);
      // The second session is whole, but for what only the first one tells of its outage.
      expect(links[0]!.sessions.at(-1)).toEqual(withoutOutage(all.links[0]!.sessions[1]!));
    });

  it('--until ends the capture there', async () => {
    const { capture, links } = await summary(CAPTURE, '--until', '04:40:39');
    expect(capture.lastTime! <= '2026-11-21T04:40:39', capture.lastTime!).toBe(true);
    expect(links[0]!.sessions).toHaveLength(1);
  });

  it('--since and --until cut out a part, and nothing is lost at its ends', async () => {
    const [all, before, after] = await Promise.all([
      summary(CAPTURE),
      summary(CAPTURE, '--until', '04:40:38.999999'),
      summary(CAPTURE, '--since', '04:40:39'),
    ]);
    expect(before.capture.packets + after.capture.packets).toBe(all.capture.packets);
  });

  it('are read in the zone that is shown', async () => {
    const run = (args: string[]) =>
      runCli(['summary', '--json', ...args, CAPTURE], { env: { TZ: 'Asia/Kolkata' } });
    const local = await run(['--local', '--since', '10:10:39']);
    const utc = await run(['--since', '04:40:39']);
    expect(local.stdout).toBe(utc.stdout);
  });

  it('outside of the capture leave nothing, and that is said', async () => {
    const { code, stdout } = await runCli(['summary', '--since', '+1h', CAPTURE]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/no packets|0 packets/);
  });
});
