import { describe, expect, it } from 'vitest';
import { decodePacket, nonZero } from '../testing/decode-packet.js';
import {
  concat,
  ethernet,
  extensionHeader,
  ipv4,
  ipv6,
  ipv6Fragment,
  tcp,
} from '../testing/packet-builder.js';
import { formatAddress } from './address.js';
import { MAX_EXTENSION_HEADERS } from './ip.js';

const segment = tcp({ payload: 'PING' });

describe('IPv4', () => {
  it('gives addresses and identification', () => {
    const frame = ethernet(ipv4(segment, { source: '192.168.0.7', destination: '10.1.2.3', id: 0xbeef }));
    const out = decodePacket(frame).segment!;
    expect(formatAddress(out.source0, out.source1, out.source2, out.source3)).toBe('192.168.0.7');
    expect(out.source3).toBe(0xc0a80007 | 0);
    expect(formatAddress(out.destination0, out.destination1, out.destination2, out.destination3)).toBe(
      '10.1.2.3',
    );
    expect(out.ipId).toBe(0xbeef);
  });

  it.each([
    ['no options', {}],
    ['one option', { options: [1] }],
    ['all forty bytes of options', { options: new Array<number>(40).fill(1) }],
    ['don’t fragment', { dontFragment: true }],
    ['total length 0 (offload)', { totalLength: 0 }],
  ])('%s', (_name, fields) => {
    const { segment: out, payload } = decodePacket(ethernet(ipv4(segment, fields)));
    expect(payload).toBe('PING');
    expect(out?.payloadLength).toBe(4);
  });

  it('takes Ethernet padding for no payload', () => {
    const padded = concat(ethernet(ipv4(tcp())), new Uint8Array(6).fill(0x58));
    const out = decodePacket(padded).segment!;
    expect([out.payloadLength, out.payloadEnd - out.payloadStart]).toEqual([0, 0]);
  });

  it('takes a large send with total length 0 whole, also when it was snapped', () => {
    const frame = ethernet(ipv4(tcp({ payload: new Uint8Array(70_000) }), { totalLength: 0 }));
    const out = decodePacket(frame, { captured: 1000 }).segment!;
    expect([out.payloadLength, out.payloadEnd - out.payloadStart]).toEqual([70_000, 1000 - 54]);
  });

  it.each([
    ['version', { headerWords: 0x15 }],
    ['header length below 20', { headerWords: 4 }],
    ['header length beyond the packet', { headerWords: 15 }],
    ['total length below the header length', { totalLength: 19 }],
    ['total length beyond the wire', { totalLength: 45 }],
    ['total length that ends inside the TCP header', { totalLength: 39 }],
  ])('%s: malformed', (_name, fields) => {
    const { segment: out, counters } = decodePacket(ethernet(ipv4(segment, fields)));
    expect(out).toBeNull();
    expect(nonZero(counters)).toEqual({ malformed: 1 });
  });

  it('is not TCP', () => {
    expect(nonZero(decodePacket(ethernet(ipv4(segment, { protocol: 1 }))).counters)).toEqual({ notTcp: 1 });
  });
});

describe('IPv6', () => {
  it('gives addresses and no identification', () => {
    const out = decodePacket(ethernet(ipv6(segment, { source: 'fe80::1', destination: '::1' }))).segment!;
    expect(formatAddress(out.source0, out.source1, out.source2, out.source3)).toBe('fe80::1');
    expect(formatAddress(out.destination0, out.destination1, out.destination2, out.destination3)).toBe('::1');
    expect(out.ipId).toBe(-1);
  });

  it.each<[string, number, Uint8Array]>([
    ['hop-by-hop options', 0, extensionHeader(6, 0, segment)],
    ['routing', 43, extensionHeader(6, 2, segment)],
    ['destination options', 60, extensionHeader(6, 31, segment)],
    ['several', 0, extensionHeader(43, 0, extensionHeader(60, 1, extensionHeader(6, 0, segment)))],
    ['authentication', 51, concat([6, 4], new Uint8Array(22), segment)],
    ['an atomic fragment', 44, ipv6Fragment(6, 1, { offset: 0, moreFragments: false, content: segment })],
    [
      'as many as are allowed',
      60,
      Array.from({ length: MAX_EXTENSION_HEADERS }).reduce<Uint8Array>(
        (content, _, i) => extensionHeader(i === 0 ? 6 : 60, 0, content),
        segment,
      ),
    ],
  ])('%s', (_name, nextHeader, content) => {
    const { payload, counters } = decodePacket(ethernet(ipv6(content, { nextHeader })));
    expect(payload).toBe('PING');
    expect(nonZero(counters)).toEqual({});
  });

  it.each([
    ['no next header', 59],
    ['encrypted', 50],
    ['ICMPv6', 58],
  ])('%s is not TCP', (_name, nextHeader) => {
    expect(nonZero(decodePacket(ethernet(ipv6(segment, { nextHeader }))).counters)).toEqual({ notTcp: 1 });
  });

  it('reaches to the end of the frame when the payload length is 0', () => {
    const jumbo = extensionHeader(6, 0, tcp({ payload: new Uint8Array(100_000) }));
    const out = decodePacket(ethernet(ipv6(jumbo, { nextHeader: 0, payloadLength: 0 }))).segment!;
    expect(out.payloadLength).toBe(100_000);
  });

  it('takes Ethernet padding for no payload', () => {
    const out = decodePacket(concat(ethernet(ipv6(tcp())), [1, 2, 3])).segment!;
    expect([out.payloadLength, out.payloadEnd - out.payloadStart]).toEqual([0, 0]);
  });

  it.each<[string, Uint8Array]>([
    ['a payload length beyond the wire', ipv6(segment, { payloadLength: segment.length + 1 })],
    [
      'an extension header beyond the packet',
      ipv6(new Uint8Array([6, 9, 0, 0, 0, 0, 0, 0]), { nextHeader: 60 }),
    ],
    ['less than an extension header', ipv6(new Uint8Array([6, 0, 0]), { nextHeader: 60 })],
    ['less than a fragment header', ipv6(new Uint8Array(7), { nextHeader: 44 })],
    [
      'an endless chain',
      ipv6(
        new Uint8Array(8 * 100).map((_, i) => (i % 8 === 0 ? 60 : 0)),
        { nextHeader: 60 },
      ),
    ],
  ])('%s: malformed', (_name, packet) => {
    expect(nonZero(decodePacket(ethernet(packet)).counters)).toEqual({ malformed: 1 });
  });
});
