import { describe, expect, test } from 'vitest';
import { PacketDecoder } from '../../packet/decoder.js';
import { TcpSegment } from '../../packet/segment.js';
import { TcpTracker } from '../../tcp/tracker.js';
import type { ConnectionInfo, LossCounters } from '../../tcp/types.js';
import { readBytes } from '../../testing/read-packets.js';
import {
  complaints,
  type File,
  fields,
  follow,
  MASTER,
  MASTER6,
  rows,
  type Simulation,
  simulation,
  sorted,
  talk,
  tshark,
} from '../../testing/tapped.js';
import { MILLISECOND, SECOND } from '../net/clock.js';
import type { PacketFacts } from './choice.js';
import type { FaultOptions } from './faults.js';
import { PacketFeed } from './packet-feed.js';

const THERE = '10.0.0.2:40000>10.0.0.1:6379';
const BACK = '10.0.0.1:6379>10.0.0.2:40000';

const hex = (frames: Uint8Array[]) => frames.map((frame) => Buffer.from(frame).toString('hex'));

/** Runs the conversation with faults. */
async function faulty(faults: FaultOptions, master = MASTER, client = '10.0.0.2', seed = 1) {
  const made = simulation({ faults, seed, latency: MILLISECOND });
  const said = await made.clock.run(() => talk(made, master, client));
  made.stage.finish();
  expect(sorted(made.file.times)).toBe(true);
  return { ...made, said, report: made.stage.report() };
}

/** What the TCP layer of the analyzer makes of a capture of one connection: losses there and back, and the bytes it got. */
function reassembled(file: File): { losses: LossCounters[]; bytes: [number, number]; midstream: boolean } {
  let info: ConnectionInfo | null = null;
  const bytes: [number, number] = [0, 0];
  const tracker = new TcpTracker({
    open(connection) {
      info = connection;
      return {
        data(direction, _, start, end) {
          bytes[direction] += end - start;
        },
        gap() {},
        closed() {},
      };
    },
  });
  const decoder = new PacketDecoder();
  const segment = new TcpSegment();
  let packet = 0;
  const feed = new PacketFeed((batch, from, to) => {
    for (let i = from; i < to; i++) {
      packet++;
      const { start, end, originalLength, linkType, time } = batch;
      if (
        !decoder.decode(batch.bytes, start[i]!, end[i]!, originalLength[i]!, linkType[i]!, time[i]!, segment)
      ) {
        throw new Error('a packet without TCP');
      }
      tracker.segment(segment, time[i]!, packet);
    }
  });
  for (const [i, frame] of file.frames.entries()) feed.frame(file.times[i]!, frame, file.originals[i]!);
  tracker.finish(file.times.at(-1)!);
  const found: ConnectionInfo = info!;
  return { losses: [{ ...found.loss(0) }, { ...found.loss(1) }], bytes, midstream: found.midstream };
}

test('no fault: what there was is what was captured', async () => {
  const { wire, file, report } = await faulty({});
  expect(file.bytes.equals(wire.bytes)).toBe(true);
  expect(report.lostPackets + report.retransmittedPackets + report.reorderedPackets + report.cutPackets).toBe(
    0,
  );
});

describe('loss in the capture', () => {
  test('picked packets are not there, and their bytes are counted', async () => {
    const lose = ({ payloadBytes, flow, index }: PacketFacts) =>
      payloadBytes > 0 && flow === BACK && index > 20 && index < 40;
    const { wire, file, report } = await faulty({ lose });
    expect(wire.times.length - file.times.length).toBe(report.lostPackets);
    expect(report.lostPackets).toBeGreaterThan(3);
    expect([...report.missingBytes.keys()]).toEqual([BACK]);
    const { losses } = reassembled(file);
    expect(losses.map(({ missingBytes }) => missingBytes)).toEqual([0, report.missingBytes.get(BACK)]);
  });

  test.each([1, 2, 3])('at random (seed %d): as many bytes as the analyzer misses', async (seed) => {
    const lose = seededLoss();
    const { said, file, report } = await faulty({ lose }, MASTER, '10.0.0.2', seed);
    expect(report.lostPackets).toBeGreaterThan(10);
    const { losses, bytes } = reassembled(file);
    const missing = [report.missingBytes.get(THERE) ?? 0, report.missingBytes.get(BACK) ?? 0];
    expect(losses.map(({ missingBytes }) => missingBytes)).toEqual(missing);
    expect(bytes).toEqual(said.map((whole, way) => whole.length - missing[way]!));
    expect(losses.map(({ retransmittedBytes }) => retransmittedBytes)).toEqual([0, 0]);
  });

  /** A tenth, but not the packets of handshake and close, so that the ends are known. */
  function seededLoss() {
    let state = 1;
    return ({ payloadBytes }: PacketFacts) => {
      state = (state * 48_271) % 0x7fff_ffff;
      return payloadBytes > 0 && state % 10 === 0;
    };
  }

  test('a probability is that', async () => {
    const { wire, file, report } = await faulty({ lose: 0.25 });
    expect(file.times.length + report.lostPackets).toBe(wire.times.length);
    expect(report.lostPackets / wire.times.length).toBeGreaterThan(0.15);
    expect(report.lostPackets / wire.times.length).toBeLessThan(0.35);
  });
});

describe('retransmission', () => {
  const pick = (count: number, flow: string) => {
    let left = count;
    return (packet: PacketFacts) =>
      packet.payloadBytes > 0 && packet.flow === flow && packet.index > 10 && left-- > 0;
  };

  test.each([
    ['there', THERE, MASTER, '10.0.0.2'],
    ['back', BACK, MASTER, '10.0.0.2'],
    ['IPv6', '[2001:db8::1]:6379>[2001:db8::2]:40000', MASTER6, '2001:db8::2'],
  ])('%s: seen twice, acknowledged after the second time', async (_, flow, master, client) => {
    const retransmit = { picker: pick(1, flow), delay: 30 * MILLISECOND };
    const { wire, file, said, report } = await faulty({ retransmit }, master, client);
    expect(report.retransmittedPackets).toBe(1);
    const [port, other] = flow === THERE ? ['40000', '6379'] : ['6379', '40000'];
    const packets = fields(file, 'tcp.srcport', 'tcp.seq', 'tcp.len', 'tcp.ack', 'tcp.checksum').map(
      (line, i) => {
        const [from, sequence, length, ack] = line.split(' ').map(Number);
        return { from: `${from}`, sequence, length: length!, ack: ack!, time: file.times[i]! };
      },
    );
    const isSame = (a: (typeof packets)[0], b: (typeof packets)[0]) =>
      a.from === b.from && a.sequence === b.sequence && a.length > 0 && b.length > 0;
    const second = packets.findIndex((packet, i) => packets.slice(0, i).some((each) => isSame(each, packet)));
    const first = packets.findIndex((packet) => isSame(packet, packets[second]!));
    const segment = packets[first]!;
    expect(segment.from).toBe(port);
    expect(packets[second]!.time - segment.time).toBe(30 * MILLISECOND);
    expect(report.retransmittedBytes).toEqual(new Map([[flow, segment.length]]));
    const answers = (from: number, to?: number) =>
      packets.slice(from, to).filter((packet) => packet.from === other);
    expect(answers(first, second).length).toBeGreaterThan(2);
    for (const { ack } of answers(first, second)) expect(ack).toBeLessThanOrEqual(segment.sequence!);
    const next = answers(second)[0]!;
    expect(next.ack).toBeGreaterThanOrEqual(segment.sequence! + segment.length);
    expect(next.time - packets[second]!.time).toBeLessThanOrEqual(40);
    // At most the second copy and the ACK behind it are new.
    expect(file.times.length - wire.times.length).toBe(2);
    expect(follow(file).map((bytes, way) => bytes.equals(said[way]!))).toEqual([true, true]);
    expect(complaints(file)).not.toMatch(/malformed|checksum|not captured|unseen/i);
    const { losses, bytes } = reassembled(file);
    expect(bytes).toEqual(said.map(({ length }) => length));
    const way = flow === THERE ? 0 : 1;
    expect(losses[way]!.retransmittedBytes).toBe(segment.length);
    expect(losses[1 - way]!.retransmittedBytes).toBe(0);
  });

  test('at random in both directions', async () => {
    const { file, said, report } = await faulty({ retransmit: { picker: 0.1, delay: 3 * MILLISECOND } });
    expect(report.retransmittedPackets).toBeGreaterThan(5);
    const { losses, bytes } = reassembled(file);
    expect(losses.map(({ retransmittedBytes }) => retransmittedBytes)).toEqual([
      report.retransmittedBytes.get(THERE),
      report.retransmittedBytes.get(BACK),
    ]);
    expect(bytes).toEqual(said.map(({ length }) => length));
    expect(complaints(file)).not.toMatch(/malformed|checksum|not captured|unseen/i);
    expect(follow(file).map((part, way) => part.equals(said[way]!))).toEqual([true, true]);
  });

  test('not after an RST, and not after the end', async () => {
    for (const how of ['rst', 'finish'] as const) {
      const made = simulation({ faults: { retransmit: { picker: () => true } } });
      await made.clock.run(async () => {
        made.network.listen(
          MASTER,
          () => ({ opened() {}, data() {}, closed() {} }),
          () => {},
        );
        const channel = made.network.connect('10.0.0.2', MASTER, { opened() {}, data() {}, closed() {} });
        await made.clock.sleep(1000);
        channel.write(Buffer.from('once'));
        await made.clock.sleep(1000);
        if (how === 'rst') channel.reset();
        else made.stage.finish();
        await made.clock.sleep(SECOND);
      });
      expect(made.stage.report().retransmittedPackets).toBe(0);
      expect(rows(made.file).filter((row) => row.endsWith(' 4'))).toHaveLength(1);
    }
  });

  test('a lost first copy is not missing', async () => {
    const seen = new Set<number>();
    const picker = ({ payloadBytes, index }: PacketFacts) => payloadBytes > 0 && index > 10;
    let dropped = 0;
    const lose = ({ payloadBytes, flow, index }: PacketFacts) => {
      if (payloadBytes === 0 || flow !== THERE || index < 11 || seen.size > 0) return false;
      seen.add(index);
      dropped = payloadBytes;
      return true;
    };
    const { report, file, said } = await faulty({ retransmit: { picker, delay: 5 * MILLISECOND }, lose });
    expect(dropped).toBeGreaterThan(0);
    expect(report.lostPackets).toBe(1);
    expect(report.missingBytes).toEqual(new Map());
    expect(follow(file)[0].equals(said[0])).toBe(true);
  });
});

describe('reordering', () => {
  test.each([1, 2, 5])('a data packet comes %d packets later, with the time it then is', async (distance) => {
    let index = -1;
    const picker = (packet: PacketFacts) => {
      if (index < 0 && packet.index > 30 && packet.payloadBytes > 1000) index = packet.index;
      return packet.index === index;
    };
    const { wire, file, report } = await faulty({ reorder: { picker, distance } });
    expect(report.reorderedPackets).toBe(1);
    const expected = hex(wire.frames);
    const [moved] = expected.splice(index, 1);
    expected.splice(index + distance, 0, moved!);
    expect(hex(file.frames)).toEqual(expected);
    expect(file.times[index + distance]).toBe(file.times[index + distance - 1]);
  });

  test('at random: nothing is lost', async () => {
    const { file, said, report } = await faulty({ reorder: { picker: 0.1, distance: 1 } });
    expect(report.reorderedPackets).toBeGreaterThan(5);
    const { losses, bytes } = reassembled(file);
    expect(bytes).toEqual(said.map(({ length }) => length));
    expect(losses.some(({ outOfOrderSegments }) => outOfOrderSegments > 0)).toBe(true);
    expect(losses.map(({ missingBytes }) => missingBytes)).toEqual([0, 0]);
  });

  test('what is held at the end comes out', async () => {
    const { wire, file } = await faulty({ reorder: { picker: () => true, distance: 100_000 } });
    expect(file.times.length).toBe(wire.times.length);
  });
});

describe('the recording', () => {
  test('snap length: frames are cut, their length is kept, and what was cut is counted', async () => {
    const { wire, file, report } = await faulty({ snapLength: 96 });
    const { packets } = await readBytes(file.bytes);
    expect(packets).toHaveLength(wire.frames.length);
    for (const [i, packet] of packets.entries()) {
      expect(packet.originalLength).toBe(wire.frames[i]!.length);
      expect(packet.data).toBe(Buffer.from(wire.frames[i]!.subarray(0, 96)).toString('hex'));
      expect(packet.time).toBe(wire.times[i]);
    }
    expect(report.cutPackets).toBe(wire.frames.filter(({ length }) => length > 96).length);
    const { losses } = reassembled(file);
    expect(losses.map(({ missingBytes }) => missingBytes)).toEqual([
      report.cutBytes.get(THERE),
      report.cutBytes.get(BACK),
    ]);
    expect(complaints(file)).not.toMatch(/malformed|checksum/i);
  });

  test('VLAN', async () => {
    const { file, said } = await faulty({ vlan: 4094 });
    expect(new Set(fields(file, 'vlan.id'))).toEqual(new Set(['4094']));
    expect(complaints(file)).toBe('');
    expect(follow(file)[1].equals(said[1])).toBe(true);
  });

  test('twice: every packet and its copy, which the analyzer knows for what it is', async () => {
    const { wire, file, said, report } = await faulty({ twice: true });
    expect(report.duplicatedPackets).toBe(wire.times.length);
    expect(hex(file.frames)).toEqual(hex(wire.frames.flatMap((frame) => [frame, frame])));
    const { losses, bytes } = reassembled(file);
    expect(bytes).toEqual(said.map(({ length }) => length));
    expect(losses.map(({ retransmittedBytes }) => retransmittedBytes)).toEqual([0, 0]);
    // Not those that end the connection.
    const copies = losses[0]!.duplicatePackets + losses[1]!.duplicatePackets;
    expect(copies).toBeGreaterThanOrEqual(wire.times.length - 2);
  });

  test('a start in the middle', async () => {
    const startAt = 1_700_000_000 * SECOND + 30 * MILLISECOND;
    const { wire, file, report } = await faulty({ startAt });
    expect(report.packetsBeforeStart).toBeGreaterThan(10);
    expect(hex(file.frames)).toEqual(hex(wire.frames.slice(report.packetsBeforeStart)));
    expect(file.times[0]).toBeGreaterThanOrEqual(startAt);
    const { midstream, losses } = reassembled(file);
    expect(midstream).toBe(true);
    expect(losses.map(({ missingBytes }) => missingBytes)).toEqual([0, 0]);
  });

  test('all at once: tshark finds frames that are whole', async () => {
    const { file } = await faulty({
      retransmit: { picker: 0.05 },
      startAt: 1_700_000_000 * SECOND + 5 * MILLISECOND,
      lose: 0.05,
      reorder: { picker: 0.05, distance: 3 },
      vlan: 7,
      twice: true,
      snapLength: 800,
    });
    expect(tshark(file, '-Y', '_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0')).toBe(
      '',
    );
  });
});

test('what makes no sense is refused', () => {
  for (const faults of [
    { lose: 1.1 },
    { lose: Number.NaN },
    { snapLength: 0 },
    { vlan: 4095 },
    { vlan: 0 },
    { reorder: { picker: 0.5, distance: 0 } },
  ]) {
    expect(() => simulation({ faults })).toThrow(RangeError);
  }
  for (const segmentBytes of [0, 1.5, 65_484, Number.NaN]) {
    expect((): Simulation => simulation({ segmentBytes })).toThrow(RangeError);
  }
});
