import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findingWords } from '../report/findings/wording.js';
import { concat, integer, length, RdbWriter, string } from '../testing/rdb-writer.js';
import { Network, resp, smallRdb } from '../testing/talk.js';
import type { Payload } from './model.js';
import type { TrafficObserver } from './observer.js';

/** Payloads that go wrong or are looked at, through handshake and session as they come. */

const ID = '15b88be2'.repeat(5);
const MARK = 'c0ffee11'.repeat(5);
const SET = resp('SET', 'k', 'v');

/** Gathers what is given of payloads; borrowed bytes are overwritten by nobody, so they are copied. */
class Gathering implements TrafficObserver {
  readonly pieces: Buffer[] = [];
  readonly keys: string[] = [];
  ended: Payload[] = [];

  payload(): ReturnType<NonNullable<TrafficObserver['payload']>> {
    return {
      bytes: (bytes, start, end) => this.pieces.push(Buffer.from(bytes.subarray(start, end))),
      key: (key) => this.keys.push(Buffer.from(key.key).toString('latin1')),
      end: (payload) => this.ended.push(payload),
    };
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }
}

function sync(network: Network, offset = 0) {
  return network
    .call()
    .replica(resp('REPLCONF', 'listening-port', '6381'))
    .master('+OK\r\n')
    .replica(resp('PSYNC', '?', '-1'))
    .master(`+FULLRESYNC ${ID} ${offset}\r\n`);
}

/** A payload of `count` keys with values of `size` bytes. */
function payloadOf(count: number, size: number): Uint8Array {
  const writer = new RdbWriter(9).aux('redis-ver', '6.2.5').selectDb(0);
  for (let i = 0; i < count; i++) writer.key(0, `key:${i}`, string('v'.repeat(size), 'raw'));
  return writer.end();
}

describe('who watches a payload', () => {
  it('is given every byte of it and no other, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 3000 }),
        fc.boolean(),
        (chunk, count, size, marked) => {
          const payload = payloadOf(count, size);
          const observer = new Gathering();
          const network = new Network(chunk, { observer });
          const header = marked ? `$EOF:${MARK}\r\n` : `$${payload.length}\r\n`;
          sync(network).master(
            header,
            Buffer.concat([payload, Buffer.from(marked ? MARK : ''), Buffer.from(SET)]),
          );
          expect(observer.bytes.equals(payload)).toBe(true);
          expect(observer.keys.length).toBe(count);
          expect(observer.ended.length).toBe(1);
          expect(observer.ended[0]!.sha256).toBe(createHash('sha256').update(payload).digest('hex'));
          expect(network.session().stream).toMatchObject({ bytes: SET.length, commands: 1 });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is not misled by a mark inside a value', () => {
    const payload = new RdbWriter(9)
      .selectDb(0)
      .key(0, 'k', string(`${MARK}${MARK}.`, 'raw'))
      .end();
    const observer = new Gathering();
    sync(new Network(50_000, { observer })).master(
      `$EOF:${MARK}\r\n`,
      Buffer.concat([payload, Buffer.from(MARK)]),
    );
    expect(observer.bytes.equals(payload)).toBe(true);
    expect(observer.ended).toMatchObject([{ complete: true, missingBytes: 0 }]);
  });

  it('is told when bytes are missing, and given none behind them', () => {
    const payload = payloadOf(20, 2000);
    const observer = new Gathering();
    const network = new Network(1000, { observer });
    sync(network)
      .master(`$${payload.length}\r\n`, payload.subarray(0, 20_000))
      .lose('master', 1000)
      .master(payload.subarray(21_000));
    const { bytes } = observer;
    expect(bytes.equals(payload.subarray(0, bytes.length))).toBe(true);
    expect(bytes.length).toBeLessThanOrEqual(20_000);
    expect(observer.ended).toMatchObject([{ complete: true, sha256: null, missingBytes: 1000 }]);
  });

  it('is told when the connection ends first', () => {
    const payload = payloadOf(20, 2000);
    const observer = new Gathering();
    const network = new Network(1000, { observer });
    sync(network).master(`$${payload.length}\r\n`, payload.subarray(0, 20_000)).close();
    expect(observer.ended).toMatchObject([{ complete: false, sha256: null }]);
  });
});

describe('damage ends the reading of the content, not of the session', () => {
  const bomb = concat([0xc3], length(10), length(1_000_000_000), new Uint8Array(10));
  const nested = concat(string('h', 'raw'), string(Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 9, 0, 1, 2), 'raw'));
  const damages: [string, Uint8Array, RegExp][] = [
    ['an LZF bomb', concat([0], string('bomb'), bomb), /LZF/],
    ['an unknown object type', Uint8Array.of(99, 1, 2, 3), /unknown object type 99/],
    ['a length above 2^53', concat([1], string('l'), [0x81], integer(0xffff_ffff_ffff_ffffn, 8)), /2\^53/],
    ['a container that lies about its length', concat([16], nested), /./],
    ['a length byte that no server writes', Uint8Array.of(0, 0x9f), /length byte/],
  ];

  it.each(damages)('%s', (_name, damage, message) => {
    const start = new RdbWriter(10).selectDb(0).key(0, 'before', string('v'));
    const payload = start.raw(damage, new Uint8Array(200)).end();
    const network = new Network(7);
    sync(network).master(`$${payload.length}\r\n`, payload, SET);
    const { payload: facts, stream, phase } = network.session();
    expect(phase).toBe('online');
    expect(stream).toMatchObject({ commands: 1, bytes: SET.length });
    expect(facts).toMatchObject({ complete: true, bytes: payload.length, missingBytes: 0 });
    expect(facts!.sha256).toBe(createHash('sha256').update(payload).digest('hex'));
    expect(facts!.rdb).toMatchObject({
      keys: 1,
      types: { string: 1 },
      complete: false,
      checksum: 'unchecked',
    });
    expect(facts!.rdb!.error!.message).toMatch(message);
    expect(facts!.rdb!.error!.position).toBeGreaterThanOrEqual(20);
    expect(facts!.rdb!.error!.position).toBeLessThan(payload.length - 100);
  });

  it('a hole', () => {
    const payload = payloadOf(30, 500);
    const network = new Network();
    sync(network)
      .master(`$${payload.length}\r\n`, payload.subarray(0, 10_000))
      .lose('master', 100)
      .master(payload.subarray(10_100), SET);
    const { payload: facts, stream } = network.session();
    expect(stream.commands).toBe(1);
    expect(facts).toMatchObject({ complete: true, missingBytes: 100, sha256: null });
    expect(facts!.rdb).toMatchObject({ complete: false, error: null, checksum: 'unchecked' });
    expect(facts!.rdb!.keys).toBeGreaterThan(10);
    expect(facts!.rdb!.keys).toBeLessThan(30);
  });

  it('a wrong checksum is told', () => {
    const payload = new RdbWriter(9).selectDb(0).key(0, 'k', string('v')).end('wrong');
    const network = new Network();
    sync(network).master(`$${payload.length}\r\n`, payload);
    expect(network.session().payload!.rdb).toMatchObject({
      checksum: 'invalid',
      complete: true,
      error: null,
    });
  });
});

describe('expiries', () => {
  it('count as past by the time of the payload', () => {
    const network = new Network();
    const ms = network.time / 1000;
    const writer = new RdbWriter(9).selectDb(0);
    for (const at of [ms - 60_000, ms - 1, ms + 60_000]) writer.expireMs(at).key(0, `k${at}`, string('v'));
    const payload = writer.key(0, 'none', string('v')).end();
    sync(network).master(`$${payload.length}\r\n`, payload);
    expect(network.session().payload!.rdb).toMatchObject({ keys: 4, expires: 3, expired: 2 });
  });
});

describe('the history that a payload names', () => {
  const findings = (replid: string, offset: number, granted: number) => {
    const network = new Network();
    const payload = smallRdb(replid, offset);
    sync(network, granted).master(`$${payload.length}\r\n`, payload);
    return network.findings.all;
  };

  it('is the one granted', () => {
    expect(findings(ID, 100, 100)).toEqual([]);
  });

  it.each([
    ['another history', 'a'.repeat(40), 100, /history than/],
    ['another offset', ID, 99, /offset than/],
    ['both', 'a'.repeat(40), 7, /history and offset/],
  ])('%s is a finding', (_name, replid, offset, message) => {
    const [found, ...others] = findings(replid, offset, 100);
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      code: 'rdb-aux-mismatch',
      severity: 'warning',
      evidence: { grantedReplid: ID, grantedOffset: 100, rdbReplid: replid, rdbOffset: offset },
    });
    expect(findingWords(found!).message).toMatch(message);
    expect(found!.packets.length).toBe(2);
  });
});

it('a replica that is sent payloads without end does not make the details pile up', () => {
  const network = new Network(Number.POSITIVE_INFINITY, { biggestKeys: 10 });
  const payload = payloadOf(2, 10);
  for (let i = 0; i < 2100; i++) sync(network).master(`$${payload.length}\r\n`, payload).close();
  const all = network.links().flatMap(({ sessions }) => sessions.map((each) => each.payload!.rdb!));
  expect(all.filter(({ biggest }) => biggest !== null).length).toBe(2000);
  expect(all.filter(({ aux }) => aux !== null).length).toBe(2000);
  expect(all.every(({ keys }) => keys === 2)).toBe(true);
});
