import { type Clock, MILLISECOND, SECOND, type Timer } from '../net/clock.js';
import type { Channel } from '../net/network.js';

/** Bytes written at a time, as a server reads its file and its pipe; fewer when the rate is low: so many times a second. */
const MAX_CHUNK = 16_384;
const CHUNKS_A_SECOND = 20;

/** No more of a payload is written while so much of what was written is still to be taken. */
const WINDOW = 1 << 20;

/** µs: how often a reader that takes nothing is looked at again; at first, and at most. */
const FIRST_PAUSE = MILLISECOND;
const LONGEST_PAUSE = 100 * MILLISECOND;

/**
 * Writes a payload to one or several channels at once, no faster than the rate and than the slowest of them reads: so a fork's payload
 * reaches the replicas that share it.
 */
export class PayloadSender {
  readonly #clock: Clock;
  readonly #bytes: Uint8Array;
  readonly #channels: Set<Channel>;
  readonly #rate: number;
  readonly #chunk: number;
  readonly #startedAt: number;
  readonly #done: () => void;
  #sent = 0;
  #pause = FIRST_PAUSE;
  #timer: Timer | null = null;
  /** Channels that take nothing: bytes they had left to take, and since when (µs). */
  readonly #stuck = new Map<Channel, { unsent: number; since: number }>();

  /**
   * @param rate bytes a second for each channel; infinite: as fast as it is read.
   * @param done everything is written; not called when the last channel has been taken away.
   */
  constructor(clock: Clock, bytes: Uint8Array, channels: Iterable<Channel>, rate: number, done: () => void) {
    this.#clock = clock;
    this.#bytes = bytes;
    this.#channels = new Set(channels);
    this.#rate = rate;
    this.#chunk = Math.max(1, Math.min(MAX_CHUNK, Math.ceil(rate / CHUNKS_A_SECOND)));
    this.#done = done;
    this.#startedAt = clock.now();
    this.#step();
  }

  /** A channel has closed. */
  drop(channel: Channel): void {
    this.#channels.delete(channel);
    this.#stuck.delete(channel);
    if (this.#channels.size === 0) this.cancel();
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** µs at which a channel last took something; null while it keeps up. */
  stuckSince(channel: Channel): number | null {
    return this.#stuck.get(channel)?.since ?? null;
  }

  #step(): void {
    const due = this.#due();
    const room = this.#room();
    const part = this.#bytes.subarray(this.#sent, this.#sent + Math.min(due, room, this.#chunk));
    if (part.length > 0) {
      for (const channel of this.#channels) channel.write(part);
      this.#sent += part.length;
      this.#pause = FIRST_PAUSE;
    } else if (room <= 0) this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    this.#timer = this.#clock.after(this.#delay(room), () => {
      if (this.#sent === this.#bytes.length) this.#done();
      else this.#step();
    });
  }

  /** Bytes that may have gone by now. */
  #due(): number {
    if (this.#rate === Number.POSITIVE_INFINITY) return this.#chunk;
    const elapsed = this.#clock.now() - this.#startedAt;
    // The first chunk goes at once, and each further one when its time has passed.
    return Math.floor((elapsed * this.#rate) / SECOND) + this.#chunk - this.#sent;
  }

  #room(): number {
    let room = WINDOW;
    const now = this.#clock.now();
    for (const channel of this.#channels) {
      const { unsent } = channel;
      room = Math.min(room, WINDOW - unsent);
      const before = this.#stuck.get(channel);
      if (unsent < WINDOW) this.#stuck.delete(channel);
      else if (before === undefined || unsent < before.unsent)
        this.#stuck.set(channel, { unsent, since: now });
    }
    return room;
  }

  #delay(room: number): number {
    if (this.#sent === this.#bytes.length) return 0;
    if (room <= 0) return this.#pause;
    if (this.#rate === Number.POSITIVE_INFINITY) return 0;
    const next = Math.min(this.#sent + this.#chunk, this.#bytes.length);
    const at = this.#startedAt + Math.ceil(((next - this.#chunk) * SECOND) / this.#rate);
    return Math.max(0, at - this.#clock.now(), 1);
  }
}
