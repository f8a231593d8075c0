import { expect, it } from 'vitest';
import { RDB_CASES } from '../testing/rdb-cases.js';
import { random } from '../testing/rdb-trace.js';
import { concat } from '../testing/rdb-writer.js';
import { RdbDecoder, type RdbLevel } from './decoder.js';

const ROUNDS = 30_000;
const LEVELS: RdbLevel[] = ['elements', 'keys', 'framing'];
const payloads = RDB_CASES.map((each) => each.payload).filter((each) => each.length < 3000);
/** Bytes that mean something somewhere: lengths, encodings, ends, opcodes. */
const NASTY = [
  0, 1, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0x82, 0xbf, 0xc0, 0xc3, 0xc4, 0xe0, 0xf0, 0xf4, 0xfa, 0xfd, 0xfe, 0xff,
];

function mutate(payload: Uint8Array, draw: (limit: number) => number): Uint8Array {
  let bytes: Uint8Array = payload.slice();
  for (let left = 1 + draw(4); left > 0; left--) {
    const at = bytes.length < 10 ? 0 : 9 + draw(bytes.length - 9);
    switch (draw(6)) {
      case 0:
        bytes[at] = draw(256);
        break;
      case 1:
        bytes[at] = NASTY[draw(NASTY.length)]!;
        break;
      case 2:
        bytes[at]! ^= 1 << draw(8);
        break;
      case 3:
        bytes = concat(bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + draw(8))));
        break;
      case 4:
        bytes = concat(
          bytes.subarray(0, at),
          [0x81, 0, draw(64), 0, 0, 0, 0, 0, draw(256)],
          bytes.subarray(at),
        );
        break;
      default:
        bytes = concat(bytes.subarray(0, at), bytes.subarray(draw(at + 1), at), bytes.subarray(at));
    }
  }
  return bytes;
}

it(`survives ${ROUNDS} damaged payloads, and says the same however they are cut`, () => {
  const draw = random(20261121);
  let errors = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const payload = mutate(payloads[round % payloads.length]!, draw);
    const level = LEVELS[round % 7 === 6 ? 2 : round % 2]!;
    const run = (step: () => number) => {
      let elements = 0;
      let bytes = 0;
      let keys = 0;
      const decoder = new RdbDecoder({
        level,
        sink: {
          element: () => elements++,
          key: (key) => {
            keys++;
            bytes += key.bytes;
          },
        },
      });
      for (let at = 0; at < payload.length; ) {
        const end = Math.min(payload.length, at + step());
        decoder.feed(payload, at, end);
        at = end;
      }
      decoder.end();
      return { facts: decoder.facts, elements, bytes, keys };
    };
    const once = run(() => payload.length);
    if (once.facts.error !== null) {
      errors++;
      expect(once.facts.error.position).toBeLessThanOrEqual(payload.length);
    }
    // An element takes at least half a byte (a same-field stream entry shares its names); records do not overlap.
    expect(once.elements).toBeLessThanOrEqual(payload.length * 88);
    expect(once.bytes).toBeLessThanOrEqual(payload.length);
    if (round % 3 === 0) expect(run(() => 1 + draw(9))).toEqual(once);
  }
  expect(errors).toBeGreaterThan(ROUNDS / 10);
}, 60_000);

it('keeps little of a payload that promises much', () => {
  const head = concat(new TextEncoder().encode('REDIS0011'), [0, 1, 107]);
  // A string, a compressed string, and a listpack, of a TiB each.
  const promise = [0x81, 0, 0, 1, 0, 0, 0, 0, 0];
  const starts = [
    concat(head, promise),
    concat(head, [0xc3], promise, promise),
    concat(new TextEncoder().encode('REDIS0011'), [20, 1, 107], promise, [0, 0, 0, 0, 1, 0, 5]),
  ];
  const chunk = new Uint8Array(1 << 20).fill(7);
  for (const start of starts) {
    for (const level of ['keys', 'elements'] as const) {
      const before = process.memoryUsage().arrayBuffers;
      const decoder = new RdbDecoder({ level });
      decoder.feed(start, 0, start.length);
      for (let i = 0; i < 128; i++) decoder.feed(chunk, 0, chunk.length);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20);
      expect(decoder.facts.complete).toBe(false);
    }
  }
});
