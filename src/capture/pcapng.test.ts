import { describe, expect, test } from 'vitest';
import { joinBytes, writePcapng, writePcapngBlock } from '../testing/capture-writer.js';
import { CHUNKS, readBytes } from '../testing/read-packets.js';

const T = 1_700_000_000_123_457;
const DATA = Uint8Array.of(1, 2, 3);

describe.each([true, false])('pcapng, little-endian: %s', (littleEndian) => {
  test.each(CHUNKS)('every kind of packet block, fed %d bytes at a time', async (chunk) => {
    const bytes = writePcapng(
      [
        { time: T, data: DATA, originalLength: 99 },
        { time: 0, data: DATA, block: 'simple' },
        { time: T + 5, data: DATA, block: 'obsolete', interface: 1 },
        { time: 0, data: Uint8Array.of(5), block: 'simple' },
        { time: T + 9, data: new Uint8Array(0), interface: 1, originalLength: 60 },
      ],
      { littleEndian, interfaces: [{}, { linkType: 276, resolution: 9 }] },
    );
    const unknown = writePcapngBlock(0x0bad, new Uint8Array(37), littleEndian);
    const { packets, facts } = await readBytes(joinBytes(bytes, unknown), chunk);
    expect(packets).toEqual([
      { time: T, originalLength: 99, linkType: 1, data: '010203' },
      { time: T, originalLength: 3, linkType: 1, data: '010203' },
      { time: T + 5, originalLength: 3, linkType: 276, data: '010203' },
      { time: T + 5, originalLength: 1, linkType: 1, data: '05' },
      { time: T + 9, originalLength: 60, linkType: 276, data: '' },
    ]);
    expect(facts).toEqual({
      source: 'test.pcap',
      format: 'pcapng',
      linkTypes: [1, 276],
      kernelDrops: null,
      problem: null,
    });
  });
});

test('sections of different byte order number their interfaces anew', async () => {
  const { packets, facts } = await readBytes(
    joinBytes(
      writePcapng([{ time: T, data: DATA }], {
        interfaces: [{ linkType: 113, statistics: [{ ifdrop: 2 }] }],
      }),
      writePcapng([{ time: T, data: DATA }], {
        littleEndian: false,
        interfaces: [{ linkType: 0, statistics: [{ osdrop: 3 }] }],
      }),
    ),
  );
  expect(packets.map(({ linkType }) => linkType)).toEqual([113, 0]);
  expect(facts.linkTypes).toEqual([113, 0]);
  expect(facts.kernelDrops).toBe(5);
  expect(facts.problem).toBeNull();
});

describe('times', () => {
  const fine = [6, 7, 8, 9, 10, 0x80 | 20, 0x80 | 24, 0x80 | 30, 0x80 | 32, 0x80 | 33];
  test.each(fine)('if_tsresol %d gives the µs', async (resolution) => {
    const bytes = writePcapng([{ time: T, data: DATA }], { interfaces: [{ resolution }] });
    expect((await readBytes(bytes)).packets[0]?.time).toBe(T);
  });

  test.each([
    [0, 1_700_000_001_000_000],
    [3, 1_700_000_000_124_000],
    [0x80, 1_700_000_001_000_000],
    [0x80 | 10, 1_700_000_000_124_023],
  ])('if_tsresol %d gives the µs its unit allows', async (resolution, time) => {
    const bytes = writePcapng([{ time: T, data: DATA }], { interfaces: [{ resolution }] });
    expect((await readBytes(bytes)).packets[0]?.time).toBe(time);
  });

  test('units below a µs are cut off', async () => {
    const bytes = writePcapng([{ time: T, data: DATA }], {
      interfaces: [{ resolution: 9 }],
      extraUnits: 999n,
    });
    expect((await readBytes(bytes)).packets[0]?.time).toBe(T);
  });

  test.each([11, 12])('if_tsresol %d, which needs an offset to hold a time of today', async (resolution) => {
    const bytes = writePcapng([{ time: T, data: DATA }], {
      interfaces: [{ resolution, offset: 1_690_000_000 }],
    });
    expect((await readBytes(bytes)).packets[0]?.time).toBe(T);
  });

  test('units finer than any that are in use', async () => {
    const time = 10_000_007;
    const bytes = writePcapng([{ time, data: DATA }], { interfaces: [{ resolution: 15 }] });
    expect((await readBytes(bytes)).packets[0]?.time).toBe(time);
  });

  test.each([3600, -3600, 1_700_000_000])('if_tsoffset %d', async (offset) => {
    const bytes = writePcapng([{ time: T, data: DATA }], { interfaces: [{ offset, resolution: 9 }] });
    expect((await readBytes(bytes)).packets[0]?.time).toBe(T);
  });
});

describe('kernel drops', () => {
  const read = async (statistics: { ifdrop?: number; osdrop?: number }[], drops?: number) => {
    const packet = { time: T, data: DATA, ...(drops === undefined ? {} : { drops }) };
    return (await readBytes(writePcapng([packet, packet], { interfaces: [{ statistics }] }))).facts
      .kernelDrops;
  };

  test.each([
    ['nothing told', [], undefined, null],
    ['statistics without drop counts', [{}], undefined, null],
    ['both counts', [{ ifdrop: 3, osdrop: 4 }], undefined, 7],
    ['zero is told too', [{ ifdrop: 0 }], undefined, 0],
    ['the last statistics count', [{ ifdrop: 3 }, { ifdrop: 5 }], undefined, 5],
    ['counts of packets', [], 2, 4],
    ['statistics before counts of packets', [{ osdrop: 9 }], 2, 9],
  ])('%s', async (_, statistics, drops, expected) => {
    expect(await read(statistics, drops)).toBe(expected);
  });

  test('of several interfaces', async () => {
    const interfaces = [{ statistics: [{ ifdrop: 1 }] }, { statistics: [{ osdrop: 2 }] }, {}];
    expect((await readBytes(writePcapng([], { interfaces }))).facts.kernelDrops).toBe(3);
  });

  test('of obsolete packet blocks, where they count', async () => {
    const block = 'obsolete';
    const bytes = writePcapng([
      { time: T, data: DATA, block, drops: 0xffff },
      { time: T, data: DATA, block, drops: 6 },
    ]);
    expect((await readBytes(bytes)).facts.kernelDrops).toBe(6);
  });
});

test('a simple packet is as long as the snap length lets it be', async () => {
  const packet = { time: 0, data: Uint8Array.of(1, 2, 3, 4), originalLength: 500, block: 'simple' as const };
  const { packets } = await readBytes(writePcapng([packet], { interfaces: [{ snapLength: 4 }] }));
  expect(packets).toEqual([{ time: 0, originalLength: 500, linkType: 1, data: '01020304' }]);
});

describe('damage', () => {
  const good = writePcapng([{ time: T, data: DATA }]);
  const u32 = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);

  test.each([
    ['a length below the minimum', u32(6, 8, 8), 'a record says that it has 8 bytes, its length is damaged'],
    ['a length no multiple of 4', u32(6, 33, 0), 'a record says that it has 33 bytes, its length is damaged'],
    [
      'a huge length',
      u32(99, 0x80000000, 0),
      'a record says that it has 2,147,483,648 bytes, its length is damaged',
    ],
    ['zeros', u32(0, 0, 0), 'a record says that it has 0 bytes, its length is damaged'],
    ['lengths that differ', u32(99, 12, 16), 'the two lengths of a block differ'],
    [
      'a block too short for its type',
      writePcapngBlock(6, new Uint8Array(8)),
      'a record says that it has 20 bytes, its length is damaged',
    ],
    [
      'a packet longer than its block',
      writePcapngBlock(6, u32(0, 0, 0, 5, 5, 0)),
      'a record says that it has 5 bytes, its length is damaged',
    ],
    [
      'a simple packet longer than its block',
      writePcapngBlock(3, u32(9, 0)),
      'a record says that it has 9 bytes, its length is damaged',
    ],
    [
      'an interface that is not described',
      writePcapngBlock(6, u32(1, 0, 0, 0, 0)),
      'a packet of interface 1, which is not described',
    ],
    [
      'statistics of such an interface',
      writePcapngBlock(5, u32(4, 0, 0)),
      'statistics of interface 4, which is not described',
    ],
    [
      'a section without byte order',
      writePcapngBlock(0x0a0d0d0a, new Uint8Array(16)),
      'a section header has no byte-order magic',
    ],
    [
      'a section of the future',
      writePcapngBlock(0x0a0d0d0a, u32(0x1a2b3c4d, 2, 0, 0)),
      'a section of pcapng version 2, which is not known',
    ],
    ['a cut block', u32(6, 40, 0), 'the last record is cut short'],
    ['a cut block header', u32(6), 'the last record is cut short'],
  ])('%s', async (_, bytes, message) => {
    for (const chunk of CHUNKS) {
      const { packets, facts } = await readBytes(joinBytes(good, bytes), chunk);
      expect(packets.length).toBe(1);
      expect(facts.problem).toEqual({ message, position: good.length });
    }
  });

  test('a simple packet without any interface', async () => {
    const bytes = writePcapng([{ time: 0, data: DATA, block: 'simple' }], { interfaces: [] });
    expect((await readBytes(bytes)).facts.problem?.message).toBe(
      'a packet of interface 0, which is not described',
    );
  });

  test('an option list that runs over its block ends there', async () => {
    const description = writePcapngBlock(1, u32(1, 0, 0xffff0009));
    const section = writePcapng([], { interfaces: [] });
    const packet = writePcapngBlock(6, u32(0, 0, 77, 0, 0));
    const { packets, facts } = await readBytes(joinBytes(section, description, packet));
    expect(packets[0]?.time).toBe(77);
    expect(facts.problem).toBeNull();
  });
});
