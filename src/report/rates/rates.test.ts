import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { RateObserver, type ShareKind } from '../../analysis/rates/rates.js';
import { SAMPLE_CAPTURE, sampleDocument } from '../../testing/sample-document.js';
import { ack, Network, resp, smallRdb } from '../../testing/talk.js';
import type { SummaryDocument } from '../document.js';
import { buildSummary } from '../summary.js';
import { isoMicros } from '../time.js';
import { displayWidth } from '../width.js';
import { type LinkCounting, type RatesDocument, ratesDocument } from './rates-document.js';
import { ratesText } from './rates-text.js';

const plain = new Chalk({ level: 0 });
const options = (width: number, ascii = false) => ({ width, chalk: plain, ascii, zone: 'utc' as const });
const NO_COUNTS: LinkCounting = {
  peaks: { bytes: 0, bytesAt: null, commands: 0, commandsAt: null },
  shares: null,
};

/** A request whose words are Latin-1, a byte a character. */
function request(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

/** A minute of a link whose clients like strange keys. */
function story(kind: ShareKind | null, top = 10): { summary: SummaryDocument; rates: RatesDocument } {
  const observer = new RateObserver(kind);
  const network = new Network(undefined, { observer });
  network.time = Date.UTC(2026, 10, 21, 7, 51, 4) * 1000;
  const call = network.call();
  const rdb = smallRdb();
  call.replica(resp('REPLCONF', 'listening-port', '6381')).master('+OK\r\n');
  call.replica(resp('PSYNC', '?', '-1')).master(`+FULLRESYNC ${'a'.repeat(40)} 0\r\n`);
  call.wait(5000).master(`$${rdb.length}\r\n`, rdb).replica(ack(0));
  call.master(resp('SELECT', '0'));
  for (let i = 0; i < 30; i++) {
    call.master(
      resp('SET', `user:${i}`, 'x'.repeat(1000)),
      resp('INCR', 'counter'),
      resp('PUBLISH', 'news', 'x'),
    );
    call.master(request('HSET', '\u001b[31mred:\u009b1', 'f', 'v'), request('SET', '\u00fc\u00ff:1', 'v'));
    call
      .master(
        request('LPUSH', '\u00e2\u0080\u00aeoverride:1', `${i}`),
        request('LPUSH', 'back\\slash:1', `${i}`),
      )
      .wait(1900);
  }
  call.lose('master', 3000).master(resp('DEL', 'user:1'), resp('PING'), resp('PING'));
  const links = network.links();
  const capture = { ...SAMPLE_CAPTURE, lastTime: isoMicros(network.time) };
  const summary = buildSummary({
    capture,
    ignored: { connections: 0, encryptedConnections: 0, unlistedSessions: 0 },
    links,
  });
  const countings = links.map((link) => ({ peaks: observer.peaks(link), shares: observer.shares(link) }));
  return { summary, rates: ratesDocument(summary, countings, kind, top) };
}

function text(kind: ShareKind | null, width: number, top = 10, ascii = false): string {
  const { rates, summary } = story(kind, top);
  return ratesText(rates, summary, options(width, ascii));
}

describe('goldens', () => {
  it.each([80, 120, 200])('%d columns', async (width) => {
    await expect(`${text('prefix', width)}\n`).toMatchFileSnapshot(`goldens/rates-prefix-${width}.txt`);
  });
  it('by command, the first three, ASCII', async () => {
    await expect(`${text('command', 80, 3, true)}\n`).toMatchFileSnapshot('goldens/rates-command-ascii.txt');
  });
  it('by database', async () => {
    await expect(`${text('db', 80)}\n`).toMatchFileSnapshot('goldens/rates-db.txt');
  });
  it('links of all kinds', async () => {
    const summary = sampleDocument();
    const rates = ratesDocument(
      summary,
      summary.links.map(() => NO_COUNTS),
      null,
      10,
    );
    await expect(`${ratesText(rates, summary, options(80))}\n`).toMatchFileSnapshot(
      'goldens/rates-links-80.txt',
    );
  });
});

describe('layout', () => {
  it.each([40, 60, 80, 100, 120, 160, 200])('keeps to %d columns', (width) => {
    for (const kind of ['command', 'db', 'prefix', null] as const)
      for (const line of text(kind, width).split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
  });

  it('nothing of a key reaches the terminal as it is', () => {
    for (const line of text('prefix', 80).split('\n')) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text('prefix', 200)).toContain('\\x1b[31mred:');
    expect(text('prefix', 200)).toContain('\\u{202e}override:');
    expect(text('prefix', 200)).toContain('back\\\\slash:');
    expect(text('prefix', 80, 10, true)).not.toMatch(/[^\n\x20-\x7e]/);
  });
});

describe('the document', () => {
  it('accounts for every byte of the stream: rows, what is left of them, what was not decoded', () => {
    for (const kind of ['command', 'db', 'prefix'] as const)
      for (const top of [1, 3, 100]) {
        const { rates } = story(kind, top);
        const { bytes, shares } = rates.links[0]!;
        const { rows, other, uncountedBytes } = shares!;
        const listed = rows.reduce((sum, row) => sum + row.bytes, 0);
        expect(listed + other.bytes + uncountedBytes).toBe(bytes.total);
        expect(uncountedBytes).toBe(3000);
        expect(rows.length).toBeLessThanOrEqual(top);
      }
  });

  it('has what a monitoring script reports', () => {
    const [link] = story(null).rates.links;
    expect(link).toMatchObject({
      state: 'online',
      ackedOffset: 0,
      syncMs: expect.any(Number),
      fullResyncs: 1,
      partialResyncs: 0,
      reconnects: 0,
      refusedSyncs: 0,
      shares: null,
    });
    expect(link!.sentOffset).toBe(link!.bytes.total);
    expect(link!.syncMs).toBeGreaterThan(5000);
    expect(link!.bytes.perSecond).toBeCloseTo(link!.bytes.total / link!.onlineSeconds, 0);
  });

  it('names of a prefix that is no UTF-8 keep their bytes', () => {
    const { rows } = story('prefix').rates.links[0]!.shares!;
    const strange = rows.find(({ nameBase64 }) => nameBase64 !== null)!;
    expect(Buffer.from(strange.nameBase64!, 'base64').toString('latin1')).toBe('\u00fc\u00ff:');
  });
});
