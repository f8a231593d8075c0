import { describe, expect, it } from 'vitest';
import { busyLink, LIVE_NOW, liveSnapshot } from '../../testing/sample-live.js';
import { MAX_STAT_LINKS, StatLines } from './stat-lines.js';

const snapshot = liveSnapshot();
const WIDTHS = [80, 100, 120, 160, 250];

describe('--stat', () => {
  it('as it looks', async () => {
    const text = WIDTHS.map((width) => new StatLines({ width, zone: 'utc' }).lines(snapshot).join('\n')).join(
      '\n\n',
    );
    await expect(`${text}\n`).toMatchFileSnapshot('goldens/stat.txt');
  });

  it('keeps to the width, in ASCII', () => {
    for (const width of WIDTHS) {
      const lines = new StatLines({ width, zone: 'utc' }).lines(snapshot);
      expect(lines.join('')).toMatch(/^[\x20-\x7e]+$/);
      expect(lines.filter((line) => line.length > width)).toEqual([]);
    }
  });

  it('has the same number of words in each line, so that awk can cut it', () => {
    const lines = new StatLines({ width: Number.POSITIVE_INFINITY, zone: 'utc' }).lines(snapshot);
    expect(new Set(lines.map((line) => line.split(/ +/).length))).toEqual(new Set([13]));
    const [head, ...rows] = lines.map((line) => line.split(/ +/));
    const lag = head!.indexOf('lag-bytes');
    expect(rows.map((row) => row[lag])).toContain('16080000');
    expect(rows[0]![0]).toBe('2026-11-21T07:58:04Z');
  });

  it('has its columns under each other, whatever comes later', () => {
    const stat = new StatLines({ width: 250, zone: 'utc' });
    const small = liveSnapshot((now) => [
      busyLink({ master: 'a:1', replica: 'b:2' }, { now, bytes: 5, lagBytes: 0, ackAgeMs: 1 }),
    ]);
    const lines = [...stat.lines(small), ...stat.lines(snapshot), ...stat.lines(small)];
    const heads = lines.filter((line) => line.startsWith('time'));
    expect(heads).toHaveLength(2);
    const wide = lines.slice(lines.lastIndexOf(heads[1]!) + 1);
    expect(new Set(wide.map((line) => line.length))).toEqual(new Set([heads[1]!.length]));
  });

  it('has a header every twenty lines', () => {
    const stat = new StatLines({ width: 120, zone: 'utc' });
    const lines = Array.from({ length: 10 }, () => stat.lines(snapshot)).flat();
    const heads = lines.flatMap((line, i) => (line.startsWith('time') ? [i] : []));
    expect(heads).toEqual([0, 21, 42]);
  });

  it('says so when there is no link', () => {
    const lines = new StatLines({ width: 100, zone: 'utc' }).lines(liveSnapshot(() => []));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^# 07:58:04 no replication link: [\d,]+ packets, 4 other connections, 1 of them TLS$/,
    );
  });

  it('does not print what a replica announced as it is', () => {
    const replica = 'ev il\u001b[2J雪:6379';
    const hostile = liveSnapshot((now) => [
      busyLink({ master: 'a:1', replica }, { now, bytes: 5, lagBytes: 0, ackAgeMs: 1 }),
    ]);
    const [, line] = new StatLines({ width: 250, zone: 'utc' }).lines(hostile);
    expect(line).toContain('a:1<-ev\\x20il\\x1b[2J??:6379  online');
  });

  it('counts links that would make it too long', () => {
    const many = {
      ...snapshot,
      links: Array.from({ length: MAX_STAT_LINKS + 3 }, () => snapshot.links[0]!),
      leftOut: 2,
    };
    const lines = new StatLines({ width: 120, zone: 'utc' }).lines(many);
    expect(lines.at(-1)).toBe('# 07:58:04 and 5 more links');
    expect(lines.filter((line) => /^\d/.test(line))).toHaveLength(MAX_STAT_LINKS);
    expect(LIVE_NOW).toBe(many.now);
  });
});
