import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { writePcap, writePcapng } from '../capture-writer.js';
import { captureBytes } from '../fixtures.js';
import { linkCapture } from '../link-capture.js';
import { RDB_CASES } from '../rdb-cases.js';
import { type FramedPacket, packetsOf } from '../reframe.js';
import { Draws } from './draws.js';
import { damaged } from './mutate-bytes.js';
import { mistreated } from './mutate-packets.js';
import { misheard, shortened, talksOf } from './mutate-talks.js';
import { type OddCapture, oddCapture } from './odd-conversations.js';
import { type Talk, talksCapture } from './talk-capture.js';

/** Captures made of a seed: real ones damaged at one level, or conversations that nobody has, but might have. */

export const LEVELS = ['file', 'packet', 'resp', 'rdb', 'odd'] as const;
export type Level = (typeof LEVELS)[number];

export interface Case {
  readonly level: Level;
  /** What it was made of. */
  readonly of: string;
  readonly bytes: Uint8Array;
  /** An undamaged odd conversation, and what must be found in it. */
  readonly odd: OddCapture | null;
  /** Must not be shown. */
  readonly secrets: readonly string[];
}

/** Packets and bytes of a case at most: many small cases find more than a few large ones. */
const MOST_PACKETS = 600;
/** Between the first sequence numbers of two directions. */
const SEQUENCE_STEP = 0x4000_0001;
const MOST_SEGMENTS = 1000;
const MOST_TALK_BYTES = 60_000;
const MOST_FILE_BYTES = 200_000;
const MOST_RDB_BYTES = 6000;
/** Conversations taken of a capture. */
const MOST_TALKS = 6;

/** What is damaged: captures by their paths, read when they are first needed. */
export class Corpus {
  readonly #paths: readonly string[];
  readonly #packets = new Map<string, FramedPacket[]>();
  readonly #talks = new Map<string, Talk[]>();

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** The case of a seed. */
  async make(seed: number, levels: readonly Level[] = LEVELS): Promise<Case> {
    const draws = new Draws(seed);
    const level = draws.one(levels);
    const path = draws.one(this.#paths);
    const made = (of: string, bytes: Uint8Array, odd: OddCapture | null = null): Case => ({
      ...{ level, of, bytes, odd, secrets: odd?.secrets ?? [] },
    });
    switch (level) {
      case 'file':
        return made(path, await this.#file(path, draws));
      case 'packet':
        return made(path, write(mistreated(this.#some(await this.#packetsOf(path), draws), draws)));
      case 'resp': {
        const talks = shortened(await this.#talksOf(path), draws, MOST_TALK_BYTES);
        return made(path, captureOf(misheard(talks, draws), draws));
      }
      case 'rdb': {
        const rdb = draws.one(SMALL_RDBS);
        return made(
          rdb.name,
          payloadCapture(draws.chance(0.9) ? damaged(rdb.payload, draws) : rdb.payload, draws),
        );
      }
      case 'odd': {
        const odd = fc.sample(oddCapture(), { seed, numRuns: 1 })[0]!;
        if (draws.chance(0.3)) return made('generator', captureOf(misheard(odd.talks, draws), draws));
        return made('generator', captureOf(odd.talks, draws), odd);
      }
    }
  }

  async #packetsOf(path: string): Promise<FramedPacket[]> {
    let packets = this.#packets.get(path);
    if (packets === undefined) {
      packets = await packetsOf(captureBytes(path));
      this.#packets.set(path, packets);
    }
    return packets;
  }

  async #talksOf(path: string): Promise<Talk[]> {
    let talks = this.#talks.get(path);
    if (talks === undefined) {
      talks = await talksOf(path, MOST_TALKS);
      this.#talks.set(path, talks);
    }
    return talks;
  }

  /** A run of a capture's packets, from its beginning more often than not. */
  #some(packets: readonly FramedPacket[], draws: Draws): FramedPacket[] {
    const count = 1 + draws.below(MOST_PACKETS);
    const from = draws.chance(0.7) ? 0 : draws.below(Math.max(1, packets.length - count));
    return packets.slice(from, from + count);
  }

  async #file(path: string, draws: Draws): Promise<Uint8Array> {
    const packets = this.#some(await this.#packetsOf(path), draws);
    const linkType = packets[0]?.linkType ?? 1;
    const littleEndian = draws.chance(0.7);
    const variant = draws.one(['microseconds', 'nanoseconds', 'modified'] as const);
    const file = draws.chance(0.5)
      ? writePcap(packets, { linkType, littleEndian, variant })
      : writePcapng(packets, {
          littleEndian,
          interfaces: [{ linkType, resolution: draws.one([6, 9, 0x80 | 20]), statistics: [{ ifdrop: 3 }] }],
        });
    const whole = file.subarray(0, MOST_FILE_BYTES);
    // Damage near the beginning meets the file's own header; else any record's.
    const result = damaged(whole, draws, 0, draws.chance(0.4) ? Math.min(200, whole.length) : whole.length);
    return draws.chance(0.1) ? damaged(gzipSync(result), draws) : result;
  }
}

const SMALL_RDBS = RDB_CASES.filter(({ payload }) => payload.length <= MOST_RDB_BYTES);

function payloadCapture(payload: Uint8Array, draws: Draws): Uint8Array {
  const segment = draws.one([1448, 400, 60, 7]);
  const stream = Buffer.from('*1\r\n$4\r\nPING\r\n*3\r\n$3\r\nSET\r\n$3\r\nk:1\r\n$1\r\nv\r\n');
  return linkCapture(payload, {
    form: draws.one(['length', 'eof-mark']),
    stream,
    segment,
    seed: draws.below(1000),
    lose: draws.chance(0.2) ? [draws.below(20)] : [],
  });
}

/** Segments of a size, or of any up to it; first sequence numbers that wrap soon, more often than not. */
function captureOf(talks: readonly Talk[], draws: Draws): Uint8Array {
  const bytes = talks.reduce(
    (sum, { turns }) => sum + turns.reduce((all, turn) => all + turn.bytes.length, 0),
    0,
  );
  const least = Math.ceil(bytes / MOST_SEGMENTS);
  const most = Math.max(least, draws.one([1, 7, 60, 536, 1448, 1448, 1448, 9000, 65_000]));
  const varies = draws.chance(0.5);
  let first = draws.one([0, 1, 1_000_000, 0x7fffff00, 0xfffffff0, 0xffffff00, draws.below(2 ** 32)]);
  return talksCapture(talks, {
    segment: () => (varies ? least + draws.below(most - least + 1) : most),
    // No two connections begin with the same one (RFC 9293, 3.4.1).
    sequence: () => {
      first = (first + SEQUENCE_STEP) >>> 0;
      return first;
    },
  });
}

function write(packets: readonly FramedPacket[]): Uint8Array {
  return writePcap(packets, { linkType: packets[0]?.linkType ?? 1 });
}
