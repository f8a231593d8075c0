import { type Cursor, MALFORMED, OK, readInt32, readUint16 } from './cursor.js';
import { SYN, type TcpSegment } from './segment.js';

const MIN_HEADER = 20;

/** Option kinds (IANA "TCP Parameters"). */
const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;
const WINDOW_SCALE = 3;

/** A receiver takes a larger shift as 14 (RFC 7323, 2.3). */
const MAX_WINDOW_SCALE = 14;

/** Reads the TCP header (RFC 9293, 3.1) at `cursor.at`; the rest of the layer is payload. */
export function readTcpHeader(cursor: Cursor, out: TcpSegment): number {
  const { bytes, at, end } = cursor;
  if (at + MIN_HEADER > end) return cursor.missing(MIN_HEADER);
  const headerLength = (bytes[at + 12]! >> 4) << 2;
  if (headerLength < MIN_HEADER) return MALFORMED;
  const payloadStart = at + headerLength;
  if (payloadStart > end) return cursor.missing(headerLength);

  const flags = bytes[at + 13]!;
  out.bytes = bytes;
  out.payloadStart = payloadStart;
  out.payloadEnd = end;
  out.payloadLength = cursor.wireEnd - payloadStart;
  out.sourcePort = readUint16(bytes, at);
  out.destinationPort = readUint16(bytes, at + 2);
  out.sequence = readInt32(bytes, at + 4) >>> 0;
  out.acknowledgment = readInt32(bytes, at + 8) >>> 0;
  out.flags = flags;
  out.window = readUint16(bytes, at + 14);
  out.windowScale = (flags & SYN) === 0 ? -1 : readWindowScale(bytes, at + MIN_HEADER, payloadStart);
  out.vlan = cursor.vlan;
  return OK;
}

/** Shift count of the window scale option, or -1. Options behind a broken one are not looked at. */
function readWindowScale(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const kind = bytes[at]!;
    if (kind === END_OF_OPTIONS) return -1;
    if (kind === NO_OPERATION) {
      at++;
      continue;
    }
    if (at + 1 >= end) return -1;
    const length = bytes[at + 1]!;
    if (length < 2 || at + length > end) return -1;
    if (kind === WINDOW_SCALE) return length === 3 ? Math.min(bytes[at + 2]!, MAX_WINDOW_SCALE) : -1;
    at += length;
  }
  return -1;
}
