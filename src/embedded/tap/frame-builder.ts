import type { Host } from './hosts.js';

/** Flags of the TCP header (RFC 9293, 3.1). */
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

export const ETHERNET_HEADER_BYTES = 14;
export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_IPV6 = 0x86dd;
export const IPV4_HEADER_BYTES = 20;
export const IPV6_HEADER_BYTES = 40;
export const TCP_HEADER_BYTES = 20;
const PROTOCOL_TCP = 6;
/** Linux's default (net.ipv4.ip_default_ttl). */
const TIME_TO_LIVE = 64;

export interface TcpFields {
  readonly source: Host;
  readonly destination: Host;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  /** As it stands in the header, scaled. */
  readonly window: number;
  /** A multiple of four bytes. */
  readonly options: readonly number[];
  readonly payload: Uint8Array;
}

/** An Ethernet frame with one TCP segment, checksums filled in. The source host's IP id moves on by one. */
export function buildFrame(fields: TcpFields): Uint8Array {
  const { source, destination, options, payload } = fields;
  const isIpv4 = source.address.length === 4;
  const ipBytes = isIpv4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
  const tcpAt = ETHERNET_HEADER_BYTES + ipBytes;
  const tcpBytes = TCP_HEADER_BYTES + options.length + payload.length;
  const frame = new Uint8Array(tcpAt + tcpBytes);
  const view = new DataView(frame.buffer);
  frame.set(destination.mac, 0);
  frame.set(source.mac, 6);
  view.setUint16(12, isIpv4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
  if (isIpv4) writeIpv4(frame, view, source, destination, tcpBytes);
  else writeIpv6(frame, view, source, destination, tcpBytes);
  view.setUint16(tcpAt, fields.sourcePort);
  view.setUint16(tcpAt + 2, fields.destinationPort);
  view.setUint32(tcpAt + 4, fields.sequence);
  view.setUint32(tcpAt + 8, fields.acknowledgment);
  view.setUint8(tcpAt + 12, (TCP_HEADER_BYTES + options.length) << 2);
  view.setUint8(tcpAt + 13, fields.flags);
  view.setUint16(tcpAt + 14, fields.window);
  frame.set(options, tcpAt + TCP_HEADER_BYTES);
  frame.set(payload, tcpAt + TCP_HEADER_BYTES + options.length);
  setTcpChecksum(frame);
  return frame;
}

function writeIpv4(frame: Uint8Array, view: DataView, source: Host, destination: Host, bytes: number): void {
  const at = ETHERNET_HEADER_BYTES;
  view.setUint8(at, 0x45);
  view.setUint16(at + 2, IPV4_HEADER_BYTES + bytes);
  view.setUint16(at + 4, source.nextIpId);
  source.nextIpId = (source.nextIpId + 1) & 0xffff;
  // Do not fragment.
  view.setUint16(at + 6, 0x4000);
  view.setUint8(at + 8, TIME_TO_LIVE);
  view.setUint8(at + 9, PROTOCOL_TCP);
  frame.set(source.address, at + 12);
  frame.set(destination.address, at + 16);
  setIpv4Checksum(frame);
}

function writeIpv6(frame: Uint8Array, view: DataView, source: Host, destination: Host, bytes: number): void {
  const at = ETHERNET_HEADER_BYTES;
  view.setUint8(at, 0x60);
  view.setUint16(at + 4, bytes);
  view.setUint8(at + 6, PROTOCOL_TCP);
  view.setUint8(at + 7, TIME_TO_LIVE);
  frame.set(source.address, at + 8);
  frame.set(destination.address, at + 24);
}

/** Sets the header checksum of an untagged IPv4 frame without IP options. */
export function setIpv4Checksum(frame: Uint8Array): void {
  const at = ETHERNET_HEADER_BYTES;
  set16(frame, at + 10, 0);
  set16(frame, at + 10, complement(sumOf(frame, at, at + IPV4_HEADER_BYTES)));
}

/** Sets the TCP checksum of an untagged frame (RFC 9293, 3.1; RFC 8200, 8.1) without IP options or extension headers. */
export function setTcpChecksum(frame: Uint8Array): void {
  const isIpv4 = frame[ETHERNET_HEADER_BYTES]! >> 4 === 4;
  const tcpAt = ETHERNET_HEADER_BYTES + (isIpv4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES);
  // The addresses stand right before the TCP header in both versions; protocol and length complete the pseudo header.
  const addressesAt = tcpAt - (isIpv4 ? 8 : 32);
  set16(frame, tcpAt + 16, 0);
  const pseudo = PROTOCOL_TCP + (frame.length - tcpAt);
  set16(frame, tcpAt + 16, complement(pseudo + sumOf(frame, addressesAt, frame.length)));
}

function set16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value & 0xff;
}

/** Sum of the 16-bit words of [from, to), the last one filled up with a zero byte (RFC 1071). */
function sumOf(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  const even = to - ((to - from) & 1);
  for (let i = from; i < even; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  return even < to ? sum + (bytes[even]! << 8) : sum;
}

function complement(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return ~folded & 0xffff;
}
