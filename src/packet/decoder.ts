import { countOutcome, newPacketCounters, type PacketCounters } from './counters.js';
import { Cursor, FRAGMENT, MALFORMED, NOT_TCP, OK } from './cursor.js';
import { FragmentReassembler } from './fragments.js';
import { PROTOCOL_TCP, readIp, skipExtensionHeaders } from './ip.js';
import { readLink } from './link.js';
import type { TcpSegment } from './segment.js';
import { readTcpHeader } from './tcp-header.js';
import { readTunnel } from './tunnel.js';

/**
 * An original length above this is nonsense, not a packet: Linux hands over at most 512 KiB in one piece (GSO_MAX_SIZE).
 * Only packets without an IP length depend on it.
 */
export const MAX_PACKET_LENGTH = 1024 * 1024;

/**
 * Finds the TCP segment in a packet: link layer, IPv4 or IPv6, at most one tunnel, TCP. Nothing is copied and nothing
 * allocated, except for IP fragments. Never throws, whatever the bytes are.
 */
export class PacketDecoder {
  readonly counters: PacketCounters = newPacketCounters();
  private readonly cursor = new Cursor();
  private readonly fragments = new FragmentReassembler(this.counters);

  /**
   * Decodes the packet captured in `bytes[start … end)`, which must lie within `bytes`.
   *
   * @param originalLength bytes on the wire; taken as `end - start` when it is smaller or nonsense
   * @param linkType LINKTYPE_ number of the pcap registry
   * @param time packet time in microseconds; only fragments use it
   * @param out filled when the result is true; undefined content otherwise
   * @returns true when `out` holds a TCP segment, also one without payload; false: see `counters`
   */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    originalLength: number,
    linkType: number,
    time: number,
    out: TcpSegment,
  ): boolean {
    const cursor = this.cursor;
    cursor.bytes = bytes;
    cursor.at = start;
    cursor.end = end;
    const snapped = originalLength > end - start && originalLength <= MAX_PACKET_LENGTH;
    cursor.wireEnd = snapped ? start + Math.floor(originalLength) : end;
    cursor.vlan = 0;

    let outcome = readLink(cursor, linkType);
    if (outcome === OK) outcome = this.readNetwork(time, out);
    if (outcome === OK) {
      if (cursor.protocol === PROTOCOL_TCP) outcome = readTcpHeader(cursor, out);
      else outcome = this.readTunnelled(time, out);
    }
    if (outcome === OK) return true;
    countOutcome(this.counters, outcome);
    return false;
  }

  /** What is inside a tunnel; a tunnel in a tunnel is not unwrapped. */
  private readTunnelled(time: number, out: TcpSegment): number {
    const cursor = this.cursor;
    let outcome = readTunnel(cursor);
    if (outcome !== OK) return outcome;
    this.counters.tunnelled++;
    outcome = this.readNetwork(time, out);
    if (outcome !== OK) return outcome;
    return cursor.protocol === PROTOCOL_TCP ? readTcpHeader(cursor, out) : NOT_TCP;
  }

  /** IP header and, for a fragment that completes its datagram, the datagram. */
  private readNetwork(time: number, out: TcpSegment): number {
    const cursor = this.cursor;
    let outcome = readIp(cursor, out);
    if (outcome !== FRAGMENT) return outcome;
    outcome = this.fragments.add(cursor, out, time);
    if (outcome !== OK || cursor.version === 4) return outcome;
    outcome = skipExtensionHeaders(cursor);
    // A datagram is fragmented by its source only, once (RFC 8200, 4.5).
    return outcome === FRAGMENT ? MALFORMED : outcome;
  }
}
