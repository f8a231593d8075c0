import { PacketDecoder } from '../../packet/decoder.js';
import { TcpSegment } from '../../packet/segment.js';
import { type FramedPacket, tagged, tunnelled } from '../reframe.js';
import type { Draws } from './draws.js';
import { damaged } from './mutate-bytes.js';

/** Damage of packets: their headers, what TCP does with them, what a capture loses of them. */

const ETHERNET = 1;
/** Room for Ethernet, tags, IP and TCP with their options. */
const HEADER_BYTES = 90;
/** Offsets in a TCP header of sequence number, acknowledgment number, header length, flags and window. */
const TCP_FIELDS = [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 13, 13, 14, 15];

/** µs that the 32 bits of seconds of a pcap cannot hold. */
const LAST_TIME = 2 ** 32 * 1_000_000;

type Change = (packets: FramedPacket[], draws: Draws) => FramedPacket[];

/** Where the TCP header of a packet lies, or -1. A fragment counts as none. */
function tcpHeaderAt(packet: FramedPacket): number {
  const segment = new TcpSegment();
  const { data, originalLength, linkType, time } = packet;
  if (!new PacketDecoder().decode(data, 0, data.length, originalLength, linkType, time, segment)) return -1;
  if (segment.bytes !== data) return -1;
  // The payload lies behind the header, whose ports tell where it begins.
  for (let at = segment.payloadStart - 20; at >= 0 && at >= segment.payloadStart - 60; at -= 4)
    if (
      ((data[at]! << 8) | data[at + 1]!) === segment.sourcePort &&
      ((data[at + 2]! << 8) | data[at + 3]!) === segment.destinationPort &&
      (data[at + 12]! >> 4) * 4 === segment.payloadStart - at
    )
      return at;
  return -1;
}

function some(
  packets: FramedPacket[],
  draws: Draws,
  change: (packet: FramedPacket) => FramedPacket | FramedPacket[],
): FramedPacket[] {
  const share = draws.one([0.002, 0.01, 0.05, 0.3]);
  return packets.flatMap((packet) => (draws.chance(share) ? change(packet) : packet));
}

function changed(packet: FramedPacket, change: (data: Uint8Array) => void): FramedPacket {
  const data = Uint8Array.from(packet.data);
  change(data);
  return { ...packet, data };
}

function byTime(packets: FramedPacket[]): FramedPacket[] {
  return packets.sort((a, b) => a.time - b.time);
}

const CHANGES: readonly Change[] = [
  // Lost, alone and in bursts.
  (packets, draws) => some(packets, draws, () => []),
  (packets, draws) => {
    const at = draws.below(packets.length);
    return packets.toSpliced(at, draws.few(40));
  },
  // Joined late, ended early.
  (packets, draws) => packets.slice(draws.below(packets.length)),
  (packets, draws) => packets.slice(0, 1 + draws.below(packets.length)),
  // Twice: at once, or sent again much later.
  (packets, draws) => some(packets, draws, (packet) => [packet, packet]),
  (packets, draws) => {
    const delay = draws.one([10, 1000, 200_000, 60_000_000]);
    return byTime(some(packets, draws, (packet) => [packet, { ...packet, time: packet.time + delay }]));
  },
  // Out of order, a little or by minutes.
  (packets, draws) => {
    const by = draws.one([100, 2000, 100_000, 10_000_000, 300_000_000]);
    return byTime(
      some(packets, draws, (packet) => ({ ...packet, time: packet.time + draws.below(by) - (by >> 1) })),
    );
  },
  // Times that cannot be.
  (packets, draws) =>
    some(packets, draws, (packet) => ({
      ...packet,
      time: draws.one([0, 1, 4_294_967_295_000_000, packet.time + 1e12]),
    })),
  // Snapped, and lengths that lie.
  (packets, draws) => {
    const length = draws.one([0, 14, 20, 40, 54, 66, 68, 80, 96, 200]);
    return some(packets, draws, (packet) => ({ ...packet, data: packet.data.subarray(0, length) }));
  },
  (packets, draws) =>
    some(packets, draws, (packet) => ({
      ...packet,
      originalLength: draws.one([packet.data.length + draws.below(3000), 70_000, 0x7fffffff, 0xffffffff]),
    })),
  // Headers of any layer.
  (packets, draws) =>
    some(packets, draws, (packet) => ({
      ...packet,
      data: damaged(packet.data, draws, 0, Math.min(HEADER_BYTES, packet.data.length)),
    })),
  // Fields of TCP: numbers that jump, flags, windows.
  (packets, draws) =>
    some(packets, draws, (packet) => {
      const at = tcpHeaderAt(packet);
      if (at < 0) return packet;
      return changed(packet, (data) => {
        data[at + draws.one(TCP_FIELDS)] = draws.below(256);
      });
    }),
  // The bytes of a segment again with others in their place, or overlapping their neighbours.
  (packets, draws) =>
    some(packets, draws, (packet) => {
      const at = tcpHeaderAt(packet);
      if (at < 0) return packet;
      const again = changed(packet, (data) => {
        const view = new DataView(data.buffer);
        view.setUint32(at + 4, (view.getUint32(at + 4) + draws.below(200) - 100) >>> 0);
        if (draws.chance(0.5)) data[at + 20 + draws.below(data.length - at - 20)] = draws.below(256);
      });
      return draws.chance(0.5) ? [packet, again] : [again, packet];
    }),
  // Content.
  (packets, draws) =>
    some(packets, draws, (packet) => {
      const at = tcpHeaderAt(packet);
      const from = at < 0 ? 0 : at + (packet.data[at + 12]! >> 4) * 4;
      return { ...packet, data: damaged(packet.data, draws, Math.min(from, packet.data.length)) };
    }),
  // One direction only.
  (packets) => {
    const side = packets[0]?.data[packets[0].data.length > 37 ? 34 : 0];
    return packets.filter(({ data }) => data[34] === side);
  },
  // Another way to the same packets.
  (packets) => packets.map((packet) => (packet.linkType === ETHERNET ? tagged(packet) : packet)),
  (packets) => packets.map((packet) => (packet.linkType === ETHERNET ? tunnelled(packet) : packet)),
];

/** One to four changes of a capture's packets. */
export function mistreated(packets: readonly FramedPacket[], draws: Draws): FramedPacket[] {
  let result = [...packets];
  for (let left = 1 + draws.below(4); left > 0 && result.length > 0; left--)
    result = draws.one(CHANGES)(result, draws);
  return result
    .filter(({ time }) => time >= 0 && time < LAST_TIME)
    .map((packet) => ({ ...packet, originalLength: Math.min(packet.originalLength, 0xffffffff) }));
}
