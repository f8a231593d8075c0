import { describe, expect, it } from 'vitest';
import { decodePacket, nonZero } from '../testing/decode-packet.js';
import {
  bsdLoopback,
  concat,
  ethernet,
  ipv4,
  ipv6,
  linuxCooked,
  linuxCooked2,
  tcp,
  uint16,
  uint32,
} from '../testing/packet-builder.js';
import { PacketDecoder } from './decoder.js';
import { MAX_STACKED_TAGS } from './link.js';

const v4 = ipv4(tcp({ payload: 'PING' }));
const v6 = ipv6(tcp({ payload: 'PING' }));

describe('link types', () => {
  it.each<[string, number, Uint8Array]>([
    ['Ethernet, IPv4', 1, ethernet(v4)],
    ['Ethernet, IPv6', 1, ethernet(v6)],
    ['Linux cooked, IPv4', 113, linuxCooked(v4)],
    ['Linux cooked, IPv6', 113, linuxCooked(v6)],
    ['Linux cooked with a VLAN tag', 113, linuxCooked(concat(uint16(7), uint16(0x0800), v4), 0x8100)],
    ['Linux cooked v2, IPv4', 276, linuxCooked2(v4)],
    ['Linux cooked v2, IPv6', 276, linuxCooked2(v6)],
    ['null, little-endian, IPv4', 0, bsdLoopback(v4, 2, 'little')],
    ['null, big-endian, IPv4', 0, bsdLoopback(v4, 2)],
    ['null, IPv6 of OpenBSD', 0, bsdLoopback(v6, 24, 'little')],
    ['null, IPv6 of FreeBSD', 0, bsdLoopback(v6, 28)],
    ['null, IPv6 of macOS', 0, bsdLoopback(v6, 30, 'little')],
    ['null, IPv6 of Linux', 0, bsdLoopback(v6, 10)],
    ['loop, IPv4', 108, bsdLoopback(v4, 2)],
    ['loop, IPv6', 108, bsdLoopback(v6, 24)],
    ['raw, IPv4', 101, v4],
    ['raw, IPv6', 101, v6],
    ['raw as 12', 12, v4],
    ['raw as 14', 14, v6],
    ['IPv4', 228, v4],
    ['IPv6', 229, v6],
    ['MPLS', 1, ethernet(concat(uint32(0x00010040), uint32(0x00020140), v4), { etherType: 0x8847 })],
    [
      'PPPoE',
      1,
      ethernet(concat([0x11, 0, 0, 1], uint16(v6.length + 2), [0, 0x57], v6), { etherType: 0x8864 }),
    ],
  ])('%s', (_name, linkType, frame) => {
    const { segment, payload, counters } = decodePacket(frame, { linkType });
    expect(payload).toBe('PING');
    expect(segment?.payloadLength).toBe(4);
    expect(nonZero(counters)).toEqual({});
  });

  it.each<[string, number, Uint8Array]>([
    ['ARP', 1, ethernet(new Uint8Array(46), { etherType: 0x0806 })],
    ['an 802.3 length', 1, ethernet(v4, { etherType: v4.length })],
    ['loop in the wrong order', 108, bsdLoopback(v4, 2, 'little')],
    ['an unknown family', 0, bsdLoopback(v4, 7, 'little')],
    ['a family in both halves', 0, bsdLoopback(v4, 0x00020002)],
    ['raw with another version', 101, new Uint8Array(40).fill(0x50)],
    ['an unknown link type', 147, v4],
    [
      'PPPoE with link control',
      1,
      ethernet(concat([0x11, 0, 0, 1, 0, 2, 0xc0, 0x21], v4), { etherType: 0x8864 }),
    ],
  ])('%s is not IP', (_name, linkType, frame) => {
    const { segment, counters } = decodePacket(frame, { linkType });
    expect(segment).toBeNull();
    expect(nonZero(counters)).toEqual({ notIp: 1 });
  });

  it.each<[string, number, Uint8Array]>([
    ['Ethernet says IPv4', 1, ethernet(v6, { etherType: 0x0800 })],
    ['Ethernet says IPv6', 1, ethernet(v4, { etherType: 0x86dd })],
    ['link type IPv4', 228, v6],
    ['link type IPv6', 229, v4],
    ['nothing at all', 1, new Uint8Array(0)],
    ['nothing at all, raw', 101, new Uint8Array(0)],
    ['less than an Ethernet header', 1, new Uint8Array(13)],
  ])('%s, wrongly: malformed', (_name, linkType, frame) => {
    const { segment, counters } = decodePacket(frame, { linkType });
    expect(segment).toBeNull();
    expect(nonZero(counters)).toEqual({ malformed: 1 });
  });
});

describe('VLAN tags', () => {
  it.each([
    ['802.1Q', [{ id: 100 }], 100],
    ['with priority bits', [{ id: 0xe064 }], 100],
    ['QinQ', [{ id: 5, type: 0x88a8 }, { id: 6 }], 5],
    ['old QinQ', [{ id: 5, type: 0x9100 }, { id: 6 }], 5],
    ['a priority tag', [{ id: 0 }], 0],
    ['as many as are allowed', Array.from({ length: MAX_STACKED_TAGS }, (_, i) => ({ id: i + 1 })), 1],
  ])('%s', (_name, vlans, expected) => {
    const { segment, payload } = decodePacket(ethernet(v4, { vlans }));
    expect(payload).toBe('PING');
    expect(segment?.vlan).toBe(expected);
  });

  it('does not keep the tag for the next packet', () => {
    const decoder = new PacketDecoder();
    expect(decodePacket(ethernet(v4, { vlans: [{ id: 9 }] }), { decoder }).segment?.vlan).toBe(9);
    expect(decodePacket(ethernet(v4), { decoder }).segment?.vlan).toBe(0);
  });

  it('gives up on a stack that is too high', () => {
    const vlans = Array.from({ length: MAX_STACKED_TAGS + 1 }, () => ({ id: 1 }));
    expect(nonZero(decodePacket(ethernet(v4, { vlans })).counters)).toEqual({ malformed: 1 });
    const labels = new Uint8Array(4 * MAX_STACKED_TAGS);
    const mpls = ethernet(concat(labels, v4), { etherType: 0x8847 });
    expect(nonZero(decodePacket(mpls).counters)).toEqual({ malformed: 1 });
  });
});
