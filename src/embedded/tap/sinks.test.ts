import { expect, test } from 'vitest';
import type { PacketBatch } from '../../capture/types.js';
import { readBytes } from '../../testing/read-packets.js';
import { type FrameSink, tee } from './frame-sink.js';
import { PacketFeed } from './packet-feed.js';
import { PcapWriter } from './pcap-file.js';

const FRAMES: Parameters<FrameSink['frame']>[] = [
  [0, Uint8Array.of(1, 2, 3), 3],
  [1_700_000_000_999_999, Uint8Array.of(4), 1500],
  // Behind 2038, where signed seconds end.
  [4_000_000_000_000_001, new Uint8Array(66_000).fill(7), 66_000],
  [4_000_000_000_000_001, Uint8Array.of(), 60],
];

const EXPECTED = FRAMES.map(([time, bytes, originalLength]) => ({
  time,
  originalLength,
  linkType: 1,
  data: Buffer.from(bytes).toString('hex'),
}));

test('a pcap, written as it comes', async () => {
  const parts: Uint8Array[] = [];
  const writer = new PcapWriter((bytes) => parts.push(bytes));
  // The header does not wait for a packet: a reader of the pipe does.
  expect(Buffer.from(parts[0]!).toString('hex')).toBe(
    'd4c3b2a1020004000000000000000000000004000100' + '0000',
  );
  for (const [i, frame] of FRAMES.entries()) {
    writer.frame(...frame);
    expect(parts).toHaveLength(i + 2);
  }
  const { packets, facts } = await readBytes(new Uint8Array(Buffer.concat(parts)));
  expect(packets).toEqual(EXPECTED);
  expect(facts).toMatchObject({ format: 'pcap', problem: null });
});

test('the same as batches, one packet at a time; a tee feeds several', () => {
  const seen: typeof EXPECTED = [];
  const take = (batch: PacketBatch, from: number, to: number): void => {
    expect([batch.count, from, to]).toEqual([1, 0, 1]);
    seen.push({
      time: batch.time[0]!,
      originalLength: batch.originalLength[0]!,
      linkType: batch.linkType[0]!,
      data: Buffer.from(batch.bytes.subarray(batch.start[0]!, batch.end[0]!)).toString('hex'),
    });
  };
  const sinks = tee(new PacketFeed(take), new PacketFeed(take));
  for (const frame of FRAMES) sinks.frame(...frame);
  expect(seen).toEqual(EXPECTED.flatMap((packet) => [packet, packet]));
});
