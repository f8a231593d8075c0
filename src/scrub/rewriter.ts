import { PacketDecoder } from '../packet/decoder.js';
import { SYN, TcpSegment } from '../packet/segment.js';
import { type FlowPatches, flowKey } from './finder.js';
import { FILLER } from './patches.js';

const TCP_HEADER = 20;
const MOST_TCP_HEADER = 60;
const CHECKSUM_AT = 16;
/** Ethernet, IP and TCP headers: what is kept of a fragment. */
const FRAGMENT_HEAD = 54;

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
      bytes.fill(FILLER, Math.min(end, start + FRAGMENT_HEAD), end);
      return;
    }
    if (!isSegment || segment.payloadEnd === segment.payloadStart) return;
    const place = this.#placeOf(segment);
    if (place !== null) this.#overwrite(bytes, start, place);
  }

  #placeOf(segment: TcpSegment): Place | null {
    const flows = this.#flows.get(flowKey(segment));
    const flow = flows?.findLast(({ firstPacket }) => firstPacket <= this.#packet) ?? flows?.[0];
    if (flow === undefined || flow.base === null || flow.patches.count === 0) return null;
    let place = this.#places.get(flow);
    if (place === undefined) {
      place = { flow, newest: 0 };
      this.#places.set(flow, place);
    }
    return place;
  }

  #overwrite(bytes: Uint8Array, start: number, place: Place): void {
    const segment = this.#segment;
    const { payloadStart, payloadEnd } = segment;
    const first = (segment.sequence + ((segment.flags & SYN) === 0 ? 0 : 1)) | 0;
    const position = place.newest + ((first - (place.flow.base! + place.newest)) | 0);
    place.newest = Math.max(place.newest, position);
    const header = this.#headerAt(bytes, start);
    let difference = 0;
    let isChanged = false;
    // Before position 0 lies what nobody has read: an old retransmission, or a keepalive's byte.
    const skip = Math.max(0, -position);
    place.flow.patches.apply(bytes, payloadStart + skip, payloadEnd, position + skip, (index, value) => {
      difference += (value - bytes[index]!) * ((index - header) % 2 === 0 ? 256 : 1);
      bytes[index] = value;
      isChanged = true;
    });
    if (!isChanged) return;
    this.changed++;
    mendChecksum(bytes, header + CHECKSUM_AT, difference);
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

/** Adds to a checksum what the sum of its 16-bit words changed by (RFC 1624): a sound one stays sound, a wrong one wrong. */
function mendChecksum(bytes: Uint8Array, at: number, difference: number): void {
  const old = ~((bytes[at]! << 8) | bytes[at + 1]!) & 0xffff;
  const sum = (((old + difference) % 0xffff) + 0xffff) % 0xffff;
  const mended = ~sum & 0xffff;
  bytes[at] = mended >> 8;
  bytes[at + 1] = mended & 0xff;
}
