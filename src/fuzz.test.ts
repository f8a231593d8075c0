import { describe, expect, it } from 'vitest';
import { Analyzer } from './analyzer.js';
import type { PacketBatch } from './capture/types.js';
import { captureBytes, replicationFixtures } from './testing/fixtures.js';
import { readBytes } from './testing/read-packets.js';

/** Real captures, mistreated: packets lost, repeated, out of order, cut, overwritten. Seeded; a failure names its seed. */

const RUNS_PER_CAPTURE = 40;
const MOST_PACKETS = 1200;

interface Packet {
  bytes: Uint8Array;
  originalLength: number;
  linkType: number;
  time: number;
}

/** mulberry32: small, seeded, good enough to choose packets. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function mistreat(packets: readonly Packet[], seed: number): Packet[] {
  const next = random(seed);
  const pick = (...values: number[]): number => values[Math.floor(next() * values.length)]!;
  const [lost, repeated, overwritten, cut] = [
    pick(0, 0.01, 0.1, 0.5),
    pick(0, 0.02),
    pick(0, 0.01, 0.2),
    pick(0, 0.05),
  ];
  const shuffledBy = pick(0, 100, 2000, 100_000);
  const from = next() < 0.3 ? Math.floor(next() * packets.length) : 0;
  const result: Packet[] = [];
  for (const packet of packets.slice(from)) {
    if (next() < lost) continue;
    let bytes = packet.bytes;
    if (next() < overwritten) {
      bytes = new Uint8Array(bytes);
      for (let i = 0; i < 3; i++) bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256);
    }
    if (next() < cut) bytes = bytes.subarray(0, Math.floor(next() * bytes.length));
    const copy = { ...packet, bytes, time: packet.time + Math.floor(next() * shuffledBy) };
    result.push(copy);
    if (next() < repeated) result.push({ ...copy, time: copy.time + Math.floor(next() * 1000) });
  }
  return result.sort((a, b) => a.time - b.time);
}

function batchOf({ bytes, originalLength, linkType, time }: Packet): PacketBatch {
  return {
    bytes,
    count: 1,
    start: Int32Array.of(0),
    end: Int32Array.of(bytes.length),
    originalLength: Float64Array.of(originalLength),
    linkType: Int32Array.of(linkType),
    time: Float64Array.of(time),
  };
}

describe('mistreated captures', () => {
  for (const { name, path } of replicationFixtures())
    it(`${name} never breaks the run`, async () => {
      const read = await readBytes(captureBytes(path));
      const packets = read.packets
        .slice(0, MOST_PACKETS)
        .map(({ data, ...packet }) => ({ ...packet, bytes: new Uint8Array(Buffer.from(data, 'hex')) }));
      for (let seed = 1; seed <= RUNS_PER_CAPTURE; seed++) {
        const analyzer = new Analyzer({ onEvent: () => {}, commands: seed % 2 === 0 });
        for (const packet of mistreat(packets, seed)) analyzer.run(batchOf(packet), 0, 1);
        analyzer.finish();
        expect(analyzer.internalErrors, `seed ${seed}`).toEqual([]);
        expect(() => JSON.stringify(analyzer.summary([]))).not.toThrow();
      }
    });
});
