import { ByteWriter } from './byte-writer.js';

/** A reference reaches back so far, and covers at most so many bytes; literals go in runs (rdb-format.md 4.1). */
const MAX_DISTANCE = 8192;
const MAX_REFERENCE = 264;
const MAX_LITERALS = 32;
const MIN_REFERENCE = 3;
/** Below it the length stands in the control byte alone. */
const LONG_REFERENCE = 9;
/** Servers keep the bytes as they are unless this many are saved. */
const LEAST_GAIN = 4;

/** The table of places has a slot for each value of so many bits; three bytes that share one displace each other. */
const HASH_BITS = 14;
const HASH_FACTOR = 0x9e3779b1;

/**
 * Compresses bytes to LZF: greedily, by a table of the last place of each three bytes.
 * @returns null when it is not worth it
 */
export function compress(bytes: Uint8Array): Uint8Array | null {
  const out = new ByteWriter();
  const places = new Int32Array(1 << HASH_BITS).fill(-1);
  let literalsFrom = 0;
  let at = 0;
  while (at + MIN_REFERENCE <= bytes.length) {
    const slot = hash(bytes, at);
    const place = places[slot]!;
    places[slot] = at;
    const run = place < 0 || at - place > MAX_DISTANCE ? 0 : commonRun(bytes, place, at);
    if (run < MIN_REFERENCE) {
      at++;
      continue;
    }
    writeLiterals(out, bytes, literalsFrom, at);
    writeReference(out, at - place - 1, run);
    at += run;
    literalsFrom = at;
  }
  writeLiterals(out, bytes, literalsFrom, bytes.length);
  return out.length + LEAST_GAIN <= bytes.length ? out.bytes() : null;
}

function hash(bytes: Uint8Array, at: number): number {
  const three = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
  return Math.imul(three, HASH_FACTOR) >>> (32 - HASH_BITS);
}

/** How many bytes from `at` on are as those from `place` on. */
function commonRun(bytes: Uint8Array, place: number, at: number): number {
  const most = Math.min(MAX_REFERENCE, bytes.length - at);
  let run = 0;
  while (run < most && bytes[place + run] === bytes[at + run]) run++;
  return run;
}

function writeLiterals(out: ByteWriter, bytes: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; at += MAX_LITERALS) {
    const run = bytes.subarray(at, Math.min(to, at + MAX_LITERALS));
    out.byte(run.length - 1);
    out.raw(run);
  }
}

function writeReference(out: ByteWriter, distance: number, run: number): void {
  const high = distance >> 8;
  if (run < LONG_REFERENCE) out.byte(((run - 2) << 5) | high);
  else {
    out.byte((7 << 5) | high);
    out.byte(run - LONG_REFERENCE);
  }
  out.byte(distance & 0xff);
}
