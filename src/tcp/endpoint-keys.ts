import type { TcpSegment } from '../packet/segment.js';

/** One cache line a slot: hash, address words of both sides, both ports, link to the next slot of the chain. */
const WORDS = 16;
const PORTS = 9;
const CHAIN = 10;

/**
 * Addresses and ports of all connections in one array, so that a lookup among many connections touches their objects only
 * when it has found the right one.
 */
export class EndpointKeys {
  private words = new Int32Array(64 * WORDS);

  /** Side 0 is the source of the segment, or its destination. */
  set(slot: number, segment: TcpSegment, hash: number, fromOpener: boolean): void {
    const at = slot * WORDS;
    if (at >= this.words.length) {
      const larger = new Int32Array(this.words.length * 2);
      larger.set(this.words);
      this.words = larger;
    }
    const { words } = this;
    const source = fromOpener ? at + 1 : at + 5;
    const destination = fromOpener ? at + 5 : at + 1;
    words[at] = hash;
    words[source] = segment.source0;
    words[source + 1] = segment.source1;
    words[source + 2] = segment.source2;
    words[source + 3] = segment.source3;
    words[destination] = segment.destination0;
    words[destination + 1] = segment.destination1;
    words[destination + 2] = segment.destination2;
    words[destination + 3] = segment.destination3;
    const { sourcePort, destinationPort } = segment;
    words[at + PORTS] = fromOpener
      ? (sourcePort << 16) | destinationPort
      : (destinationPort << 16) | sourcePort;
  }

  hash(slot: number): number {
    return this.words[slot * WORDS]!;
  }

  chain(slot: number): number {
    return this.words[slot * WORDS + CHAIN]!;
  }

  setChain(slot: number, next: number): void {
    this.words[slot * WORDS + CHAIN] = next;
  }

  /** Which side of the slot's connection sent the segment; -1: it is not of that connection. */
  sender(slot: number, segment: TcpSegment): 0 | 1 | -1 {
    const { words } = this;
    const at = slot * WORDS;
    const ports = words[at + PORTS];
    const { sourcePort, destinationPort } = segment;
    if (ports === ((sourcePort << 16) | destinationPort) && this.same(at + 1, at + 5, segment)) return 0;
    if (ports === ((destinationPort << 16) | sourcePort) && this.same(at + 5, at + 1, segment)) return 1;
    return -1;
  }

  private same(source: number, destination: number, segment: TcpSegment): boolean {
    const { words } = this;
    return (
      words[source + 3] === segment.source3 &&
      words[destination + 3] === segment.destination3 &&
      words[source + 2] === segment.source2 &&
      words[destination + 2] === segment.destination2 &&
      words[source + 1] === segment.source1 &&
      words[destination + 1] === segment.destination1 &&
      words[source] === segment.source0 &&
      words[destination] === segment.destination0
    );
  }
}
