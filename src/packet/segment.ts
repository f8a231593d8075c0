/** TCP flag bits as on the wire (RFC 9293, 3.1). */
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const ACK = 0x10;

/**
 * One TCP segment, as offsets into the bytes of its packet. A decoder fills the same object again for each packet, so a
 * consumer copies what it wants to keep.
 */
export class TcpSegment {
  /** The packet's block, or the reassembled datagram when the segment came in IP fragments. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Index in `bytes` of the first captured payload byte. */
  payloadStart = 0;
  /** Index in `bytes` behind the last captured payload byte. */
  payloadEnd = 0;
  /** Payload bytes on the wire; more than `payloadEnd - payloadStart` when the packet was snapped. */
  payloadLength = 0;

  /** Addresses as four 32-bit words in network order (signed ints); IPv4 as 0, 0, 0xffff, address. */
  source0 = 0;
  source1 = 0;
  source2 = 0;
  source3 = 0;
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;
  sourcePort = 0;
  destinationPort = 0;

  /** Unsigned 32-bit numbers as on the wire. */
  sequence = 0;
  acknowledgment = 0;
  /** FIN, SYN, RST, ACK … bits. */
  flags = 0;
  /** Window field as on the wire, not scaled. */
  window = 0;
  /** Window scale option of a SYN, or -1. */
  windowScale = -1;
  /** IPv4 identification field, -1 for IPv6: tells a copy of a packet from a retransmission. */
  ipId = -1;
  /** VLAN id of the outermost 802.1Q tag, or 0. */
  vlan = 0;
}
