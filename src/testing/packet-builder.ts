import { parseAddress } from '../packet/address.js';

/** Packets built in code, layer by layer from the inside: `ethernet(ipv4(tcp({ payload })))`. Lengths can be lied about. */

const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const PROTOCOL_GRE = 47;

export interface TcpFields {
  sourcePort?: number;
  destinationPort?: number;
  sequence?: number;
  acknowledgment?: number;
  /** Default: ACK. */
  flags?: number;
  window?: number;
  /** Padded with end-of-options to a multiple of four bytes. */
  options?: ArrayLike<number>;
  /** Header length as claimed, in 4-byte units; default: the truth. */
  dataOffset?: number;
  payload?: Uint8Array | string;
}

export interface Ipv4Fields {
  source?: string;
  destination?: string;
  /** Default: TCP. */
  protocol?: number;
  id?: number;
  dontFragment?: boolean;
  moreFragments?: boolean;
  /** In bytes, a multiple of 8. */
  fragmentOffset?: number;
  /** Padded with end-of-options to a multiple of four bytes. */
  options?: ArrayLike<number>;
  /** As claimed; default: the truth. 0 as for a packet captured before segmentation by the card. */
  totalLength?: number;
  /** Header length as claimed, in 4-byte units; default: the truth. */
  headerWords?: number;
}

export interface Ipv6Fields {
  source?: string;
  destination?: string;
  /** Default: TCP. */
  nextHeader?: number;
  /** As claimed; default: the truth. */
  payloadLength?: number;
}

export interface EthernetFields {
  /** Default: by the version nibble of the content. */
  etherType?: number;
  /** Tags from the outermost inwards. */
  vlans?: readonly VlanTag[];
}

interface VlanTag {
  id: number;
  /** Default: 0x8100. */
  type?: number;
}

export interface Fragment {
  /** Position in the datagram's content, in bytes, a multiple of 8. */
  offset: number;
  moreFragments: boolean;
  content: Uint8Array;
}

export function concat(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Big-endian numbers of 16 and 32 bits as bytes. */
export function uint16(value: number): number[] {
  return [(value >>> 8) & 255, value & 255];
}

export function uint32(value: number): number[] {
  return [...uint16(value >>> 16), ...uint16(value)];
}

export function tcp(fields: TcpFields = {}): Uint8Array {
  const options = padded(fields.options ?? [], 4);
  const dataOffset = fields.dataOffset ?? 5 + options.length / 4;
  return concat(
    uint16(fields.sourcePort ?? 40_000),
    uint16(fields.destinationPort ?? 6379),
    uint32(fields.sequence ?? 1000),
    uint32(fields.acknowledgment ?? 2000),
    [dataOffset << 4, fields.flags ?? 0x10],
    uint16(fields.window ?? 512),
    [0, 0, 0, 0],
    options,
    toBytes(fields.payload ?? ''),
  );
}

export function udp(sourcePort: number, destinationPort: number, content: Uint8Array): Uint8Array {
  return concat(uint16(sourcePort), uint16(destinationPort), uint16(8 + content.length), [0, 0], content);
}

export function ipv4(content: Uint8Array, fields: Ipv4Fields = {}): Uint8Array {
  const options = padded(fields.options ?? [], 4);
  const headerLength = 20 + options.length;
  const flags = (fields.dontFragment ? 0x4000 : 0) | (fields.moreFragments ? 0x2000 : 0);
  const header = concat(
    [0x40 | (fields.headerWords ?? headerLength / 4), 0],
    uint16(fields.totalLength ?? headerLength + content.length),
    uint16(fields.id ?? 1),
    uint16(flags | ((fields.fragmentOffset ?? 0) >> 3)),
    [64, fields.protocol ?? PROTOCOL_TCP, 0, 0],
    addressBytes(fields.source ?? '10.0.0.1').subarray(12),
    addressBytes(fields.destination ?? '10.0.0.2').subarray(12),
    options,
  );
  header.set(uint16(internetChecksum(header)), 10);
  return concat(header, content);
}

export function ipv6(content: Uint8Array, fields: Ipv6Fields = {}): Uint8Array {
  return concat(
    [0x60, 0, 0, 0],
    uint16(fields.payloadLength ?? content.length),
    [fields.nextHeader ?? PROTOCOL_TCP, 64],
    addressBytes(fields.source ?? '2001:db8::1'),
    addressBytes(fields.destination ?? '2001:db8::2'),
    content,
  );
}

/** Hop-by-hop, routing or destination options header of `8 * (1 + extra)` bytes; its type is told by the header before. */
export function extensionHeader(nextHeader: number, extra: number, content: Uint8Array): Uint8Array {
  const padding = 4 + 8 * extra;
  return concat([nextHeader, extra, 1, padding], new Uint8Array(padding), content);
}

/** IPv6 fragment header (type 44) and the fragment. */
export function ipv6Fragment(nextHeader: number, id: number, fragment: Fragment): Uint8Array {
  const field = fragment.offset | (fragment.moreFragments ? 1 : 0);
  return concat([nextHeader, 0], uint16(field), uint32(id), fragment.content);
}

/** Cuts a datagram's content into fragments of `size` bytes, a multiple of 8. */
export function cutIntoFragments(content: Uint8Array, size: number): Fragment[] {
  const fragments: Fragment[] = [];
  for (let offset = 0; offset < content.length; offset += size) {
    const part = content.subarray(offset, offset + size);
    fragments.push({ offset, moreFragments: offset + size < content.length, content: part });
  }
  return fragments;
}

export function ethernet(content: Uint8Array, fields: EthernetFields = {}): Uint8Array {
  const tags = (fields.vlans ?? []).flatMap((tag) => [...uint16(tag.type ?? 0x8100), ...uint16(tag.id)]);
  const type = fields.etherType ?? etherTypeOf(content);
  return concat([2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 1], tags, uint16(type), content);
}

/** Linux cooked capture v1 (link type 113). */
export function linuxCooked(content: Uint8Array, etherType = etherTypeOf(content)): Uint8Array {
  return concat([0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0], uint16(etherType), content);
}

/** Linux cooked capture v2 (link type 276). */
export function linuxCooked2(content: Uint8Array, etherType = etherTypeOf(content)): Uint8Array {
  return concat(uint16(etherType), [0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0], content);
}

/** BSD loopback (link types 0 and 108). */
export function bsdLoopback(
  content: Uint8Array,
  family: number,
  order: 'big' | 'little' = 'big',
): Uint8Array {
  const bytes = uint32(family);
  return concat(order === 'big' ? bytes : bytes.reverse(), content);
}

export function vxlan(frame: Uint8Array, port = 4789): Uint8Array {
  return udp(54_321, port, concat([0x08, 0, 0, 0, 0, 0, 42, 0], frame));
}

export function geneve(
  content: Uint8Array,
  protocolType: number,
  options: ArrayLike<number> = [],
): Uint8Array {
  const padding = padded(options, 4);
  return udp(
    54_321,
    6081,
    concat([padding.length / 4, 0], uint16(protocolType), [0, 0, 42, 0], padding, content),
  );
}

/** GRE with the given first 16 bits: 0x8000 adds a checksum field, 0x2000 a key, 0x1000 a sequence number. */
export function gre(content: Uint8Array, protocolType: number, flags = 0): Uint8Array {
  const fields = [0x8000, 0x2000, 0x1000].filter((bit) => (flags & bit) !== 0).length;
  return concat(uint16(flags), uint16(protocolType), new Uint8Array(4 * fields), content);
}

function etherTypeOf(content: Uint8Array): number {
  return content[0]! >> 4 === 6 ? 0x86dd : 0x0800;
}

function addressBytes(text: string): Uint8Array {
  const words = parseAddress(text);
  if (words === null) throw new Error(`not an address: ${text}`);
  return concat(...words.map(uint32));
}

function toBytes(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content;
}

function padded(bytes: ArrayLike<number>, unit: number): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / unit) * unit);
  whole.set(bytes);
  return whole;
}

/** RFC 1071, for a header of even length. */
function internetChecksum(header: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) sum += (header[i]! << 8) | header[i + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
