import type { Draws } from './draws.js';

/** Damage of plain bytes: a capture file, an RDB, a packet's headers. */

/** Bytes that mean something somewhere: lengths, encodings, ends, opcodes, flags, version nibbles. */
const NASTY = [
  0, 1, 2, 0x0a, 0x0d, 0x24, 0x2a, 0x30, 0x39, 0x3f, 0x40, 0x45, 0x60, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xc3,
  0xe0, 0xf0, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff,
];
const NASTY_WORDS = [
  0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0xffffff, 0x1000000, 0x7fffffff, 0x80000000,
  0xfffffff0, 0xffffffff,
];

/** A few changes within bytes[from, to) of a copy, whose length may differ. */
export function damaged(bytes: Uint8Array, draws: Draws, from = 0, to = bytes.length): Uint8Array {
  let result = Buffer.from(bytes);
  for (let left = draws.few(12); left > 0; left--) {
    const end = Math.min(to, result.length);
    if (end <= from) return result;
    const at = from + draws.below(end - from);
    switch (draws.below(9)) {
      case 0:
        result[at] = draws.below(256);
        break;
      case 1:
        result[at] = draws.one(NASTY);
        break;
      case 2:
        result[at]! ^= 1 << draws.below(8);
        break;
      case 3:
        if (at + 4 <= end) result.writeUInt32LE(draws.one(NASTY_WORDS), at);
        break;
      case 4:
        if (at + 4 <= end) result.writeUInt32BE(draws.one(NASTY_WORDS), at);
        break;
      case 5:
        result = spliced(result, at, draws.few(64), Buffer.alloc(0));
        break;
      case 6:
        result = spliced(result, at, 0, result.subarray(from + draws.below(at - from + 1), at));
        break;
      case 7:
        result = spliced(result, at, 0, Buffer.alloc(draws.few(40), draws.one(NASTY)));
        break;
      default:
        result.copy(result, at, from + draws.below(end - from), end - draws.below(end - at));
    }
  }
  return draws.chance(0.1) ? result.subarray(0, from + draws.below(result.length - from)) : result;
}

/** bytes with `remove` bytes at `at` replaced by `insert`. */
export function spliced(
  bytes: Uint8Array,
  at: number,
  remove: number,
  insert: Uint8Array,
): Buffer<ArrayBuffer> {
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(Math.min(bytes.length, at + remove))]);
}
