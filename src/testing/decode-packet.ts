import type { PacketCounters } from '../packet/counters.js';
import { PacketDecoder } from '../packet/decoder.js';
import { TcpSegment } from '../packet/segment.js';

const ETHERNET = 1;

export interface DecodeOptions {
  /** Default: Ethernet. */
  linkType?: number;
  /** Bytes the capture kept; default: all. */
  captured?: number;
  /** Default: the frame's length. */
  originalLength?: number;
  /** Packet time in microseconds; default: 0. */
  time?: number;
  /** Default: a new one. */
  decoder?: PacketDecoder;
}

export interface Decoded {
  /** Null when the packet gave no TCP segment. */
  segment: TcpSegment | null;
  /** Captured payload as text. */
  payload: string;
  counters: PacketCounters;
}

/** Decodes one packet that lies, as in a capture, somewhere inside a larger block of other bytes. */
export function decodePacket(frame: Uint8Array, options: DecodeOptions = {}): Decoded {
  const decoder = options.decoder ?? new PacketDecoder();
  const before = 7;
  const captured = options.captured ?? frame.length;
  const block = new Uint8Array(frame.length + 64).fill(0xa5);
  block.set(frame.subarray(0, captured), before);
  const out = new TcpSegment();
  const found = decoder.decode(
    block,
    before,
    before + captured,
    options.originalLength ?? frame.length,
    options.linkType ?? ETHERNET,
    options.time ?? 0,
    out,
  );
  return {
    segment: found ? out : null,
    payload: found ? new TextDecoder().decode(out.bytes.subarray(out.payloadStart, out.payloadEnd)) : '',
    counters: decoder.counters,
  };
}

/** The counters that are not zero. */
export function nonZero(counters: PacketCounters): Partial<PacketCounters> {
  return Object.fromEntries(Object.entries(counters).filter(([, count]) => count !== 0));
}
