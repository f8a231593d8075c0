import { type Cursor, NOT_IP, NOT_TCP, OK, readUint16 } from './cursor.js';
import { readEthernet, readEtherType } from './link.js';

/** IP protocol numbers that carry a packet. */
const IPV4_IN_IP = 4;
const UDP = 17;
const IPV6_IN_IP = 41;
const GRE = 47;

const UDP_HEADER = 8;

/** VXLAN (RFC 7348, 5); 8472 is what Linux used before the number was assigned, and flannel still does. */
const VXLAN_PORT = 4789;
const VXLAN_PORT_LINUX = 8472;
const VXLAN_HEADER = 8;
const VXLAN_HAS_ID = 0x08;

/** Geneve (RFC 8926, 3.4). */
const GENEVE_PORT = 6081;
const GENEVE_HEADER = 8;

/** GRE (RFC 2784, 2; key and sequence number: RFC 2890, 2). */
const GRE_HEADER = 4;
const GRE_CHECKSUM = 0x8000;
const GRE_ROUTING = 0x4000;
const GRE_KEY = 0x2000;
const GRE_SEQUENCE = 0x1000;
const GRE_VERSION = 0x0007;

/** Protocol types that are followed by an Ethernet header: bridging, and port mirrors (ERSPAN, draft-foschiano-erspan). */
const ETHERNET_BRIDGING = 0x6558;
const ERSPAN = 0x88be;
const ERSPAN_3 = 0x22eb;
const ERSPAN_HEADER = 8;
const ERSPAN_3_HEADER = 12;
const ERSPAN_3_SUBHEADER = 8;

/**
 * Unwraps a tunnel whose outer protocol is `cursor.protocol`. OK: `cursor.at` is the inner IP header, `version` what the
 * tunnel says it is. NOT_TCP: no tunnel, or one that carries something else than IP.
 *
 * Lengths of the tunnel headers are not needed: the outer IP length bounds the packet, the inner one the payload.
 */
export function readTunnel(cursor: Cursor): number {
  const outcome = readOuter(cursor);
  return outcome === NOT_IP ? NOT_TCP : outcome;
}

function readOuter(cursor: Cursor): number {
  switch (cursor.protocol) {
    case UDP:
      return readUdp(cursor);
    case GRE:
      return readGre(cursor);
    case IPV4_IN_IP:
      cursor.version = 4;
      return OK;
    case IPV6_IN_IP:
      cursor.version = 6;
      return OK;
    default:
      return NOT_TCP;
  }
}

function readUdp(cursor: Cursor): number {
  const outcome = cursor.skip(UDP_HEADER);
  if (outcome !== OK) return outcome;
  switch (readUint16(cursor.bytes, cursor.at - UDP_HEADER + 2)) {
    case VXLAN_PORT:
    case VXLAN_PORT_LINUX:
      return readVxlan(cursor);
    case GENEVE_PORT:
      return readGeneve(cursor);
    default:
      return NOT_TCP;
  }
}

function readVxlan(cursor: Cursor): number {
  const flags = cursor.bytes[cursor.at];
  const outcome = cursor.skip(VXLAN_HEADER);
  if (outcome !== OK) return outcome;
  return (flags! & VXLAN_HAS_ID) === 0 ? NOT_TCP : readEthernet(cursor);
}

function readGeneve(cursor: Cursor): number {
  const { bytes, at } = cursor;
  if (at + GENEVE_HEADER > cursor.end) return cursor.missing(GENEVE_HEADER);
  const first = bytes[at]!;
  if (first >> 6 !== 0) return NOT_TCP;
  const protocolType = readUint16(bytes, at + 2);
  const outcome = cursor.skip(GENEVE_HEADER + ((first & 0x3f) << 2));
  return outcome === OK ? readProtocolType(cursor, protocolType) : outcome;
}

function readGre(cursor: Cursor): number {
  const { bytes, at } = cursor;
  if (at + GRE_HEADER > cursor.end) return cursor.missing(GRE_HEADER);
  const flags = readUint16(bytes, at);
  // Version 1 is PPTP; source routes (RFC 1701) are gone from the standard and have no fixed length.
  if ((flags & (GRE_VERSION | GRE_ROUTING)) !== 0) return NOT_TCP;
  let size = GRE_HEADER;
  if ((flags & GRE_CHECKSUM) !== 0) size += 4;
  if ((flags & GRE_KEY) !== 0) size += 4;
  if ((flags & GRE_SEQUENCE) !== 0) size += 4;
  const protocolType = readUint16(bytes, at + 2);
  // ERSPAN type I has neither a sequence number nor a header of its own.
  if (protocolType === ERSPAN && (flags & GRE_SEQUENCE) !== 0) size += ERSPAN_HEADER;
  const outcome = cursor.skip(size);
  if (outcome !== OK) return outcome;
  return protocolType === ERSPAN_3 ? readErspan3(cursor) : readProtocolType(cursor, protocolType);
}

function readErspan3(cursor: Cursor): number {
  let outcome = cursor.skip(ERSPAN_3_HEADER);
  if (outcome === OK && (cursor.bytes[cursor.at - 1]! & 1) !== 0) outcome = cursor.skip(ERSPAN_3_SUBHEADER);
  return outcome === OK ? readEthernet(cursor) : outcome;
}

function readProtocolType(cursor: Cursor, type: number): number {
  return type === ETHERNET_BRIDGING || type === ERSPAN ? readEthernet(cursor) : readEtherType(cursor, type);
}
