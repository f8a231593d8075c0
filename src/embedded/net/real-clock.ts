import { MILLISECOND, type Timer } from './clock.js';
import type { StageClock } from './stage-clock.js';
import { TimerQueue, wholeDelay } from './timer-queue.js';

/** The longest single wait, in ms: setTimeout takes no more than 2^31 - 1. */
const LONGEST_WAIT_MS = 3_600_000;

const NO_TIMER: Timer = { cancel: () => {} };

/**
 * The system's time. Timers run in the order of their times, and of their creation where these are equal, never early. One system
 * timer serves them all, and is there only while a timer is.
 */
export class RealClock implements StageClock {
  readonly #epoch = Date.now() * MILLISECOND;
  readonly #start = process.hrtime.bigint();
  readonly #queue = new TimerQueue();
  /** When the system wakes us (µs), and how to call that off; null: not at all. */
  #alarm: { readonly time: number; readonly off: () => void } | null = null;
  #stopped = false;

  now(): number {
    return this.#epoch + Number((process.hrtime.bigint() - this.#start) / 1000n);
  }

  after(delay: number, run: () => void): Timer {
    if (this.#stopped) return NO_TIMER;
    const timer = this.#queue.add(this.now() + wholeDelay(delay), run);
    this.#arm();
    return {
      cancel: () => {
        timer.cancel();
        if (this.#queue.nextTime() === null) this.#disarm();
      },
    };
  }

  sleep(delay: number): Promise<void> {
    return this.promise((resolve) => {
      this.after(delay, resolve);
    });
  }

  promise<T>(start: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    return new Promise<T>(start);
  }

  run<T>(script: () => Promise<T>): Promise<T> {
    return script();
  }

  /** Drops all timers and those that are still asked for, so that they do not keep the process alive. */
  stop(): void {
    this.#stopped = true;
    this.#queue.clear();
    this.#disarm();
  }

  #arm(): void {
    const time = this.#queue.nextTime();
    if (time === null || (this.#alarm !== null && this.#alarm.time <= time)) return;
    this.#disarm();
    const wait = Math.floor((time - this.now()) / MILLISECOND);
    const ring = (): void => this.#ring();
    // Below a millisecond setTimeout is too coarse: the event loop goes round until the time has come.
    if (wait < 1) {
      const immediate = setImmediate(ring);
      this.#alarm = { time, off: () => clearImmediate(immediate) };
    } else {
      const timeout = setTimeout(ring, Math.min(wait, LONGEST_WAIT_MS));
      this.#alarm = { time, off: () => clearTimeout(timeout) };
    }
  }

  #disarm(): void {
    this.#alarm?.off();
    this.#alarm = null;
  }

  #ring(): void {
    this.#alarm = null;
    const now = this.now();
    try {
      // Only what is due by now: timers set by these callbacks wait for the next round, so that sockets get their turn.
      for (let next = this.#queue.nextTime(); next !== null && next <= now; next = this.#queue.nextTime()) {
        this.#queue.take()?.();
      }
    } finally {
      this.#arm();
    }
  }
}
