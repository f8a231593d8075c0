import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writePcap, writePcapng } from '../testing/capture-writer.js';
import { readBytes } from '../testing/read-packets.js';
import { CaptureError } from './types.js';

const packet = fc
  .record({
    time: fc.integer({ min: 0, max: 0xffffffff * 1_000_000 }),
    data: fc.uint8Array({ maxLength: 80 }),
    snapped: fc.nat(100_000),
  })
  .map(({ time, data, snapped }) => ({ time, data, originalLength: data.length + snapped }));
const packets = fc.array(packet, { maxLength: 30 });
const chunk = fc.constantFrom(1, 3, 64, 1000);

const asRead = (
  written: readonly { time: number; data: Uint8Array; originalLength: number }[],
  linkType: number,
) =>
  written.map(({ time, data, originalLength }) => ({
    time,
    originalLength,
    linkType,
    data: Buffer.from(data).toString('hex'),
  }));

test('what is written as pcap is read again, by both readers', async () => {
  const options = fc.record({
    variant: fc.constantFrom('microseconds' as const, 'nanoseconds' as const, 'modified' as const),
    littleEndian: fc.boolean(),
    linkType: fc.nat(0xffff),
  });
  await fc.assert(
    fc.asyncProperty(packets, options, chunk, async (written, how, size) => {
      const bytes = writePcap(written, how);
      const read = await readBytes(bytes, size, { blockBytes: 64 });
      expect(read.packets).toEqual(asRead(written, how.linkType));
      expect(read.facts.problem).toBeNull();
      if (how.variant !== 'microseconds') return;
      expect(await readBytes(bytes, size, { reader: 'pcap-parser' })).toEqual(read);
    }),
  );
});

test('what is written as pcapng is read again', async () => {
  const options = fc.record({
    littleEndian: fc.boolean(),
    linkType: fc.nat(0xffff),
    resolution: fc.constantFrom(6, 7, 9, 12, 0x80 | 32),
  });
  await fc.assert(
    fc.asyncProperty(packets, options, chunk, async (written, { littleEndian, ...described }, size) => {
      const read = await readBytes(writePcapng(written, { littleEndian, interfaces: [described] }), size);
      // 64 bits of picoseconds end in July 1970.
      const wraps = described.resolution === 12;
      const inRange = (time: number) =>
        wraps ? Number(((BigInt(time) * 1_000_000n) & (2n ** 64n - 1n)) / 1_000_000n) : time;
      expect(read.packets).toEqual(
        asRead(written, described.linkType).map((each) => ({ ...each, time: inRange(each.time) })),
      );
    }),
  );
});

test('2,000 damaged captures end with packets, a problem or a CaptureError, never otherwise', async () => {
  // A fixed generator: a failure can be looked at again.
  let state = 12345;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const some = Array.from({ length: 8 }, (_, i) => ({ time: i, data: new Uint8Array(i * 7), drops: i }));
  const originals = [
    writePcap(some),
    writePcap(some, { variant: 'nanoseconds', littleEndian: false }),
    writePcapng(some, { interfaces: [{ resolution: 9, offset: 5, statistics: [{ ifdrop: 1 }] }] }),
    writePcapng(
      some.map((each, i) => ({ ...each, block: i % 2 ? 'simple' : 'obsolete' })),
      { littleEndian: false },
    ),
  ];
  for (let round = 0; round < 2000; round++) {
    const bytes = Uint8Array.from(originals[round % originals.length]!);
    for (let changes = 1 + random(4); changes > 0; changes--) {
      bytes[random(bytes.length)] = [0, 1, 0x7f, 0x80, 0xff, random(256)][random(6)]!;
    }
    const cut = random(3) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
    for (const reader of ['native', 'pcap-parser'] as const) {
      try {
        const read = await readBytes(cut, 1 + random(100), { reader });
        for (const { data, originalLength, time } of read.packets) {
          expect(data.length / 2).toBeLessThanOrEqual(originalLength);
          expect(Number.isFinite(time)).toBe(true);
        }
        expect(read.facts.problem?.position ?? 0).toBeLessThanOrEqual(cut.length);
      } catch (error) {
        if (!(error instanceof CaptureError)) throw error;
      }
    }
  }
});
