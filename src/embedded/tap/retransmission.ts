import { sequenceDistance } from '../../tcp/sequence.js';
import { type Clock, MILLISECOND, type Timer } from '../net/clock.js';
import { ACK_DELAY } from '../net/wire.js';
import type { Choice } from './choice.js';
import { FIN, RST } from './frame-builder.js';
import type { FrameSink } from './frame-sink.js';
import { FrameView } from './frame-view.js';

/** Linux never waits less before it sends again (TCP_RTO_MIN, 200 ms). */
export const DEFAULT_RETRANSMISSION_DELAY = 200 * MILLISECOND;

/** A segment that is to be seen a second time. */
interface Pending {
  readonly segment: FrameView;
  readonly sentAt: number;
  /** What its sender has acknowledged by now. */
  acknowledgment: number;
  /** The latest frame of its receiver, as it was meant. */
  receiver: FrameView | null;
  /** Of the second copy, then of the ACK behind it. */
  timer: Timer;
}

/**
 * Lets chosen data segments be lost behind the point of capture: each is seen twice, and its receiver acknowledges none of it before the
 * second copy. One at a time in each flow.
 */
export class Retransmission implements FrameSink {
  /** Payload sent again, by flow. */
  readonly bytes = new Map<string, number>();
  packets = 0;
  readonly #next: FrameSink;
  readonly #clock: Clock;
  readonly #chosen: Choice;
  readonly #delay: number;
  readonly #pending = new Map<string, Pending>();

  /** @param delay µs from the first copy to the second. */
  constructor(next: FrameSink, clock: Clock, chosen: Choice, delay: number) {
    this.#next = next;
    this.#clock = clock;
    this.#chosen = chosen;
    this.#delay = delay;
  }

  frame(time: number, bytes: Uint8Array, originalLength: number): void {
    const view = new FrameView(bytes);
    const isChosen = this.#chosen(view, time) && view.payloadBytes > 0;
    if (this.#pending.size === 0 && !isChosen) {
      this.#next.frame(time, bytes, originalLength);
      return;
    }
    const { flow, reverseFlow } = view;
    if (view.flags & RST) for (const each of [flow, reverseFlow]) this.#forget(each);
    const own = this.#pending.get(flow);
    if (own !== undefined) own.acknowledgment = view.acknowledgment;
    this.#pass(time, this.#heldBack(view, this.#pending.get(reverseFlow)));
    if (isChosen && own === undefined) this.#schedule(flow, view, time);
  }

  /** No second copies come any more. */
  finish(): void {
    for (const flow of [...this.#pending.keys()]) this.#forget(flow);
  }

  /** A frame of the receiver, which must not acknowledge what it has not got yet. */
  #heldBack(view: FrameView, awaited: Pending | undefined): FrameView {
    if (awaited === undefined) return view;
    awaited.receiver = view;
    const { sequence } = awaited.segment;
    if (sequenceDistance(sequence, view.acknowledgment) <= 0) return view;
    return view.withAcknowledgment(sequence);
  }

  #schedule(flow: string, segment: FrameView, time: number): void {
    this.#pending.set(flow, {
      segment,
      sentAt: time,
      acknowledgment: segment.acknowledgment,
      receiver: null,
      timer: this.#clock.after(this.#delay, () => this.#repeat(flow)),
    });
  }

  #repeat(flow: string): void {
    const pending = this.#pending.get(flow)!;
    const { segment, sentAt, acknowledgment } = pending;
    const later = Math.floor((this.#clock.now() - sentAt) / MILLISECOND);
    this.packets++;
    this.bytes.set(flow, (this.bytes.get(flow) ?? 0) + segment.payloadBytes);
    const copy = segment.sentAgain(later, acknowledgment);
    this.#pass(this.#clock.now(), this.#heldBack(copy, this.#pending.get(copy.reverseFlow)));
    pending.timer = this.#clock.after(ACK_DELAY, () => this.#acknowledge(flow));
  }

  /** What the receiver could not say before. */
  #acknowledge(flow: string): void {
    const { receiver, segment } = this.#pending.get(flow)!;
    this.#pending.delete(flow);
    if (receiver === null || sequenceDistance(segment.sequence, receiver.acknowledgment) <= 0) return;
    const after = receiver.sequence + receiver.payloadBytes + (receiver.flags & FIN ? 1 : 0);
    this.#pass(this.#clock.now(), receiver.bareAck(after >>> 0));
  }

  #forget(flow: string): void {
    this.#pending.get(flow)?.timer.cancel();
    this.#pending.delete(flow);
  }

  #pass(time: number, view: FrameView): void {
    this.#next.frame(time, view.bytes, view.bytes.length);
  }
}
