import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { replicationFixtures } from '../../testing/fixtures.js';
import { busyLink, LIVE_NOW, liveDocument, liveLinks, liveSnapshot } from '../../testing/sample-live.js';
import { successiveDocuments } from '../../testing/successive-documents.js';
import type { TextOptions } from '../options.js';
import { displayWidth } from '../width.js';
import { LiveModel, type LiveSnapshot } from './model.js';
import { INITIAL_TOP_STATE, type TopState } from './top-state.js';
import { shownIds, topScreenLines } from './top-view.js';

const plain = new Chalk({ level: 0 });
const EVENTS = [
  '07:57:51.900123  replica → master   ACK 7,579,690,720,000',
  '07:57:57.000456  master → replica   lag 5.1 s                     6,834,000 bytes not acknowledged',
];
const COLOURS = /\x1b\[[0-9;]*m/g;

function screen(
  columns: number,
  rows: number,
  changes: Partial<TopState> = {},
  options: Partial<TextOptions> & { snapshot?: LiveSnapshot; message?: string; title?: string } = {},
): string[] {
  const { snapshot = liveSnapshot(), message = null, title = 'lo port 6379', ...text } = options;
  const state = { ...INITIAL_TOP_STATE, ...changes };
  const input = { snapshot, state, title, events: EVENTS, message };
  return topScreenLines(input, rows, { width: columns, chalk: plain, ascii: false, zone: 'utc', ...text });
}

describe('screens as they look', () => {
  it.each<[string, number, number, Partial<TopState>, Partial<TextOptions>]>([
    ['table-80x24', 80, 24, {}, {}],
    ['table-120x40', 120, 40, {}, {}],
    ['table-160x30', 160, 30, { sort: 'rate' }, {}],
    ['table-40x10', 40, 10, {}, {}],
    ['table-80x24-ascii', 80, 24, { paused: true }, { ascii: true }],
    ['table-80x24-colour', 80, 24, {}, { chalk: new Chalk({ level: 1 }) }],
    ['detail-80x24', 80, 24, { view: 'detail', selected: '10.20.0.7:6379<-10.20.0.9:6379' }, {}],
    ['detail-120x40', 120, 40, { view: 'detail', selected: '[fd00::10]:6379<-[fd00::22]:6379' }, {}],
    ['help-80x24', 80, 24, { view: 'help' }, {}],
  ])('%s', async (name, columns, rows, state, options) => {
    const text = screen(columns, rows, state, options).join('\n');
    await expect(`${text}\n`).toMatchFileSnapshot(`goldens/${name}.txt`);
  });
});

const SIZES = [
  [80, 24],
  [120, 40],
  [40, 10],
  [200, 60],
  [100, 15],
  [60, 16],
  [21, 5],
  [10, 3],
  [1, 1],
] as const;

/** Everything that must hold of any screen. */
function expectSound(snapshot: LiveSnapshot): void {
  for (const [columns, rows] of SIZES)
    for (const view of ['table', 'detail', 'help'] as const) {
      const lines = screen(columns, rows, { view }, { snapshot });
      expect(lines).toHaveLength(rows);
      expect(lines.filter((line) => displayWidth(line) > columns)).toEqual([]);
      expect(lines.join('\n')).not.toMatch(/undefined|NaN|Infinity|\[object/);
      const ascii = screen(columns, rows, { view }, { snapshot, ascii: true });
      expect(ascii.join('')).toMatch(/^[\x20-\x7e]*$/);
      expect(ascii.map((line) => line.length)).toEqual(lines.map(displayWidth));
    }
}

describe('any screen', () => {
  it('has its rows and columns', () => expectSound(liveSnapshot()));

  it('without links says what was seen', () => {
    const snapshot = liveSnapshot(() => []);
    expectSound(snapshot);
    expect(screen(80, 24, {}, { snapshot }).join('\n')).toContain('no replication link yet');
  });

  it('differs in nothing but colours when coloured', () => {
    const coloured = screen(80, 24, {}, { chalk: new Chalk({ level: 3 }) });
    expect(coloured.join('\n')).toMatch(COLOURS);
    expect(coloured.map((line) => line.replace(COLOURS, ''))).toEqual(screen(80, 24));
  });

  it('tells what is wrong without colours', () => {
    const text = screen(80, 24).join('\n');
    expect(text).toMatch(/^>! 10\.20\.0\.10:6379 +online/m);
    expect(text).toMatch(/^! no ACK for 12\.4 s {3}10\.20\.0\.10:6379 {3}and 3 more$/m);
    expect(text).toMatch(/^ \* 10\.20\.0\.9:6379 +transfer/m);
    expect(text).toMatch(/^ {3}10\.20\.0\.8:6379 +online/m);
  });

  it('tells of lost packets first', () => {
    const snapshot = liveSnapshot();
    snapshot.capture = { ...snapshot.capture, kernelDrops: 1234, cutPackets: 7 };
    const [, counts] = screen(60, 24, {}, { snapshot });
    expect(counts).toMatch(/^6 links · ! 1,234 dropped by the kernel · ! 7 packets cut/);
  });

  it('shows a message instead of the keys', () => {
    const message = 'tcpdump: \u001b[31mlistening\u0007';
    expect(screen(80, 24, {}, { message }).at(-1)).toBe('tcpdump: \\x1b[31mlistening\\x07');
  });

  it('prints nothing that a replica announced as it is', () => {
    const hostile = 'evil\u001b]0;x\u0007\u202e雪雪雪雪雪雪雪雪雪雪雪雪雪雪:6379';
    const snapshot = liveSnapshot((now) => [
      busyLink({ master: '10.0.0.1:6379', replica: hostile }, { now, bytes: 10, lagBytes: 0, ackAgeMs: 100 }),
    ]);
    expectSound(snapshot);
    const text = screen(120, 24, {}, { snapshot, title: 'eth0\u001b[2J' }).join('');
    expect(text).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/);
    expect(text).toContain('evil\\x1b]0;x\\x07');
  });
});

describe('many links', () => {
  const count = 300;
  const snapshot = liveSnapshot((now) =>
    Array.from({ length: count }, (_, i) =>
      busyLink(
        { master: '10.0.0.1:6379', replica: `10.1.${Math.floor(i / 100)}.${100 + (i % 100)}:6379` },
        { now, bytes: i * 1000, lagBytes: 0, ackAgeMs: 100 },
      ),
    ),
  );
  const ids = shownIds(snapshot, INITIAL_TOP_STATE);

  it('scroll: the picked one is always on the screen', () => {
    for (const [columns, rows] of [
      [80, 24],
      [40, 10],
      [80, 8],
    ] as const)
      for (const at of [0, 1, 2, 7, 150, count - 2, count - 1]) {
        const lines = screen(columns, rows, { selected: ids[at]! }, { snapshot });
        const replica = ids[at]!.slice('10.0.0.1:6379<-'.length);
        expect(lines.filter((line) => line.startsWith('>'))).toHaveLength(1);
        expect(lines.find((line) => line.startsWith('>'))).toContain(replica);
      }
  });

  it('tell which one is picked', () => {
    const text = screen(80, 24, { selected: ids[150]! }, { snapshot }).join('\n');
    expect(text).toContain('── 151 of 300 ');
  });
});

describe('every recorded capture, second by second', () => {
  for (const { name, path } of replicationFixtures())
    it(name, async () => {
      const model = new LiveModel();
      const looks = await successiveDocuments(path, 1_000_000);
      looks.forEach(({ document, now }, i) => {
        const snapshot = model.update(document, now);
        if (i % 10 === 0 || i === looks.length - 1) expectSound(snapshot);
      });
    });
});

describe('a snapshot', () => {
  it('leaves out links that are long gone and those beyond the limit', () => {
    const model = new LiveModel();
    const later = LIVE_NOW + 3600 * 1_000_000;
    const gone = model.update(liveDocument(LIVE_NOW, liveLinks(LIVE_NOW)), later).links;
    expect(gone.map((link) => link.state.phase)).not.toContain('closed');
    expect(gone.map((link) => link.state.link.replica)).not.toContain('127.0.0.1:6381');
  });

  it('does not call it trouble when a replica went to another master', () => {
    const [left, now] = [liveLinks(LIVE_NOW)[5]!, LIVE_NOW];
    const elsewhere = busyLink(
      { master: '[fd00::11]:6379', replica: left.replica },
      { now, bytes: 1, lagBytes: 0, ackAgeMs: 10 },
    );
    const closedOf = (links: LiveSnapshot['links']) =>
      links.find((link) => link.state.phase === 'closed')!.troubles.map((trouble) => trouble.text);
    const alone = new LiveModel().update(liveDocument(now, [left]), now);
    const both = new LiveModel().update(liveDocument(now, [left, elsewhere]), now);
    expect(closedOf(alone.links)[0]).toMatch(/^reset by the master/);
    expect(closedOf(both.links).join()).not.toContain('reset');
  });
});
