import { sequenceDistance } from '../../tcp/sequence.js';
import { MILLISECOND } from '../net/clock.js';
import type { Choice } from './choice.js';
import type { FrameSink } from './frame-sink.js';
import { FrameView } from './frame-view.js';

/** The capture begins later than the traffic. */
export class LateStart implements FrameSink {
  /** Packets before the start. */
  packets = 0;
  readonly #next: FrameSink;
  readonly #start: number;

  /** @param start µs since the epoch of the first packet that may be captured. */
  constructor(next: FrameSink, start: number) {
    this.#next = next;
    this.#start = start;
  }

  frame(time: number, bytes: Uint8Array, originalLength: number): void {
    if (time < this.#start) this.packets++;
    else this.#next.frame(time, bytes, originalLength);
  }
}

/** What the loss stage knows of one direction of a connection. */
interface LossyFlow {
  /** Behind the newest payload that passed, lost or not. */
  next: number;
  /** Payload that no copy was captured of: length by sequence number. */
  readonly missing: Map<number, number>;
}

/** The capture misses packets that the hosts have. */
export class CaptureLoss implements FrameSink {
  packets = 0;
  readonly #next: FrameSink;
  readonly #chosen: Choice;
  readonly #flows = new Map<string, LossyFlow>();

  constructor(next: FrameSink, chosen: Choice) {
    this.#next = next;
    this.#chosen = chosen;
  }

  frame(time: number, bytes: Uint8Array, originalLength: number): void {
    const view = new FrameView(bytes);
    const isLost = this.#chosen(view, time);
    if (view.payloadBytes > 0) this.#account(view, isLost);
    if (isLost) this.packets++;
    else this.#next.frame(time, bytes, originalLength);
  }

  /** Payload bytes of which no copy was captured, by flow. */
  missingBytes(): Map<string, number> {
    const bytes = new Map<string, number>();
    for (const [flow, { missing }] of this.#flows) {
      const sum = [...missing.values()].reduce((total, length) => total + length, 0);
      if (sum > 0) bytes.set(flow, sum);
    }
    return bytes;
  }

  /** A segment comes again with the same bounds, so its sequence number tells it. */
  #account({ flow: name, sequence, payloadBytes }: FrameView, isLost: boolean): void {
    let flow = this.#flows.get(name);
    if (flow === undefined) {
      flow = { next: sequence, missing: new Map() };
      this.#flows.set(name, flow);
    }
    const isFirstCopy = sequenceDistance(flow.next, sequence) >= 0;
    if (isFirstCopy) flow.next = (sequence + payloadBytes) >>> 0;
    if (!isLost) flow.missing.delete(sequence);
    else if (isFirstCopy) flow.missing.set(sequence, payloadBytes);
  }
}

/** µs: packets that change places follow each other closely, and nobody acknowledges one long before it comes. */
const LONGEST_HOLD = 5 * MILLISECOND;

interface HeldFrame {
  readonly bytes: Uint8Array;
  readonly originalLength: number;
  /** Packets that still go before it. */
  ahead: number;
  readonly since: number;
}

/** Data packets that are captured later than some that followed them. */
export class Reordering implements FrameSink {
  packets = 0;
  readonly #next: FrameSink;
  readonly #chosen: Choice;
  readonly #distance: number;
  #held: HeldFrame[] = [];
  #time = 0;

  /** @param distance how many packets go first, at least 1, as far as they come within LONGEST_HOLD; the packet then has the time of the last of these. */
  constructor(next: FrameSink, chosen: Choice, distance: number) {
    if (!(Number.isInteger(distance) && distance >= 1)) throw new RangeError(`not a distance: ${distance}`);
    this.#next = next;
    this.#chosen = chosen;
    this.#distance = distance;
  }

  frame(time: number, bytes: Uint8Array, originalLength: number): void {
    const view = new FrameView(bytes);
    const isChosen = this.#chosen(view, time) && view.payloadBytes > 0;
    this.#release((held) => time - held.since > LONGEST_HOLD);
    this.#time = time;
    if (isChosen) {
      this.packets++;
      this.#held.push({ bytes, originalLength, ahead: this.#distance, since: time });
      return;
    }
    this.#next.frame(time, bytes, originalLength);
    for (const held of this.#held) held.ahead--;
    this.#release((held) => held.ahead <= 0);
  }

  /** Nothing follows any more: what is held comes now. */
  finish(): void {
    this.#release(() => true);
  }

  #release(isDue: (held: HeldFrame) => boolean): void {
    if (this.#held.length === 0) return;
    const due = this.#held.filter(isDue);
    this.#held = this.#held.filter((held) => !due.includes(held));
    for (const { bytes, originalLength } of due) this.#next.frame(this.#time, bytes, originalLength);
  }
}
