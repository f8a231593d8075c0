import { PacketDecoder } from '../packet/decoder.js';
import { TcpSegment } from '../packet/segment.js';
import type { FramedPacket } from './reframe.js';

/** What can happen to a capture on the way to its file. Everything is seeded: the same seed does the same damage. */

/** A packet of a capture, with its number there (from 1): it keeps it when others are taken away. */
export interface NumberedPacket extends FramedPacket {
  readonly number: number;
}

export function numbered(packets: readonly FramedPacket[]): NumberedPacket[] {
  return packets.map((packet, index) => ({ ...packet, number: index + 1 }));
}

/** Numbers in [0, 1). */
export type Random = () => number;

export interface Damage {
  readonly name: string;
  /** True when another seed does other damage. */
  readonly isRandom: boolean;
  apply(packets: readonly NumberedPacket[], random: Random): NumberedPacket[];
}

/** Each packet is lost with this probability. */
export function lost(share: number): Damage {
  return {
    name: `loss ${share * 100} %`,
    isRandom: true,
    apply: (packets, random) => packets.filter(() => random() >= share),
  };
}

/** Runs of `length` packets are lost, one run in `every` packets and at least one. */
export function lostInBursts(length: number, every: number): Damage {
  return {
    name: `bursts of ${length} lost`,
    isRandom: true,
    apply(packets, random) {
      const count = Math.max(1, Math.round(packets.length / every));
      const gone = new Set<NumberedPacket>();
      for (let burst = 0; burst < count; burst++) {
        const from = Math.floor(random() * packets.length);
        for (const packet of packets.slice(from, from + length)) gone.add(packet);
      }
      return packets.filter((packet) => !gone.has(packet));
    },
  };
}

/** Packets are kept up to `bytes` each. */
export function snapped(bytes: number): Damage {
  return {
    name: `snaplen ${bytes}`,
    isRandom: false,
    apply: (packets) => packets.map((packet) => ({ ...packet, data: packet.data.subarray(0, bytes) })),
  };
}

/** Only what servers said was captured, or only what was said to them. */
export function oneWay(from: 'server' | 'client'): Damage {
  return {
    name: `${from === 'server' ? 'master' : 'replica'}'s packets only`,
    isRandom: false,
    apply(packets) {
      const sides = serverSides(packets);
      return packets.filter((_, i) => sides[i] === null || sides[i] === (from === 'server'));
    },
  };
}

/** Every packet is delayed by up to `micros`, and so are those of several queues that are written as they are emptied. */
export function shuffled(micros: number): Damage {
  return {
    name: `reordered ${micros < 1000 ? `${micros} µs` : `${micros / 1000} ms`}`,
    isRandom: true,
    apply: (packets, random) => delayed(packets, () => Math.floor(random() * micros)),
  };
}

/** That share of the packets comes minutes later than it should, with the time it should have come at. */
export function displaced(share: number): Damage {
  return {
    name: `${share * 100} % displaced by minutes`,
    isRandom: true,
    apply(packets, random) {
      const place = (): number => (random() < share ? 60e6 + random() * 240e6 : 0);
      const order = packets.map((packet) => ({ packet, at: packet.time + place() }));
      return order.sort((a, b) => a.at - b.at).map(({ packet }) => packet);
    },
  };
}

/** Every packet twice, the copy up to 50 µs later: both directions of a mirror port. */
export function doubled(): Damage {
  return {
    name: 'every packet twice',
    isRandom: true,
    apply(packets, random) {
      const copies = packets.map((packet) => ({ ...packet, time: packet.time + Math.floor(random() * 50) }));
      return byTime([...packets, ...copies]);
    },
  };
}

/** One after the other. */
export function combined(...parts: readonly Damage[]): Damage {
  return {
    name: parts.map(({ name }) => name).join(' + '),
    isRandom: parts.some(({ isRandom }) => isRandom),
    apply: (packets, random) =>
      parts.reduce<NumberedPacket[]>((all, part) => part.apply(all, random), [...packets]),
  };
}

export const DAMAGES: readonly Damage[] = [
  lost(0.001),
  lost(0.01),
  lost(0.05),
  lostInBursts(20, 500),
  snapped(96),
  oneWay('server'),
  oneWay('client'),
  shuffled(100),
  shuffled(1000),
  shuffled(100_000),
  displaced(0.01),
  doubled(),
  combined(lost(0.01), shuffled(1000), doubled()),
];

function delayed(packets: readonly NumberedPacket[], by: () => number): NumberedPacket[] {
  return byTime(packets.map((packet) => ({ ...packet, time: packet.time + by() })));
}

function byTime(packets: NumberedPacket[]): NumberedPacket[] {
  return packets.sort((a, b) => a.time - b.time);
}

/** Of each packet whether its sender is the server of its connection: who was asked to open it; null: no TCP. */
function serverSides(packets: readonly NumberedPacket[]): (boolean | null)[] {
  const decoder = new PacketDecoder();
  const segment = new TcpSegment();
  const servers = new Map<string, string>();
  const ends = packets.map(({ data, originalLength, linkType, time }) => {
    if (!decoder.decode(data, 0, data.length, originalLength, linkType, time, segment)) return null;
    const { source0, source1, source2, source3, sourcePort, destinationPort, flags } = segment;
    const { destination0, destination1, destination2, destination3 } = segment;
    const source = [source0, source1, source2, source3, sourcePort].join();
    const destination = [destination0, destination1, destination2, destination3, destinationPort].join();
    const connection = [source, destination].sort().join('|');
    // SYN alone: its receiver. Without one the lower port is the server's, which in recorded captures it is.
    if ((flags & 0x12) === 0x02) servers.set(connection, destination);
    return { source, connection, lower: sourcePort < destinationPort };
  });
  return ends.map((end) => {
    if (end === null) return null;
    const server = servers.get(end.connection);
    return server === undefined ? end.lower : server === end.source;
  });
}
