import { PacketDecoder } from '../packet/decoder.js';
import { SYN, TcpSegment } from '../packet/segment.js';
import { type FlowPatches, flowKey } from './finder.js';
import { FILLER } from './patches.js';

const TCP_HEADER = 20;
const MOST_TCP_HEADER = 60;
const CHECKSUM_AT = 16;

interface Place {
  readonly flow: FlowPatches;
  /** Position of the newest byte seen; sequence numbers wrap. */
  newest: number;
}

/** Overwrites packets where their flows say so, and mends their TCP checksums. */
export class PacketRewriter {
  /** Packets changed, and IP fragments overwritten as a whole. */
  changed = 0;
  fragments = 0;
  readonly #flows: ReadonlyMap<string, readonly FlowPatches[]>;
  readonly #places = new Map<FlowPatches, Place>();
  readonly #decoder = new PacketDecoder();
  readonly #segment = new TcpSegment();
  #packet = 0;

  constructor(flows: ReadonlyMap<string, readonly FlowPatches[]>) {
    this.#flows = flows;
  }

  /** The next packet of the capture, bytes[start, end), is overwritten in place. */
  packet(
    bytes: Uint8Array,
    start: number,
    end: number,
    originalLength: number,
    linkType: number,
    time: number,
  ): void {
    this.#packet++;
    const segment = this.#segment;
    const { fragments } = this.#decoder.counters;
    const isSegment = this.#decoder.decode(bytes, start, end, originalLength, linkType, time, segment);
    if (this.#decoder.counters.fragments > fragments) {
      // Its bytes may be any of the datagram's: none of them stays.
      this.fragments++;
      bytes.fill(FILLER, Math.min(end, fragmentData(bytes, start, end)), end);
      return;
    }
    if (!isSegment || segment.payloadEnd === segment.payloadStart) return;
    this.#overwrite(bytes, start, this.#placeOf(segment));
  }

  #placeOf(segment: TcpSegment): Place | null {
    const flows = this.#flows.get(flowKey(segment));
    const flow = flows?.findLast(({ firstPacket }) => firstPacket <= this.#packet) ?? flows?.[0];
    if (flow === undefined || flow.base === null) return null;
    let place = this.#places.get(flow);
    if (place === undefined) {
      place = { flow, newest: 0 };
      this.#places.set(flow, place);
    }
    return place;
  }

  /** @param place null: nobody has read what this connection says. */
  #overwrite(bytes: Uint8Array, start: number, place: Place | null): void {
    const { payloadStart, payloadEnd } = this.#segment;
    const header = this.#headerAt(bytes, start);
    let difference = 0;
    let isChanged = false;
    const change = (index: number, value: number): void => {
      difference += (value - bytes[index]!) * ((index - header) % 2 === 0 ? 256 : 1);
      bytes[index] = value;
      isChanged = true;
    };
    const position = place === null ? 0 : this.#positionIn(place);
    // Read were the bytes at positions from 0 to the end: not an old retransmission, nor what follows a reset.
    const within = (at: number): number =>
      Math.min(payloadEnd, Math.max(payloadStart, payloadStart + at - position));
    const from = within(0);
    const to = place === null ? from : Math.max(from, within(place.flow.end));
    place?.flow.patches.apply(bytes, from, to, position + from - payloadStart, change);
    for (let i = payloadStart; i < payloadEnd; i++)
      if ((i < from || i >= to) && bytes[i] !== FILLER) change(i, FILLER);
    if (!isChanged) return;
    this.changed++;
    mendChecksum(bytes, header + CHECKSUM_AT, difference);
  }

  #positionIn(place: Place): number {
    const { sequence, flags } = this.#segment;
    const first = (sequence + ((flags & SYN) === 0 ? 0 : 1)) | 0;
    const position = place.newest + ((first - (place.flow.base! + place.newest)) | 0);
    // One of another connection of these ports says nothing of where this one is.
    if (position < place.flow.end) place.newest = Math.max(place.newest, position);
    return position;
  }

  /** Where the segment's TCP header begins: the one that says all that was read of it. */
  #headerAt(bytes: Uint8Array, start: number): number {
    const { payloadStart, sourcePort, destinationPort, sequence } = this.#segment;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = payloadStart - TCP_HEADER; at >= Math.max(start, payloadStart - MOST_TCP_HEADER); at -= 4)
      if (
        view.getUint16(at) === sourcePort &&
        view.getUint16(at + 2) === destinationPort &&
        view.getUint32(at + 4) === sequence &&
        (bytes[at + 12]! >> 4) * 4 === payloadStart - at
      )
        return at;
    throw new Error('no TCP header before a payload');
  }
}

/** Bytes of a packet in which the header of a fragment is looked for: link layer, tags and a tunnel before it. */
const MOST_HEADERS = 128;
const IPV4_HEADER = 20;
const IPV6_FRAGMENT_HEADERS = 48;
const IPV6_FRAGMENT = 44;
const MORE_FRAGMENTS_AND_OFFSET = 0x3fff;

/** Where the data of an IP fragment begin: behind its TCP header in a datagram's first one, behind the IP header in all others. */
function fragmentData(bytes: Uint8Array, start: number, end: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  // The first place that may be the header: any later one would leave data where it is none.
  for (let at = start; at + IPV4_HEADER < Math.min(end, start + MOST_HEADERS); at += 2) {
    const version = bytes[at]! >> 4;
    if (version === 4) {
      const header = (bytes[at]! & 0x0f) * 4;
      const fragment = view.getUint16(at + 6);
      if (header < IPV4_HEADER || view.getUint16(at + 2) < header) continue;
      if ((fragment & MORE_FRAGMENTS_AND_OFFSET) === 0) continue;
      return at + header + ((fragment & 0x1fff) === 0 ? TCP_HEADER : 0);
    }
    if (version === 6 && bytes[at + 6] === IPV6_FRAGMENT && at + IPV6_FRAGMENT_HEADERS <= end)
      return at + IPV6_FRAGMENT_HEADERS + (view.getUint16(at + 42) >> 3 === 0 ? TCP_HEADER : 0);
  }
  return start;
}

/** Adds to a checksum what the sum of its 16-bit words changed by (RFC 1624): a sound one stays sound, a wrong one wrong. */
function mendChecksum(bytes: Uint8Array, at: number, difference: number): void {
  const old = ~((bytes[at]! << 8) | bytes[at + 1]!) & 0xffff;
  const sum = (((old + difference) % 0xffff) + 0xffff) % 0xffff;
  const mended = ~sum & 0xffff;
  bytes[at] = mended >> 8;
  bytes[at + 1] = mended & 0xff;
}
