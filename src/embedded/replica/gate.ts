import type { Clock, Timer } from '../net/clock.js';
import type { ChannelHandler } from '../net/network.js';
import { THAW_TIME } from './limits.js';

/**
 * Everything that makes a link do something passes here. While the process is frozen it waits: bytes, what happened to connections,
 * timers that came due.
 */
export class Gate {
  readonly #clock: Clock;
  #closed = false;
  #thaw: Timer | null = null;
  readonly #bytes: (() => void)[] = [];
  readonly #others: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Nothing passes any more. */
  freeze(): void {
    this.#thaw?.cancel();
    this.#closed = true;
  }

  /** All passes again, soon: first the bytes that wait by then, then the rest in its order. */
  thaw(): void {
    this.#thaw?.cancel();
    this.#thaw = this.#clock.after(THAW_TIME, () => this.#open());
  }

  /** A timer that keeps quiet while frozen. */
  later(delay: number, run: () => void): Timer {
    let cancelled = false;
    const due = (): void => {
      if (!cancelled) run();
    };
    const timer = this.#clock.after(delay, () => this.#pass(this.#others, due));
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  /** A handler that hears of its connection through the gate. */
  guard(handler: ChannelHandler): ChannelHandler {
    return {
      opened: (channel) => this.#pass(this.#others, () => handler.opened(channel)),
      closed: (reason) => this.#pass(this.#others, () => handler.closed(reason)),
      data: (bytes) => {
        if (!this.#closed) handler.data(bytes);
        else {
          const copy = bytes.slice();
          this.#bytes.push(() => handler.data(copy));
        }
      },
    };
  }

  #pass(waiting: (() => void)[], run: () => void): void {
    if (this.#closed) waiting.push(run);
    else run();
  }

  #open(): void {
    this.#closed = false;
    while (!this.#closed) {
      const run = this.#bytes.shift() ?? this.#others.shift();
      if (run === undefined) return;
      run();
    }
  }
}
