import { describe, expect, it } from 'vitest';
import { decodePacket, nonZero } from '../testing/decode-packet.js';
import {
  concat,
  cutIntoFragments,
  ethernet,
  geneve,
  gre,
  ipv4,
  ipv6,
  PROTOCOL_GRE,
  PROTOCOL_UDP,
  tcp,
  udp,
  vxlan,
} from '../testing/packet-builder.js';
import { formatAddress } from './address.js';
import { PacketDecoder } from './decoder.js';

const v4 = ipv4(tcp({ payload: 'PING' }), { source: '172.16.0.9', id: 321 });
const v6 = ipv6(tcp({ payload: 'PING' }), { source: 'fd00::9' });

function overUdp(datagram: Uint8Array): Uint8Array {
  return ethernet(ipv4(datagram, { protocol: PROTOCOL_UDP }));
}

function overGre(packet: Uint8Array): Uint8Array {
  return ethernet(ipv4(packet, { protocol: PROTOCOL_GRE }));
}

describe('tunnels', () => {
  it.each<[string, Uint8Array]>([
    ['VXLAN', overUdp(vxlan(ethernet(v4)))],
    ['VXLAN on the Linux port', overUdp(vxlan(ethernet(v6), 8472))],
    ['VXLAN with an inner tag', overUdp(vxlan(ethernet(v4, { vlans: [{ id: 3 }] })))],
    ['VXLAN over IPv6', ethernet(ipv6(vxlan(ethernet(v4)), { nextHeader: PROTOCOL_UDP }))],
    ['Geneve with Ethernet', overUdp(geneve(ethernet(v4), 0x6558))],
    ['Geneve with options', overUdp(geneve(ethernet(v6), 0x6558, new Uint8Array(252)))],
    ['Geneve with IPv4', overUdp(geneve(v4, 0x0800))],
    ['Geneve with IPv6', overUdp(geneve(v6, 0x86dd))],
    ['GRE with IPv4', overGre(gre(v4, 0x0800))],
    ['GRE with IPv6', overGre(gre(v6, 0x86dd))],
    ['GRE with Ethernet', overGre(gre(ethernet(v4), 0x6558))],
    ['GRE with a checksum', overGre(gre(v4, 0x0800, 0x8000))],
    ['GRE with a key', overGre(gre(v4, 0x0800, 0x2000))],
    ['GRE with a sequence number', overGre(gre(v4, 0x0800, 0x1000))],
    ['GRE with all of them', overGre(gre(v6, 0x86dd, 0xb000))],
    ['ERSPAN I', overGre(gre(ethernet(v4), 0x88be))],
    ['ERSPAN II', overGre(gre(concat(new Uint8Array(8), ethernet(v4)), 0x88be, 0x1000))],
    ['ERSPAN III', overGre(gre(concat(new Uint8Array(12), ethernet(v4)), 0x22eb, 0x1000))],
    [
      'ERSPAN III, longer',
      overGre(gre(concat(new Uint8Array(11), [1], new Uint8Array(8), ethernet(v4)), 0x22eb)),
    ],
    ['IPv4 in IPv4', ethernet(ipv4(v4, { protocol: 4 }))],
    ['IPv6 in IPv4', ethernet(ipv4(v6, { protocol: 41 }))],
    ['IPv4 in IPv6', ethernet(ipv6(v4, { nextHeader: 4 }))],
    ['IPv6 in IPv6', ethernet(ipv6(v6, { nextHeader: 41 }))],
  ])('%s', (_name, frame) => {
    // Padding of the outer frame is not payload of the inner packet.
    const { segment, payload, counters } = decodePacket(concat(frame, [0x58, 0x58]));
    expect(payload).toBe('PING');
    expect(nonZero(counters)).toEqual({ tunnelled: 1 });
    const { source0, source1, source2, source3, ipId } = segment!;
    expect([formatAddress(source0, source1, source2, source3), ipId]).toEqual(
      ipId < 0 ? ['fd00::9', -1] : ['172.16.0.9', 321],
    );
  });

  it('names the outermost VLAN', () => {
    const inner = ethernet(v4, { vlans: [{ id: 3 }] });
    const tagged = ethernet(ipv4(vxlan(inner), { protocol: PROTOCOL_UDP }), { vlans: [{ id: 8 }] });
    expect(decodePacket(tagged).segment?.vlan).toBe(8);
    expect(decodePacket(overUdp(vxlan(inner))).segment?.vlan).toBe(3);
  });

  it.each<[string, Uint8Array]>([
    ['UDP on another port', overUdp(udp(4789, 53, ethernet(v4)))],
    ['VXLAN without an id', overUdp(udp(1, 4789, concat(new Uint8Array(8), ethernet(v4))))],
    ['another version of Geneve', overUdp(udp(1, 6081, concat([0x40, 0, 8, 0, 0, 0, 0, 0], v4)))],
    ['Geneve with something else', overUdp(geneve(v4, 0x880b))],
    ['PPTP', overGre(gre(v4, 0x880b, 0x2001))],
    ['GRE with source routes', overGre(gre(v4, 0x0800, 0x4000))],
    ['VXLAN with ARP', overUdp(vxlan(ethernet(new Uint8Array(28), { etherType: 0x0806 })))],
  ])('%s is not TCP', (_name, frame) => {
    expect(nonZero(decodePacket(frame).counters)).toEqual({ notTcp: 1 });
  });

  it('does not unwrap a tunnel in a tunnel', () => {
    const frame = ethernet(ipv4(ipv4(v4, { protocol: 4 }), { protocol: 4 }));
    expect(nonZero(decodePacket(frame).counters)).toEqual({ tunnelled: 1, notTcp: 1 });
  });

  it.each<[string, Uint8Array]>([
    ['UDP header', overUdp(new Uint8Array(7))],
    ['VXLAN header', overUdp(udp(1, 4789, new Uint8Array([8, 0, 0, 0])))],
    ['inner Ethernet header', overUdp(vxlan(new Uint8Array(13)))],
    ['Geneve header', overUdp(udp(1, 6081, new Uint8Array(7)))],
    ['Geneve options', overUdp(udp(1, 6081, new Uint8Array([2, 0, 8, 0, 0, 0, 0, 0, 0])))],
    ['GRE header', overGre(new Uint8Array(3))],
    ['GRE fields', overGre(new Uint8Array([0xb0, 0, 8, 0, 0, 0, 0, 0]))],
    ['inner IP length', ethernet(ipv4(ipv4(tcp(), { totalLength: 41 }), { protocol: 4 }))],
  ])('%s beyond the packet: malformed', (_name, frame) => {
    expect(decodePacket(frame).counters.malformed).toBe(1);
  });

  it('unwraps a fragmented outer datagram and reassembles a fragmented inner one', () => {
    const datagram = vxlan(ethernet(v4));
    const outer = cutIntoFragments(datagram, 40).map(({ offset, moreFragments, content }) =>
      ethernet(ipv4(content, { protocol: PROTOCOL_UDP, fragmentOffset: offset, moreFragments })),
    );
    const inner = cutIntoFragments(tcp({ payload: 'PING' }), 16).map(({ offset, moreFragments, content }) =>
      overUdp(vxlan(ethernet(ipv4(content, { fragmentOffset: offset, moreFragments })))),
    );
    for (const frames of [outer, inner]) {
      const decoder = new PacketDecoder();
      expect(frames.map((frame) => decodePacket(frame, { decoder }).payload).join('')).toBe('PING');
      expect(decoder.counters.reassembledDatagrams).toBe(1);
    }
  });
});
