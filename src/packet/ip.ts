import { type Cursor, FRAGMENT, MALFORMED, OK, readInt32, readUint16 } from './cursor.js';
import type { TcpSegment } from './segment.js';

/** IP protocol numbers (IANA "Protocol Numbers"). */
export const PROTOCOL_TCP = 6;
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT_HEADER = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;

const IPV4_MIN_HEADER = 20;
const IPV6_HEADER = 40;
const IPV6_FRAGMENT_HEADER = 8;
/** Every extension header has at least its next-header and length fields in the first eight bytes. */
const MIN_EXTENSION = 8;

/** RFC 8200 knows seven places for extension headers (4.1); a longer chain is made to keep us busy. */
export const MAX_EXTENSION_HEADERS = 8;

/**
 * Reads the IP header of `cursor.version` at `cursor.at`: addresses and identification into `out`, `protocol` and the ends
 * of its payload into the cursor. FRAGMENT: `at` … `end` is one fragment, for the reassembler.
 */
export function readIp(cursor: Cursor, out: TcpSegment): number {
  return cursor.version === 4 ? readIpv4(cursor, out) : readIpv6(cursor, out);
}

/** IPv4 (RFC 791, 3.1). */
function readIpv4(cursor: Cursor, out: TcpSegment): number {
  const { bytes, at } = cursor;
  if (at + IPV4_MIN_HEADER > cursor.end) return cursor.missing(IPV4_MIN_HEADER);
  const first = bytes[at]!;
  if (first >> 4 !== 4) return MALFORMED;
  const headerLength = (first & 0x0f) << 2;
  if (headerLength < IPV4_MIN_HEADER) return MALFORMED;

  const totalLength = readUint16(bytes, at + 2);
  // 0: captured before the card cut a large send into packets and filled the field in; the frame then has no padding.
  if (totalLength !== 0 && !bound(cursor, at + totalLength)) return MALFORMED;

  out.ipId = readUint16(bytes, at + 4);
  out.source0 = 0;
  out.source1 = 0;
  out.source2 = 0xffff;
  out.source3 = readInt32(bytes, at + 12);
  out.destination0 = 0;
  out.destination1 = 0;
  out.destination2 = 0xffff;
  out.destination3 = readInt32(bytes, at + 16);
  cursor.protocol = bytes[at + 9]!;

  const outcome = cursor.skip(headerLength);
  if (outcome !== OK) return outcome;
  const fragment = readUint16(bytes, at + 6);
  if ((fragment & 0x3fff) === 0) return OK;
  cursor.fragmentId = out.ipId;
  cursor.fragmentOffset = (fragment & 0x1fff) << 3;
  cursor.moreFragments = (fragment & 0x2000) !== 0;
  return FRAGMENT;
}

/** IPv6 (RFC 8200, 3) with its extension headers. */
function readIpv6(cursor: Cursor, out: TcpSegment): number {
  const { bytes, at } = cursor;
  if (at + IPV6_HEADER > cursor.end) return cursor.missing(IPV6_HEADER);
  if (bytes[at]! >> 4 !== 6) return MALFORMED;

  const payloadLength = readUint16(bytes, at + 4);
  // 0: a jumbogram (RFC 2675, 3) or a large send before the card cut it; it reaches to the end of the frame.
  if (payloadLength !== 0 && !bound(cursor, at + IPV6_HEADER + payloadLength)) return MALFORMED;

  out.ipId = -1;
  out.source0 = readInt32(bytes, at + 8);
  out.source1 = readInt32(bytes, at + 12);
  out.source2 = readInt32(bytes, at + 16);
  out.source3 = readInt32(bytes, at + 20);
  out.destination0 = readInt32(bytes, at + 24);
  out.destination1 = readInt32(bytes, at + 28);
  out.destination2 = readInt32(bytes, at + 32);
  out.destination3 = readInt32(bytes, at + 36);
  cursor.protocol = bytes[at + 6]!;
  cursor.at = at + IPV6_HEADER;
  return cursor.protocol === PROTOCOL_TCP ? OK : skipExtensionHeaders(cursor);
}

/**
 * Walks IPv6 extension headers from `cursor.at` (whose type is `cursor.protocol`) to the first header of another kind.
 * Also used on the content of a reassembled datagram, which may begin with some (RFC 8200, 4.5).
 */
export function skipExtensionHeaders(cursor: Cursor): number {
  for (let headers = 0; headers <= MAX_EXTENSION_HEADERS; headers++) {
    const { bytes, at, protocol } = cursor;
    if (protocol === FRAGMENT_HEADER) {
      const outcome = readFragmentHeader(cursor);
      if (outcome !== OK) return outcome;
      continue;
    }
    const isAuthentication = protocol === AUTHENTICATION;
    if (
      !isAuthentication &&
      protocol !== HOP_BY_HOP &&
      protocol !== ROUTING &&
      protocol !== DESTINATION_OPTIONS
    ) {
      return OK;
    }
    if (at + MIN_EXTENSION > cursor.end) return cursor.missing(MIN_EXTENSION);
    // Length in 8 bytes besides the first 8; in AH in 4 bytes besides the first 8 (RFC 4302, 2.2).
    const outcome = cursor.skip(isAuthentication ? (bytes[at + 1]! + 2) << 2 : (bytes[at + 1]! + 1) << 3);
    if (outcome !== OK) return outcome;
    cursor.protocol = bytes[at]!;
  }
  return MALFORMED;
}

/** Fragment header (RFC 8200, 4.5). One that is the whole datagram, an atomic fragment (RFC 6946), is only skipped. */
function readFragmentHeader(cursor: Cursor): number {
  const { bytes, at } = cursor;
  const outcome = cursor.skip(IPV6_FRAGMENT_HEADER);
  if (outcome !== OK) return outcome;
  cursor.protocol = bytes[at]!;
  const field = readUint16(bytes, at + 2);
  cursor.fragmentId = readInt32(bytes, at + 4);
  cursor.fragmentOffset = field & 0xfff8;
  cursor.moreFragments = (field & 1) !== 0;
  return cursor.fragmentOffset === 0 && !cursor.moreFragments ? OK : FRAGMENT;
}

/**
 * Ends the layer where its length field says: what is behind it is padding of the link layer. False when the field claims
 * more than there was on the wire. A snapped packet gets the benefit of the doubt, since capture interfaces that only say
 * "cut" leave the original length to be guessed.
 */
function bound(cursor: Cursor, wireEnd: number): boolean {
  if (wireEnd > cursor.wireEnd && cursor.wireEnd === cursor.end) return false;
  cursor.wireEnd = wireEnd;
  if (cursor.end > wireEnd) cursor.end = wireEnd;
  return true;
}
