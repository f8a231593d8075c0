import { type Cursor, MALFORMED, NOT_IP, OK, readInt32, readUint16 } from './cursor.js';

/** LINKTYPE_ numbers of the pcap registry (https://www.tcpdump.org/linktypes.html). */
const LINKTYPE_NULL = 0;
const LINKTYPE_ETHERNET = 1;
/** What some systems write instead of LINKTYPE_RAW: their own DLT_RAW numbers. */
const DLT_RAW_BSD = 12;
const DLT_RAW_OPENBSD = 14;
const LINKTYPE_RAW = 101;
const LINKTYPE_LOOP = 108;
const LINKTYPE_LINUX_SLL = 113;
const LINKTYPE_IPV4 = 228;
const LINKTYPE_IPV6 = 229;
const LINKTYPE_LINUX_SLL2 = 276;

/** EtherTypes (IANA "IEEE 802 Numbers"). */
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_VLAN = 0x8100;
const ETHERTYPE_QINQ = 0x88a8;
/** Stacked tags of switches from before 802.1ad. */
const ETHERTYPE_QINQ_OLD = 0x9100;
const ETHERTYPE_MPLS = 0x8847;
const ETHERTYPE_MPLS_MULTICAST = 0x8848;
const ETHERTYPE_PPPOE_SESSION = 0x8864;

/** PPP protocol numbers (IANA "PPP Numbers"). */
const PPP_IPV4 = 0x0021;
const PPP_IPV6 = 0x0057;

const ETHERNET_HEADER = 14;
const VLAN_TAG = 4;
const MPLS_LABEL = 4;
/** PPPoE header (RFC 2516, 4) and PPP protocol field. */
const PPPOE_HEADER = 8;
const SLL_HEADER = 16;
const SLL2_HEADER = 20;
const FAMILY_HEADER = 4;

/** Tags or labels between Ethernet and IP. Real networks stack two or three; more is a packet made to keep us busy. */
export const MAX_STACKED_TAGS = 8;

/**
 * Reads the link layer header at `cursor.at`. On OK, `at` is the IP header, `version` what the link layer says it is, and
 * `vlan` the id of the outermost tag.
 */
export function readLink(cursor: Cursor, linkType: number): number {
  switch (linkType) {
    case LINKTYPE_ETHERNET:
      return readEthernet(cursor);
    case LINKTYPE_LINUX_SLL:
      return readCooked(cursor, SLL_HEADER, 14);
    case LINKTYPE_LINUX_SLL2:
      return readCooked(cursor, SLL2_HEADER, 0);
    case LINKTYPE_NULL:
      return readFamily(cursor, true);
    case LINKTYPE_LOOP:
      return readFamily(cursor, false);
    case LINKTYPE_RAW:
    case DLT_RAW_BSD:
    case DLT_RAW_OPENBSD:
      return readVersion(cursor);
    case LINKTYPE_IPV4:
      cursor.version = 4;
      return OK;
    case LINKTYPE_IPV6:
      cursor.version = 6;
      return OK;
    default:
      return NOT_IP;
  }
}

/** Ethernet II. An 802.3 length instead of an EtherType is some LLC protocol: no EtherType matches it. */
export function readEthernet(cursor: Cursor): number {
  const { bytes, at } = cursor;
  if (at + ETHERNET_HEADER > cursor.end) return cursor.missing(ETHERNET_HEADER);
  cursor.at = at + ETHERNET_HEADER;
  return readEtherType(cursor, readUint16(bytes, at + 12));
}

/** Follows an EtherType through tags and labels to IP; `cursor.at` is what comes behind the EtherType. */
export function readEtherType(cursor: Cursor, first: number): number {
  let type = first;
  for (let tags = 0; tags <= MAX_STACKED_TAGS; tags++) {
    switch (type) {
      case ETHERTYPE_IPV4:
        cursor.version = 4;
        return OK;
      case ETHERTYPE_IPV6:
        cursor.version = 6;
        return OK;
      case ETHERTYPE_VLAN:
      case ETHERTYPE_QINQ:
      case ETHERTYPE_QINQ_OLD: {
        const outcome = cursor.skip(VLAN_TAG);
        if (outcome !== OK) return outcome;
        if (cursor.vlan === 0) cursor.vlan = readUint16(cursor.bytes, cursor.at - 4) & 0x0fff;
        type = readUint16(cursor.bytes, cursor.at - 2);
        break;
      }
      case ETHERTYPE_MPLS:
      case ETHERTYPE_MPLS_MULTICAST:
        return readMpls(cursor);
      case ETHERTYPE_PPPOE_SESSION:
        return readPppoe(cursor);
      default:
        return NOT_IP;
    }
  }
  return MALFORMED;
}

/** Linux cooked capture, v1 or v2: a header of fixed size with an EtherType at `typeAt`. */
function readCooked(cursor: Cursor, size: number, typeAt: number): number {
  const outcome = cursor.skip(size);
  if (outcome !== OK) return outcome;
  return readEtherType(cursor, readUint16(cursor.bytes, cursor.at - size + typeAt));
}

/**
 * BSD loopback: an address family in the byte order of the capturing machine (LINKTYPE_NULL, which the file does not tell)
 * or in network order (LINKTYPE_LOOP). Families are small numbers, so the order shows.
 */
function readFamily(cursor: Cursor, hostOrder: boolean): number {
  const outcome = cursor.skip(FAMILY_HEADER);
  if (outcome !== OK) return outcome;
  const { bytes, at } = cursor;
  const family = readInt32(bytes, at - 4);
  // Only the first byte of a little-endian family is not zero.
  const isLittleEndian = hostOrder && (family & 0x00ffffff) === 0;
  switch (isLittleEndian ? family >>> 24 : family) {
    case 2:
      cursor.version = 4;
      return OK;
    // AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS.
    case 10:
    case 24:
    case 28:
    case 30:
      cursor.version = 6;
      return OK;
    default:
      return NOT_IP;
  }
}

/** No header at all: the version is the first nibble of IP itself. */
function readVersion(cursor: Cursor): number {
  if (cursor.at >= cursor.end) return cursor.missing(1);
  cursor.version = cursor.bytes[cursor.at]! >> 4;
  return cursor.version === 4 || cursor.version === 6 ? OK : NOT_IP;
}

/** MPLS labels up to the bottom of the stack (RFC 3032, 2.1); what is behind them is told by nothing but its version nibble. */
function readMpls(cursor: Cursor): number {
  for (let labels = 0; labels < MAX_STACKED_TAGS; labels++) {
    const outcome = cursor.skip(MPLS_LABEL);
    if (outcome !== OK) return outcome;
    if ((cursor.bytes[cursor.at - 2]! & 1) !== 0) return readVersion(cursor);
  }
  return MALFORMED;
}

function readPppoe(cursor: Cursor): number {
  const outcome = cursor.skip(PPPOE_HEADER);
  if (outcome !== OK) return outcome;
  const protocol = readUint16(cursor.bytes, cursor.at - 2);
  if (protocol !== PPP_IPV4 && protocol !== PPP_IPV6) return NOT_IP;
  cursor.version = protocol === PPP_IPV4 ? 4 : 6;
  return OK;
}
