import type { Direction } from '../../tcp/types.js';
import { type WrittenPacket, writePcap } from '../capture-writer.js';
import { ethernet, ipv4, ipv6, tcp } from '../packet-builder.js';

/** Conversations as data, and the packets that carry them. */

export interface Turn {
  /** 0: the side that opened the connection. */
  from: Direction;
  bytes: Uint8Array;
  /** µs since the epoch, not before that of the turn before. */
  time: number;
}

export interface Talk {
  client: string;
  clientPort: number;
  server: string;
  serverPort: number;
  /** False: its SYN was not captured. */
  hasSyn: boolean;
  turns: Turn[];
  end: 'open' | 'fin' | 'rst';
  endedBy: Direction;
}

const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const PUSH = 0x08;
const ACK = 0x10;

/** How turns become segments. */
export interface Framing {
  /** Bytes of the next segment, at least 1. */
  segment: () => number;
  /** First sequence number of the next direction: near 2^32 it wraps. */
  sequence: () => number;
}

/** Packets of one conversation, in order of time. */
export function talkPackets(talk: Talk, { segment, sequence }: Framing): WrittenPacket[] {
  const packets: WrittenPacket[] = [];
  const next: [number, number] = [sequence() >>> 0, sequence() >>> 0];
  const isV6 = talk.client.includes(':');
  let time = talk.turns[0]?.time ?? 0;
  let id = 0;
  const send = (from: Direction, flags: number, payload: Uint8Array): void => {
    const segmentBytes = tcp({
      sourcePort: from === 0 ? talk.clientPort : talk.serverPort,
      destinationPort: from === 0 ? talk.serverPort : talk.clientPort,
      sequence: next[from],
      acknowledgment: next[from === 0 ? 1 : 0],
      flags,
      payload,
    });
    const addresses = {
      source: from === 0 ? talk.client : talk.server,
      destination: from === 0 ? talk.server : talk.client,
    };
    const packet = isV6
      ? ipv6(segmentBytes, addresses)
      : ipv4(segmentBytes, { ...addresses, id: ++id & 0xffff });
    packets.push({ time, data: ethernet(packet) });
    next[from] = (next[from] + payload.length + ((flags & (SYN | FIN)) === 0 ? 0 : 1)) >>> 0;
  };
  const nothing = new Uint8Array(0);
  if (talk.hasSyn) {
    send(0, SYN, nothing);
    send(1, SYN | ACK, nothing);
    send(0, ACK, nothing);
  }
  for (const turn of talk.turns) {
    time = Math.max(time, turn.time);
    for (let at = 0; at < turn.bytes.length; ) {
      const end = Math.min(turn.bytes.length, at + segment());
      send(turn.from, PUSH | ACK, turn.bytes.subarray(at, end));
      at = end;
    }
  }
  if (talk.end === 'rst') send(talk.endedBy, RST | ACK, nothing);
  else if (talk.end === 'fin') {
    send(talk.endedBy, FIN | ACK, nothing);
    send(talk.endedBy === 0 ? 1 : 0, FIN | ACK, nothing);
  }
  return packets;
}

/** Several conversations in one capture, a packet per segment, in order of time. */
export function talksCapture(talks: readonly Talk[], framing: Framing): Uint8Array {
  const packets = talks.flatMap((talk) => talkPackets(talk, framing));
  return writePcap(packets.sort((a, b) => a.time - b.time));
}
