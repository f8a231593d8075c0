import { type AddressWords, parseAddress } from './packet/address.js';
import type { TcpSegment } from './packet/segment.js';

export interface PacketFilterOptions {
  /** Only connections with one of these ports, on either side. */
  ports?: readonly number[] | undefined;
  /** Only connections with one of these addresses, on either side. */
  hosts?: readonly string[] | undefined;
  /** Only packets from / up to this time (µs); as functions of the first packet's time where it is told relatively. */
  since?: ((firstTime: number) => number) | undefined;
  until?: ((firstTime: number) => number) | undefined;
}

/** Which packets of a capture are looked at. */
export class PacketFilter {
  readonly isTimed: boolean;
  readonly isAddressed: boolean;
  readonly #options: PacketFilterOptions;
  readonly #ports: ReadonlySet<number>;
  readonly #hosts: readonly AddressWords[];
  #begun = false;
  #since = Number.NEGATIVE_INFINITY;
  #until = Number.POSITIVE_INFINITY;

  /** @throws RangeError for a host that is no address. */
  constructor(options: PacketFilterOptions) {
    this.#options = options;
    this.#ports = new Set(options.ports ?? []);
    this.#hosts = (options.hosts ?? []).map((text) => {
      const words = parseAddress(text);
      if (words === null) throw new RangeError(`not an IP address: ${text}`);
      return words;
    });
    this.isTimed = options.since !== undefined || options.until !== undefined;
    this.isAddressed = this.#ports.size > 0 || this.#hosts.length > 0;
  }

  /** Called for every packet, in order: relative times are fixed at the capture's first one. */
  inTime(time: number): boolean {
    if (!this.#begun) {
      this.#begun = true;
      this.#since = this.#options.since?.(time) ?? this.#since;
      this.#until = this.#options.until?.(time) ?? this.#until;
    }
    return time >= this.#since && time <= this.#until;
  }

  /** A minute behind the end: captures are not strictly in order of time, but not that far out of it. */
  isOver(time: number): boolean {
    return time > this.#until + 60_000_000;
  }

  matches(segment: TcpSegment): boolean {
    const ports = this.#ports;
    if (ports.size > 0 && !ports.has(segment.sourcePort) && !ports.has(segment.destinationPort)) return false;
    if (this.#hosts.length === 0) return true;
    return this.#hosts.some(
      ([a, b, c, d]) =>
        (segment.source0 === a && segment.source1 === b && segment.source2 === c && segment.source3 === d) ||
        (segment.destination0 === a &&
          segment.destination1 === b &&
          segment.destination2 === c &&
          segment.destination3 === d),
    );
  }
}
