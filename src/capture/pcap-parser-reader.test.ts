import { describe, expect, test } from 'vitest';
import { joinBytes, writePcap, writePcapng } from '../testing/capture-writer.js';
import { CHUNKS, readBytes } from '../testing/read-packets.js';
import { BATCH_PACKETS } from './batch.js';

const PACKETS = Array.from({ length: 40 }, (_, i) => ({
  time: 1_700_000_000_000_000 + i * 700_000,
  data: new Uint8Array(i % 9).fill(i),
  originalLength: 1500,
}));
const PACKAGE = { reader: 'pcap-parser' } as const;

describe.each([true, false])(
  'the package reads what the native reader reads, little-endian: %s',
  (littleEndian) => {
    const whole = writePcap(PACKETS, { littleEndian, linkType: 0x14000071 });

    test.each(CHUNKS)('fed %d bytes at a time', async (chunk) => {
      expect(await readBytes(whole, chunk, PACKAGE)).toEqual(await readBytes(whole));
    });

    test('cut at any byte', async () => {
      for (let length = 24; length < 120; length++) {
        const cut = whole.subarray(0, length);
        expect(await readBytes(cut, 50, PACKAGE)).toEqual(await readBytes(cut));
      }
    });
  },
);

test('a damaged length ends it as it ends the native reader', async () => {
  const record = Buffer.alloc(16);
  record.writeUInt32LE(0x7fffffff, 8);
  record.writeUInt32LE(0x7fffffff, 12);
  const bytes = joinBytes(writePcap(PACKETS), record, new Uint8Array(50));
  for (const chunk of CHUNKS) expect(await readBytes(bytes, chunk, PACKAGE)).toEqual(await readBytes(bytes));
});

test('more packets than a batch holds, and packets larger than a piece', async () => {
  const many = Array.from({ length: BATCH_PACKETS * 2 }, (_, i) => ({ time: i, data: new Uint8Array(0) }));
  many.push({ time: 5, data: new Uint8Array(400_000) }, { time: 6, data: Uint8Array.of(1) });
  const bytes = writePcap(many);
  const read = await readBytes(bytes, undefined, PACKAGE);
  expect(read.packets.length).toBe(many.length);
  expect(read).toEqual(await readBytes(bytes));
});

test.each([
  ['pcap with nanosecond times', writePcap([], { variant: 'nanoseconds' })],
  ['pcap with longer record headers', writePcap([], { variant: 'modified' })],
  ['pcapng', writePcapng([])],
])('it refuses %s', async (what, bytes) => {
  await expect(readBytes(bytes, undefined, PACKAGE)).rejects.toThrow(
    `test.pcap: is ${what}, which the package pcap-parser cannot read; leave out --reader pcap-parser`,
  );
});
