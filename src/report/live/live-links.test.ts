import { describe, expect, it } from 'vitest';
import type { Link } from '../../replication/model.js';
import {
  addSession,
  NO_LAG,
  START,
  sampleDocument,
  sampleLink,
  samplePayload,
  sampleSync,
} from '../../testing/sample-document.js';
import { linkDocument } from '../summary.js';
import { GONE_AFTER_US, linkState } from './link-state.js';
import { LINK_TOTALS } from './link-totals.js';
import { LiveLinks, MAX_LIVE_LINKS, RECENT_SESSIONS } from './live-links.js';
import { Metrics } from './metrics.js';

const SECOND = 1_000_000;

/** A replica that comes back each second; each session is a little different from the others. */
function reconnect(link: Link, i: number): void {
  const at = START + i * SECOND;
  const lag = {
    ...NO_LAG,
    maxBytes: (i * 7919) % 5003,
    maxMs: i % 977,
    behindMaxBytes: i % 13,
    behindMaxMs: i % 7,
  };
  const dual = i % 7 === 3;
  addSession(link, {
    channel: i % 7 === 4 ? 'rdb' : 'main',
    phase: 'online',
    openedAt: at,
    firstSeenAt: at,
    closedAt: at + SECOND / 2,
    closedBy: 'replica',
    closedHow: 'rst',
    lag,
    syncs: [
      sampleSync({
        decision: dual ? 'DUALCHANNEL' : i % 5 === 0 ? 'REFUSED' : i % 3 === 0 ? 'CONTINUE' : 'FULLRESYNC',
        replid: i % 2 === 0 ? '?' : 'f'.repeat(40),
        cause: i % 3 === 0 ? 'continued' : 'backlog-miss',
      }),
      ...(dual ? [sampleSync({ decision: 'CONTINUE' })] : []),
    ],
    payload: i % 3 === 1 && !dual ? samplePayload({ bytes: 100 + i }) : null,
  });
}

/** What `look` tells of a link, without the sessions that it sums up. */
function told(link: Link, looks: LiveLinks, now: number) {
  const [document] = looks.look([link], now).links;
  const { sessions: listed, earlier, ...rest } = document!;
  const state = linkState(document!, null, now);
  const { link: _, session, ...facts } = state;
  return {
    rest,
    facts,
    session,
    totals: LINK_TOTALS.map(({ metric, total }) => [metric, Math.round(total(document!) * 1e6) / 1e6]),
    listed: listed.length,
    summed: earlier?.count ?? 0,
  };
}

describe('a link of very many sessions', () => {
  it('is told as if all of them were looked at, look after look', () => {
    const link = sampleLink();
    const looks = new LiveLinks();
    for (let i = 0; i < 500; i++) {
      reconnect(link, i);
      if (i % 37 !== 0 && i !== 499) continue;
      const now = START + i * SECOND + 600_000;
      const { sessions, ...whole } = linkDocument(link);
      const seen = told(link, looks, now);
      const { link: _, session, ...all } = linkState({ ...whole, sessions }, null, now);
      expect(seen.rest).toEqual(whole);
      expect(seen.facts).toEqual(all);
      expect(seen.session).toEqual(session);
      expect(seen.totals).toEqual(
        LINK_TOTALS.map(({ metric, total }) => [
          metric,
          Math.round(total({ ...whole, sessions }) * 1e6) / 1e6,
        ]),
      );
      expect(seen.listed + seen.summed).toBe(i + 1);
      expect(seen.listed).toBeLessThanOrEqual(RECENT_SESSIONS + 1);
    }
  });

  it('has the same metrics', async () => {
    const link = sampleLink();
    const looks = new LiveLinks();
    for (let i = 0; i < 400; i++) reconnect(link, i);
    const now = START + 400 * SECOND;
    const { capture, ignored } = sampleDocument([]);
    const text = async (links: Parameters<Metrics['update']>[0]['links']) => {
      const metrics = new Metrics({ version: '1', nodeVersion: '20', backend: 'tcpdump' });
      metrics.update({ capture, ignored, findings: [], links }, now);
      return (await metrics.text()).split('\n').sort();
    };
    const round = (lines: string[]) =>
      lines.map((line) => line.replace(/\d+\.\d{6,}$/, (n) => Number(n).toFixed(3)));
    const seen = looks.look([link], now).links;
    expect(seen[0]!.earlier?.count).toBeGreaterThan(300);
    expect(round(await text(seen))).toEqual(round(await text([linkDocument(link)])));
  });

  it('sums up none that is open or was closed just now', () => {
    const link = sampleLink();
    const looks = new LiveLinks();
    for (let i = 0; i < 200; i++) reconnect(link, i);
    link.sessions[0]!.closedAt = null;
    for (const session of link.sessions.slice(100)) session.closedAt = START + 200 * SECOND - 1;
    expect(told(link, looks, START + 200 * SECOND)).toMatchObject({ listed: 101, summed: 99 });
    link.sessions[0]!.closedAt = START + 200 * SECOND;
    expect(told(link, looks, START + 203 * SECOND)).toMatchObject({ listed: RECENT_SESSIONS, summed: 136 });
  });

  it('starts anew when it turns out to have had a past', () => {
    const link = sampleLink();
    const looks = new LiveLinks();
    for (let i = 0; i < 200; i++) reconnect(link, i);
    looks.look([link], START + 300 * SECOND);
    const past = sampleLink();
    for (let i = 0; i < 50; i++) reconnect(past, i);
    link.sessions = [...past.sessions, ...link.sessions];
    const seen = told(link, looks, START + 301 * SECOND);
    expect(seen.summed + seen.listed).toBe(250);
    expect(seen.rest).toMatchObject({ reconnects: linkDocument(link).reconnects });
  });

  it('goes on when sessions in the middle are let go, and keeps what they added up to', () => {
    const link = sampleLink();
    const looks = new LiveLinks();
    for (let i = 0; i < 400; i++) reconnect(link, i);
    const before = told(link, looks, START + 403 * SECOND);
    link.sessions.splice(100, 100);
    for (let i = 400; i < 500; i++) reconnect(link, i);
    const after = told(link, looks, START + 503 * SECOND);
    expect(before.summed + before.listed).toBe(400);
    expect(after.summed + after.listed).toBe(500);
    expect(after.session).toEqual(linkDocument(link).sessions.findLast(({ channel }) => channel === 'main'));
    expect(after.rest.reconnects).toBeGreaterThan(before.rest.reconnects);
  });

  it('costs a look no more than one of few', () => {
    const link = sampleLink();
    for (let i = 0; i < 5000; i++) reconnect(link, i);
    const looks = new LiveLinks();
    const now = START + 5000 * SECOND;
    looks.look([link], now);
    let read = 0;
    for (const session of link.sessions.slice(0, -RECENT_SESSIONS))
      Object.defineProperty(session, 'stream', { get: () => read++ });
    looks.look([link], now + SECOND);
    expect(read).toBe(0);
  });
});

describe('links', () => {
  it('that are over for long are forgotten, those beyond the limit counted', () => {
    const looks = new LiveLinks();
    const link = sampleLink();
    reconnect(link, 0);
    const closedAt = link.sessions[0]!.closedAt!;
    expect(looks.look([link], closedAt + GONE_AFTER_US).links).toHaveLength(1);
    expect(looks.look([link], closedAt + GONE_AFTER_US + 1).links).toHaveLength(0);
    const many = Array.from({ length: MAX_LIVE_LINKS + 5 }, () => {
      const each = sampleLink();
      reconnect(each, 0);
      return each;
    });
    const { links, leftOut } = looks.look(many, closedAt);
    expect([links.length, leftOut]).toEqual([MAX_LIVE_LINKS, 5]);
  });
});
