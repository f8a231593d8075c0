import type { Clock } from '../net/clock.js';
import type { Endpoint } from '../net/network.js';
import type { WireObserver, WireRole, WireWatcher } from '../net/wire.js';
import type { FrameSink } from './frame-sink.js';
import { ConnectionFramer, type FramedEnd, MAX_SEGMENT_BYTES } from './framer.js';
import { Hosts, isLoopback } from './hosts.js';

/** What fits into Ethernet's 1500 bytes besides headers and timestamps, and about what Linux sends on its loopback interface. */
const ETHERNET_SEGMENT_BYTES = 1448;
const LOOPBACK_SEGMENT_BYTES = 32_768;

export interface TapOptions {
  /** 0 ≤ x < 1: sequence numbers, IP ids, timestamps. */
  random: () => number;
  /** Payload of a packet at most; 1448 unless told, 32768 between loopback addresses. */
  segmentBytes?: number;
}

/**
 * Makes packets of what a network carries, as a capture on the accepting host of each connection would show it; on the connecting host
 * when the accepting one is not of the network.
 */
export class Tap implements WireObserver {
  readonly #clock: Clock;
  readonly #sink: FrameSink;
  readonly #random: () => number;
  readonly #segmentBytes: number | null;
  readonly #hosts: Hosts;

  /** @param clock of the network that is tapped. */
  constructor(clock: Clock, sink: FrameSink, options: TapOptions) {
    const { random, segmentBytes = null } = options;
    if (segmentBytes !== null && !isSegmentSize(segmentBytes)) {
      throw new RangeError(`not a segment size: ${segmentBytes}`);
    }
    this.#clock = clock;
    this.#sink = sink;
    this.#random = random;
    this.#segmentBytes = segmentBytes;
    this.#hosts = new Hosts(random);
  }

  connection(local: Endpoint, remote: Endpoint, role: WireRole, otherEndToo: boolean): WireWatcher | null {
    if (role === 'connecting' && otherEndToo) return null;
    if (local.host.includes(':') !== remote.host.includes(':')) {
      throw new Error(`not of one IP version: ${local.host} and ${remote.host}`);
    }
    const isOnLoopback = isLoopback(local.host) && isLoopback(remote.host);
    const segmentBytes =
      this.#segmentBytes ?? (isOnLoopback ? LOOPBACK_SEGMENT_BYTES : ETHERNET_SEGMENT_BYTES);
    return new ConnectionFramer(
      this.#end(local),
      this.#end(remote),
      segmentBytes,
      () => this.#clock.now(),
      (time, frame) => this.#sink.frame(time, frame, frame.length),
    );
  }

  #end({ host, port }: Endpoint): FramedEnd {
    return {
      host: this.#hosts.get(host),
      port,
      initialSequence: Math.floor(this.#random() * 0x1_0000_0000),
    };
  }
}

function isSegmentSize(bytes: number): boolean {
  return Number.isInteger(bytes) && bytes >= 1 && bytes <= MAX_SEGMENT_BYTES;
}
