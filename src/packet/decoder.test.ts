import { describe, expect, it } from 'vitest';
import { decodePacket, nonZero } from '../testing/decode-packet.js';
import {
  concat,
  ethernet,
  extensionHeader,
  geneve,
  gre,
  ipv4,
  ipv6,
  ipv6Fragment,
  linuxCooked,
  linuxCooked2,
  PROTOCOL_GRE,
  PROTOCOL_UDP,
  tcp,
  vxlan,
} from '../testing/packet-builder.js';
import { MAX_PACKET_LENGTH, PacketDecoder } from './decoder.js';
import { TcpSegment } from './segment.js';

const segment = tcp({ flags: 2, options: [2, 4, 5, 180, 1, 3, 3, 7], payload: 'PING PING PING' });
const fragment = { offset: 8, moreFragments: true, content: segment };

/** One packet for each way through the decoder, as link type and bytes. */
const packets: readonly [number, Uint8Array][] = [
  [1, ethernet(ipv4(segment))],
  [1, ethernet(ipv4(segment, { options: [1, 1, 1] }), { vlans: [{ id: 1, type: 0x88a8 }, { id: 2 }] })],
  [1, ethernet(ipv6(segment))],
  [1, ethernet(ipv6(extensionHeader(60, 1, extensionHeader(6, 0, segment)), { nextHeader: 0 }))],
  [1, ethernet(concat([0, 1, 1, 64], ipv4(segment)), { etherType: 0x8847 })],
  [1, ethernet(concat([0x11, 0, 0, 1, 0, 99, 0, 0x21], ipv4(segment)), { etherType: 0x8864 })],
  [113, linuxCooked(ipv4(segment))],
  [276, linuxCooked2(ipv6(segment))],
  [0, concat([2, 0, 0, 0], ipv4(segment))],
  [108, concat([0, 0, 0, 24], ipv6(segment))],
  [101, ipv4(segment)],
  [228, ipv4(segment)],
  [229, ipv6(segment)],
  [1, ethernet(ipv4(vxlan(ethernet(ipv4(segment))), { protocol: PROTOCOL_UDP }))],
  [1, ethernet(ipv4(geneve(ethernet(ipv6(segment)), 0x6558, [1, 2, 3, 4]), { protocol: PROTOCOL_UDP }))],
  [1, ethernet(ipv4(gre(ipv4(segment), 0x0800, 0xb000), { protocol: PROTOCOL_GRE }))],
  [1, ethernet(ipv4(ipv6(segment), { protocol: 41 }))],
  [1, ethernet(ipv4(segment, { fragmentOffset: 8, moreFragments: true }))],
  [1, ethernet(ipv6(ipv6Fragment(6, 1, fragment), { nextHeader: 44 }))],
];
const whole = packets.slice(0, -2);

describe('snapped packets', () => {
  it.each(whole.map(([linkType, frame], i) => [i, linkType, frame] as const))(
    'packet %i',
    (_i, linkType, frame) => {
      const headers = frame.length - 14;
      for (let captured = 0; captured < headers; captured++) {
        const { segment: out, counters } = decodePacket(frame, { linkType, captured });
        expect(out).toBeNull();
        expect([counters.truncatedHeaders, counters.malformed]).toEqual([1, 0]);
      }
      for (let captured = headers; captured <= frame.length; captured++) {
        const { segment: out, counters } = decodePacket(frame, { linkType, captured });
        expect(out?.payloadLength).toBe(14);
        expect(out!.payloadEnd - out!.payloadStart).toBe(captured - headers);
        expect(out?.windowScale).toBe(7);
        expect({ ...nonZero(counters), tunnelled: 0 }).toEqual({ tunnelled: 0 });
      }
    },
  );

  it.each([
    ['IPv4', ethernet(ipv4(tcp()))],
    ['IPv6', ethernet(ipv6(tcp()))],
  ])('%s without payload, one byte short', (_name, frame) => {
    const { counters } = decodePacket(frame, { captured: frame.length - 1 });
    expect(nonZero(counters)).toEqual({ truncatedHeaders: 1 });
  });

  it('trusts the IP length when the original length of a snapped packet is a guess', () => {
    const out = decodePacket(packets[0]![1], { captured: 65, originalLength: 66 }).segment!;
    expect([out.payloadLength, out.payloadEnd - out.payloadStart]).toEqual([14, 3]);
  });

  it.each([0, -1, 10, Number.NaN, Number.POSITIVE_INFINITY, MAX_PACKET_LENGTH + 1, 0xffffffff])(
    'is not misled by an original length of %d',
    (originalLength) => {
      for (const [linkType, frame] of whole) {
        const { segment: out, payload } = decodePacket(frame, { linkType, originalLength });
        expect([payload, out?.payloadLength]).toEqual(['PING PING PING', 14]);
      }
      expect(nonZero(decodePacket(packets[0]![1], { captured: 70, originalLength }).counters)).toEqual({
        malformed: 1,
      });
    },
  );
});

describe('one decoder for many packets', () => {
  it('carries nothing over from one to the next', () => {
    const decoder = new PacketDecoder();
    for (const [linkType, frame] of [...whole, ...whole.toReversed()]) {
      const { bytes: _a, ...alone } = decodePacket(frame, { linkType }).segment!;
      const { bytes: _b, ...among } = decodePacket(frame, { linkType, decoder }).segment!;
      expect(among).toEqual(alone);
    }
  });
});

describe('hostile packets', () => {
  it('never throw, never reach outside their bytes, and count once', () => {
    const random = mulberry32(20_260_101);
    const below = (limit: number): number => Math.floor(random() * limit);
    const linkTypes = [0, 1, 12, 14, 101, 108, 113, 228, 229, 276, 999];
    const decoder = new PacketDecoder();
    const { counters } = decoder;
    const out = new TcpSegment();
    const block = new Uint8Array(4096);
    let segments = 0;
    for (let i = 0; i < 40_000; i++) {
      const start = below(64);
      let [linkType, frame] = packets[below(packets.length)]!;
      if (i % 4 === 0) {
        linkType = linkTypes[below(linkTypes.length)]!;
        frame = new Uint8Array(below(200)).map(() => below(256));
      }
      block.set(frame, start);
      for (let flips = below(5); flips > 0; flips--) block[start + below(frame.length)] = below(256);
      const end = start + (random() < 0.3 ? below(frame.length + 1) : frame.length);
      const originalLength = random() < 0.2 ? below(300) : frame.length;
      const before = { ...counters };

      const found = decoder.decode(block, start, end, originalLength, linkType, i * 1000, out);

      const refused = (['notIp', 'notTcp', 'truncatedHeaders', 'malformed'] as const).reduce(
        (sum, name) => sum + counters[name] - before[name],
        0,
      );
      const fragments = counters.fragments - before.fragments;
      if (found) {
        segments++;
        const isReassembled = out.bytes !== block;
        expect(refused).toBe(0);
        expect(out.payloadStart).toBeGreaterThanOrEqual(isReassembled ? 20 : start + 40);
        expect(out.payloadEnd).toBeGreaterThanOrEqual(out.payloadStart);
        expect(out.payloadEnd).toBeLessThanOrEqual(isReassembled ? out.bytes.length : end);
        expect(out.payloadLength).toBeGreaterThanOrEqual(out.payloadEnd - out.payloadStart);
        expect(out.payloadLength).toBeLessThanOrEqual(MAX_PACKET_LENGTH);
        expect(out.sequence).toBe(out.sequence >>> 0);
      } else if (fragments === 0) {
        expect(refused).toBe(1);
      } else {
        expect(refused).toBeLessThanOrEqual(1);
      }
    }
    expect(segments).toBeGreaterThan(10_000);
    expect(counters.malformed).toBeGreaterThan(1000);
    expect(counters.truncatedHeaders).toBeGreaterThan(1000);
  });
});

/** A small random generator with a seed, so that a failure can be repeated. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
