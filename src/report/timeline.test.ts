import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import type { Link, Session } from '../replication/model.js';
import {
  addSession,
  MASTER_ID,
  SAMPLE_CAPTURE,
  START,
  sampleDocument,
  sampleHealthyLink,
  sampleLink,
  samplePayload,
  sampleSync,
  sampleTroubledLink,
} from '../testing/sample-document.js';
import { summaryMarkdown, timelineMarkdown } from './markdown.js';
import { summaryTable } from './table.js';
import { type TimelineOptions, timelineText } from './timeline.js';
import { displayWidth } from './width.js';

const plain = new Chalk({ level: 0 });
const colour = new Chalk({ level: 3 });
const options = (changes: Partial<TimelineOptions> = {}): TimelineOptions => ({
  width: 80,
  chalk: plain,
  ascii: false,
  zone: 'utc',
  all: false,
  ...changes,
});
const ESCAPE_SEQUENCE = /\u001b\[[0-9;]*m/g;
const WIDTHS = [40, 60, 80, 100, 120, 160, 200];

/** A two-connection sync as Valkey does it. */
function dualLink(): Link {
  const link = sampleLink();
  const again = sampleSync({ replid: MASTER_ID, offset: 1001, decision: 'CONTINUE', cause: 'continued' });
  addSession(link, {
    phase: 'online',
    syncs: [sampleSync({ decision: 'DUALCHANNEL' }), again],
    onlineAt: START + 900,
  });
  const legacy = sampleSync({
    command: 'SYNC',
    replid: null,
    offset: null,
    decision: 'SYNC',
    cause: 'rdb-only',
  });
  const handshake = { ...link.sessions[0]!.handshake, ping: null, rdbOnly: true };
  addSession(link, {
    channel: 'rdb',
    phase: 'transfer',
    handshake,
    syncs: [legacy],
    payload: samplePayload(),
  });
  return link;
}

function midstreamLink(): Link {
  const link = sampleLink();
  addSession(link, {
    openedAt: null,
    joinedMidstream: true,
    phase: 'online',
    handshake: {
      ping: null,
      auth: 'none',
      listeningPort: null,
      announcedAddress: null,
      capabilities: [],
      replicaVersion: null,
      rdbOnly: false,
    },
    payload: samplePayload({ form: null, declaredBytes: null, startedAt: null, sha256: null, rdb: null }),
    offsets: {
      basis: 'inferred',
      start: null,
      end: 9000,
      lastAck: 9000,
      lastFsyncAck: null,
      received: null,
      inference: { acks: 3, settledAfter: 1, certainty: 'exact' },
    },
  });
  return link;
}

function one(changes: Partial<Session>): string {
  const link = sampleLink();
  addSession(link, changes);
  return timelineText(sampleDocument([link]), options({ width: 200 }));
}

describe('goldens', () => {
  const document = sampleDocument([sampleHealthyLink(), sampleTroubledLink(), dualLink(), midstreamLink()]);
  it.each([80, 120])('timeline at %d columns', async (width) => {
    await expect(`${timelineText(document, options({ width }))}\n`).toMatchFileSnapshot(
      `goldens/timeline-${width}.txt`,
    );
  });
  it('timeline in ASCII', async () => {
    const text = timelineText(document, options({ ascii: true }));
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    await expect(`${text}\n`).toMatchFileSnapshot('goldens/timeline-ascii.txt');
  });
  it.each([60, 80, 120, 160])('table at %d columns', async (width) => {
    await expect(`${summaryTable(document, options({ width }))}\n`).toMatchFileSnapshot(
      `goldens/table-${width}.txt`,
    );
  });
  it('markdown', async () => {
    await expect(`${summaryMarkdown(document)}\n`).toMatchFileSnapshot('goldens/summary.md.txt');
  });
});

describe('every layout', () => {
  const hostile = '\u001b[2J\u202e`|<img src=x>\r\n## @you \\ \u009b ```';
  const bad = sampleLink({ id: hostile, replica: `${hostile}:1`, master: '10.0.0.1:6379' });
  addSession(bad, {
    phase: 'online',
    handshake: {
      ping: hostile,
      auth: 'rejected',
      listeningPort: 1,
      announcedAddress: hostile.repeat(50),
      capabilities: [hostile, 'eof', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'],
      replicaVersion: hostile,
      rdbOnly: false,
    },
    syncs: [
      sampleSync({ replid: hostile, error: hostile.repeat(40), decision: 'REFUSED', cause: 'unsupported' }),
      sampleSync({ grantedReplid: hostile }),
    ],
    payload: samplePayload({ rdb: { ...samplePayload().rdb!, server: hostile } }),
  });
  bad.sessions[0]!.stream.byCommand.set(hostile, 3);
  const finding = {
    severity: 'error' as const,
    code: 'x',
    link: hostile,
    session: null,
    at: null,
    message: hostile,
    advice: hostile,
    packets: [],
    filter: null,
    evidence: {},
  };
  const document = sampleDocument([
    sampleHealthyLink(),
    sampleTroubledLink(),
    dualLink(),
    midstreamLink(),
    bad,
  ]);
  document.findings.push(finding);
  document.capture.sources = [hostile];

  it.each(WIDTHS)(
    'fits %d columns, shows nothing unknown or unsafe, and means the same without colour',
    (width) => {
      for (const ascii of [false, true]) {
        const shown = [
          timelineText(document, options({ width, ascii, all: true })),
          summaryTable(document, options({ width, ascii })),
        ];
        const coloured = [
          timelineText(document, options({ width, ascii, all: true, chalk: colour })),
          summaryTable(document, options({ width, ascii, chalk: colour })),
        ];
        expect(coloured.map((text) => text.replace(ESCAPE_SEQUENCE, ''))).toEqual(shown);
        expect(coloured[0]).not.toBe(shown[0]);
        for (const line of shown.join('\n').split('\n')) {
          expect(displayWidth(line), line).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(/null|undefined|NaN/);
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
          expect(line).toBe(line.trimEnd());
        }
      }
    },
  );

  it('is inert as Markdown', () => {
    const text = summaryMarkdown(document);
    expect(text).not.toMatch(/<img|[^\\]`|@you|\u202e|\u001b/);
    expect(text).not.toMatch(/^#/m);
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    const bars = rows.map((row) => row.replace(/\\./g, '').split('|').length);
    expect(new Set(bars).size).toBe(1);
    const fenced = timelineMarkdown(document, { all: false, zone: 'utc' }).split('\n');
    expect(fenced.filter((line) => line.includes('`'))).toEqual(['```text', '```']);
  });
});

describe('timeline', () => {
  it.each<[string, Parameters<typeof sampleSync>[0], string]>([
    ['first sync', {}, 'first sync: the replica holds no history'],
    [
      'continued',
      { decision: 'CONTINUE', cause: 'continued' },
      'continued: all missed bytes were in the backlog',
    ],
    [
      'mismatch',
      { replid: `48f9e4f8${'0'.repeat(32)}`, offset: 77, cause: 'replid-mismatch' },
      "replication id mismatch: asked 48f9e4f8…, the master's history is 15b88be2…",
    ],
    ['attach', { offset: 1, cause: 'replid-mismatch' }, 'first attach of a node with a history of its own'],
    [
      'backlog',
      { missedBytes: 120_001, cause: 'backlog-miss' },
      'backlog miss: 120,001 bytes back, more than',
    ],
    ['ahead', { offset: 1036, grantedOffset: 1000, cause: 'offset-ahead' }, 'ahead of the master by 35 B'],
    [
      'switched',
      { replid: 'f'.repeat(40), decision: 'CONTINUE', cause: 'replid-switched' },
      'CONTINUE 15b88be2…   replid switched: ffffffff… lives on as 15b88be2…',
    ],
    [
      'legacy',
      { command: 'SYNC', decision: 'SYNC', cause: 'legacy-sync' },
      'legacy SYNC: no offsets, no partial',
    ],
    [
      'failover',
      { failover: true, decision: 'CONTINUE', cause: 'failover' },
      'failover: the old master asked its replica',
    ],
    ['auth', { decision: 'REFUSED', cause: 'auth', error: '-NOAUTH x' }, 'REFUSED   auth: NOAUTH x'],
    ['unsupported', { decision: 'REFUSED', cause: 'unsupported', error: 'ERR y' }, 'unsupported: ERR y'],
    ['unknown', { decision: 'REFUSED', cause: 'unknown', error: 'WAT' }, 'error: WAT'],
    ['nothing known', { cause: null }, 'cause not known from this capture'],
    ['waiting', { decision: null, decidedAt: null, cause: null }, 'no answer by the end of the capture'],
  ])('words the cause: %s', (_, changes, expected) => {
    expect(one({ syncs: [sampleSync(changes)] })).toContain(expected);
  });

  it('collapses runs of the same refusal only', () => {
    const text = timelineText(sampleDocument([sampleTroubledLink()]), options());
    expect(text).toContain('sessions 1–300   07:51:04.549 → 07:56:03.551   ×300 refused, one every 1.0 s');
    const link = sampleLink();
    for (const error of ['A', 'B', 'A', 'B']) {
      addSession(link, { syncs: [sampleSync({ decision: 'REFUSED', cause: 'not-ready', error })] });
    }
    expect(timelineText(sampleDocument([link]), options())).not.toContain('×');
  });

  it('leaves out the middle of a long list unless all is asked for', () => {
    const link = sampleLink();
    for (let index = 0; index < 100; index++) addSession(link, { syncs: [sampleSync()] });
    const text = timelineText(sampleDocument([link]), options({ maxSessions: 8 }));
    expect(text.match(/^ {2}session /gm)).toHaveLength(8);
    expect(text).toContain('… 92 more sessions not shown (--all shows them)');
    expect(text).toContain('session 100 ');
    expect(
      timelineText(sampleDocument([link]), options({ all: true })).match(/^ {2}session /gm),
    ).toHaveLength(100);
  });

  it('shows the day when a capture spans several', () => {
    const document = sampleDocument([sampleHealthyLink()]);
    document.capture.lastTime = '2026-11-22T00:00:00.000000Z';
    expect(timelineText(document, options({ width: 120 }))).toContain(
      '2026-11-21 07:51:04.549 → 2026-11-21 07:52:11.020',
    );
  });
});

describe('without links', () => {
  it.each([
    [
      { connections: 4, encryptedConnections: 0, unlistedSessions: 0 },
      507,
      'no replication link found: saw 4 connections',
    ],
    [
      { connections: 6, encryptedConnections: 2, unlistedSessions: 0 },
      507,
      'no replication link found: saw 6 connections, 2 of them TLS',
    ],
    [
      { connections: 0, encryptedConnections: 0, unlistedSessions: 0 },
      507,
      'no replication link found: no TCP connection in 507 packets',
    ],
    [
      { connections: 0, encryptedConnections: 0, unlistedSessions: 0 },
      0,
      'no replication link found: the capture holds no packets',
    ],
  ])('%j in %d packets', (ignored, packets, expected) => {
    const document = { ...sampleDocument([]), ignored, capture: { ...SAMPLE_CAPTURE, packets } };
    expect(timelineText(document, options())).toContain(expected);
    expect(summaryTable(document, options())).toContain(expected);
    expect(summaryMarkdown(document)).toContain(expected);
  });

  it('tells what the capture lacks', () => {
    const document = sampleDocument();
    Object.assign(document.capture, { complete: false, cutPackets: 12, kernelDrops: 3 });
    const text = summaryTable(document, options({ width: 120 }));
    expect(text).toContain('the capture is cut short');
    expect(text).toContain('12 packets captured shorter than on the wire');
    expect(text).toContain('3 packets dropped by the kernel');
    expect(text).toContain('1 TLS connection: their content cannot be read'.replace('their', 'its'));
  });
});
