import { MemorySource } from '../capture/byte-source.js';
import { openByteSource } from '../capture/open.js';
import type { WrittenPacket } from './capture-writer.js';
import { ethernet, ipv4, PROTOCOL_UDP, vxlan } from './packet-builder.js';

/** The packets of a capture, taken out of their file to be written into another one. */

/** A packet with the link type that its file gave it. */
export interface FramedPacket extends WrittenPacket {
  readonly originalLength: number;
  readonly linkType: number;
}

/** All packets of a capture file. */
export async function packetsOf(bytes: Uint8Array): Promise<FramedPacket[]> {
  const packets: FramedPacket[] = [];
  const reader = await openByteSource(new MemorySource(bytes), 'memory');
  for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
    for (let i = 0; i < batch.count; i++) {
      packets.push({
        time: batch.time[i]!,
        originalLength: batch.originalLength[i]!,
        linkType: batch.linkType[i]!,
        data: batch.bytes.slice(batch.start[i]!, batch.end[i]!),
      });
    }
  }
  await reader.close();
  return packets;
}

/** The Ethernet frame with an 802.1Q tag behind its addresses. */
export function tagged(packet: FramedPacket): FramedPacket {
  const { data, originalLength } = packet;
  const tag = [0x81, 0x00, 0x00, 0x2a];
  return {
    ...packet,
    data: Uint8Array.from([...data.subarray(0, 12), ...tag, ...data.subarray(12)]),
    originalLength: originalLength + tag.length,
  };
}

/** The Ethernet frame as VXLAN carries it from one host to another. */
export function tunnelled(packet: FramedPacket): FramedPacket {
  const data = ethernet(ipv4(vxlan(packet.data), { protocol: PROTOCOL_UDP }));
  return { ...packet, data, originalLength: packet.originalLength + data.length - packet.data.length };
}

/** Cuts packets into `parts` runs of about the same length, between packets of different times. */
export function rotated(packets: readonly FramedPacket[], parts: number): FramedPacket[][] {
  const runs: FramedPacket[][] = [];
  let from = 0;
  for (let part = 1; part <= parts; part++) {
    let to = part === parts ? packets.length : Math.floor((packets.length * part) / parts);
    while (to < packets.length && !isOrderedAt(packets, to)) to++;
    runs.push(packets.slice(from, to));
    from = to;
  }
  return runs;
}

/** True when all before packet `index` is earlier than all from there on: files cut there can be told apart by their times. */
function isOrderedAt(packets: readonly FramedPacket[], index: number): boolean {
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < index; i++) last = Math.max(last, packets[i]!.time);
  for (let i = index; i < packets.length; i++) if (packets[i]!.time <= last) return false;
  return true;
}
