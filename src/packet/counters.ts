import { MALFORMED, NOT_IP, NOT_TCP, TRUNCATED } from './cursor.js';

/**
 * What became of the packets that gave no TCP segment. Each counts in exactly one of the first four, except for fragments
 * that are sound in themselves: those wait for the rest of their datagram, or are dropped.
 */
export interface PacketCounters {
  /** ARP, LLDP …, or a link type this decoder does not know. */
  notIp: number;
  notTcp: number;
  /** Cut by the capture inside a header. */
  truncatedHeaders: number;
  malformed: number;
  /** IP fragments seen, whatever became of them. */
  fragments: number;
  /** Datagrams put together from fragments. */
  reassembledDatagrams: number;
  /** Fragments given up: snapped, contradictory, timed out, or pushed out by newer ones. */
  droppedFragments: number;
  /** Packets unwrapped from a tunnel, whatever was inside. */
  tunnelled: number;
}

export function newPacketCounters(): PacketCounters {
  return {
    notIp: 0,
    notTcp: 0,
    truncatedHeaders: 0,
    malformed: 0,
    fragments: 0,
    reassembledDatagrams: 0,
    droppedFragments: 0,
    tunnelled: 0,
  };
}

/** Counts why a packet gave no segment; a held or dropped fragment has its own counters. */
export function countOutcome(counters: PacketCounters, outcome: number): void {
  switch (outcome) {
    case NOT_IP:
      counters.notIp++;
      break;
    case NOT_TCP:
      counters.notTcp++;
      break;
    case TRUNCATED:
      counters.truncatedHeaders++;
      break;
    case MALFORMED:
      counters.malformed++;
      break;
  }
}
