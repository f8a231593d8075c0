import type { Clock } from '../net/clock.js';
import { CaptureLoss, LateStart, Reordering } from './capture-faults.js';
import { chooser, type FaultPicker } from './choice.js';
import type { FrameSink } from './frame-sink.js';
import { Recording, type RecordingOptions } from './recording.js';
import { DEFAULT_RETRANSMISSION_DELAY, Retransmission } from './retransmission.js';

/** What goes wrong between the wire and the file, in this order; everything that is left out goes right. */
export interface FaultOptions extends RecordingOptions {
  /** Data segments that are sent a second time, delay µs (200 ms unless told) after the first. */
  retransmit?: { picker: FaultPicker; delay?: number };
  /** µs since the epoch: nothing before it is captured. */
  startAt?: number;
  /** Packets that the capture misses. */
  lose?: FaultPicker;
  /** Data packets that are captured after `distance` packets that came later. */
  reorder?: { picker: FaultPicker; distance: number };
}

/** What was done. Flows are written `10.0.0.1:6379>10.0.0.2:40000`, sender first. */
export interface FaultReport {
  readonly retransmittedPackets: number;
  readonly retransmittedBytes: ReadonlyMap<string, number>;
  readonly packetsBeforeStart: number;
  readonly lostPackets: number;
  /** Payload of lost packets of which no other copy was captured. */
  readonly missingBytes: ReadonlyMap<string, number>;
  readonly reorderedPackets: number;
  readonly cutPackets: number;
  /** Payload that the snap length cut off. */
  readonly cutBytes: ReadonlyMap<string, number>;
  readonly duplicatedPackets: number;
}

/** Stands between a Tap and what takes its frames, and does damage. The same generator gives the same damage. */
export class FaultStage implements FrameSink {
  readonly #first: FrameSink;
  readonly #recording: Recording;
  readonly #reordering: Reordering | null = null;
  readonly #loss: CaptureLoss | null = null;
  readonly #start: LateStart | null = null;
  readonly #retransmission: Retransmission | null = null;

  constructor(next: FrameSink, clock: Clock, random: () => number, options: FaultOptions) {
    const { retransmit, startAt, lose, reorder } = options;
    // From the file back to the wire.
    this.#recording = new Recording(next, options);
    let first: FrameSink = this.#recording;
    if (reorder !== undefined) {
      this.#reordering = new Reordering(first, chooser(reorder.picker, random), reorder.distance);
      first = this.#reordering;
    }
    if (lose !== undefined) {
      this.#loss = new CaptureLoss(first, chooser(lose, random));
      first = this.#loss;
    }
    if (startAt !== undefined) {
      this.#start = new LateStart(first, startAt);
      first = this.#start;
    }
    if (retransmit !== undefined) {
      const { picker, delay = DEFAULT_RETRANSMISSION_DELAY } = retransmit;
      this.#retransmission = new Retransmission(first, clock, chooser(picker, random), delay);
      first = this.#retransmission;
    }
    this.#first = first;
  }

  frame(time: number, bytes: Uint8Array, originalLength: number): void {
    this.#first.frame(time, bytes, originalLength);
  }

  /** The capture is over: what is held comes out, what was still to come does not. */
  finish(): void {
    this.#retransmission?.finish();
    this.#reordering?.finish();
  }

  report(): FaultReport {
    return {
      retransmittedPackets: this.#retransmission?.packets ?? 0,
      retransmittedBytes: this.#retransmission?.bytes ?? new Map(),
      packetsBeforeStart: this.#start?.packets ?? 0,
      lostPackets: this.#loss?.packets ?? 0,
      missingBytes: this.#loss?.missingBytes() ?? new Map(),
      reorderedPackets: this.#reordering?.packets ?? 0,
      cutPackets: this.#recording.cutPackets,
      cutBytes: this.#recording.cutBytes,
      duplicatedPackets: this.#recording.duplicatedPackets,
    };
  }
}
