import { describe, expect, test } from 'vitest';
import { joinBytes, type PcapOptions, writePcap } from '../testing/capture-writer.js';
import { CHUNKS, readBytes } from '../testing/read-packets.js';
import { BATCH_PACKETS } from './batch.js';
import { MAX_RECORD_BYTES } from './decoder.js';

const T = 1_700_000_000_123_456;
const PACKETS = [
  { time: T, data: Uint8Array.of(1, 2, 3) },
  { time: T + 1, data: new Uint8Array(0), originalLength: 60 },
  { time: T - 5_000_000, data: new Uint8Array(100).fill(7), originalLength: 70_000 },
  { time: 0xffffffff * 1_000_000 + 999_999, data: Uint8Array.of(9) },
];
const READ = [
  { time: T, originalLength: 3, linkType: 1, data: '010203' },
  { time: T + 1, originalLength: 60, linkType: 1, data: '' },
  { time: T - 5_000_000, originalLength: 70_000, linkType: 1, data: '07'.repeat(100) },
  { time: 0xffffffff * 1_000_000 + 999_999, originalLength: 1, linkType: 1, data: '09' },
];

const VARIANTS: [string, PcapOptions][] = [
  ['microseconds, little-endian', {}],
  ['microseconds, big-endian', { littleEndian: false }],
  ['nanoseconds, little-endian', { variant: 'nanoseconds', extraNanoseconds: 999 }],
  ['nanoseconds, big-endian', { variant: 'nanoseconds', littleEndian: false }],
  ['modified, little-endian', { variant: 'modified' }],
  ['modified, big-endian', { variant: 'modified', littleEndian: false }],
];

describe.each(VARIANTS)('classic pcap, %s', (_, options) => {
  test.each(CHUNKS)('fed %d bytes at a time', async (chunk) => {
    const { packets, facts } = await readBytes(writePcap(PACKETS, options), chunk);
    expect(packets).toEqual(READ);
    expect(facts).toEqual({
      source: 'test.pcap',
      format: 'pcap',
      linkTypes: [1],
      kernelDrops: null,
      problem: null,
    });
  });
});

test('the link type is the low half of its field', async () => {
  const { packets, facts } = await readBytes(writePcap(PACKETS.slice(0, 1), { linkType: 0x44000114 }));
  expect(packets[0]?.linkType).toBe(276);
  expect(facts.linkTypes).toEqual([276]);
});

test('a capture without packets', async () => {
  const { packets, facts } = await readBytes(writePcap([]));
  expect(packets).toEqual([]);
  expect(facts.problem).toBeNull();
});

test('a live source says so', async () => {
  expect((await readBytes(writePcap([]), undefined, { live: true })).facts.format).toBe('live');
});

test('more packets than a batch holds, and packets larger than the block', async () => {
  const many = Array.from({ length: BATCH_PACKETS * 2 + 1 }, (_, i) => ({ time: i, data: Uint8Array.of(i) }));
  many.push({ time: 0, data: new Uint8Array(300_000).fill(1) }, { time: 1, data: Uint8Array.of(5) });
  const { packets, facts } = await readBytes(writePcap(many), 64 * 1024, { blockBytes: 4096 });
  expect(packets.length).toBe(many.length);
  expect(packets.map(({ time }) => time)).toEqual(many.map(({ time }) => time));
  expect(packets.at(-2)?.data.length).toBe(600_000);
  expect(packets.at(-1)?.data).toBe('05');
  expect(facts.problem).toBeNull();
});

test('a file cut at any byte gives the packets before the cut and says where it was', async () => {
  const whole = writePcap(PACKETS);
  const starts = [24, 43, 59, 175, 192];
  for (let length = 24; length < whole.length; length++) {
    const { packets, facts } = await readBytes(whole.subarray(0, length));
    const complete = starts.filter((start) => start <= length).length - 1;
    expect(packets).toEqual(READ.slice(0, complete));
    const problem = { message: 'the last record is cut short', position: starts[complete]! };
    expect(facts.problem).toEqual(length === starts[complete] ? null : problem);
  }
});

test.each(CHUNKS)('a damaged length ends the reader, fed %d bytes at a time', async (chunk) => {
  const record = Buffer.alloc(16);
  record.writeUInt32LE(MAX_RECORD_BYTES + 1, 8);
  const bytes = joinBytes(writePcap(PACKETS), record, new Uint8Array(50));
  const { packets, facts } = await readBytes(bytes, chunk);
  expect(packets).toEqual(READ);
  expect(facts.problem).toEqual({
    message: 'a record says that it has 16,777,217 bytes, its length is damaged',
    position: 192,
  });
});

test('lengths that an old writer swapped', async () => {
  const bytes = writePcap([{ time: 1, data: new Uint8Array(4), originalLength: 90 }], { minorVersion: 3 });
  const view = new DataView(bytes.buffer);
  view.setUint32(24 + 8, 90, true);
  view.setUint32(24 + 12, 4, true);
  const { packets } = await readBytes(bytes);
  expect(packets).toEqual([{ time: 1, originalLength: 90, linkType: 1, data: '00000000' }]);
});

test('an original length that was left out becomes the captured one', async () => {
  const { packets } = await readBytes(writePcap([{ time: 1, data: new Uint8Array(4), originalLength: 0 }]));
  expect(packets[0]?.originalLength).toBe(4);
});
