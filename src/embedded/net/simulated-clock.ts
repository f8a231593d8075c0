import type { Timer } from './clock.js';
import type { StageClock } from './stage-clock.js';
import { TimerQueue, wholeDelay } from './timer-queue.js';

/**
 * A clock that stands still while anything runs and then jumps to the next timer: an hour takes as long as its callbacks do. The
 * same calls in the same order give the same run, to the microsecond.
 */
export class SimulatedClock implements StageClock {
  #now: number;
  readonly #queue = new TimerQueue();
  /** A promise that a script may wait for was settled, and the script has not run since. */
  #settled = false;
  #running = false;

  /** @param start µs since the epoch. */
  constructor(start = 0) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(delay: number, run: () => void): Timer {
    return this.#queue.add(this.#now + wholeDelay(delay), run);
  }

  /** True when nothing is left to run. */
  get idle(): boolean {
    return this.#queue.nextTime() === null;
  }

  /** Moves to the next timer and runs it. @returns false when there is none. */
  step(): boolean {
    const time = this.#queue.nextTime();
    const run = this.#queue.take();
    if (time === null || run === null) return false;
    this.#now = time;
    run();
    return true;
  }

  /** Runs all that is due up to a time (µs since the epoch), which it then is. */
  runUntil(time: number): void {
    for (let next = this.#queue.nextTime(); next !== null && next <= time; next = this.#queue.nextTime()) {
      this.step();
    }
    if (time > this.#now) this.#now = time;
  }

  sleep(delay: number): Promise<void> {
    return this.promise((resolve) => {
      this.after(delay, resolve);
    });
  }

  promise<T>(start: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      start(
        (value) => {
          this.#settled = true;
          resolve(value);
        },
        (error) => {
          this.#settled = true;
          reject(error);
        },
      );
    });
  }

  /** @throws Error when the script waits and no timer is left that could wake it, or when another script runs. */
  async run<T>(script: () => Promise<T>): Promise<T> {
    if (this.#running) throw new Error('the clock runs a script already');
    this.#running = true;
    try {
      return await this.#drive(script);
    } finally {
      this.#running = false;
    }
  }

  async #drive<T>(script: () => Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    const outcome = script();
    outcome.then(over, over);
    await scriptsWait();
    this.#settled = false;
    while (!isOver) {
      const ran = this.step();
      // Waiting is slow next to a callback, so it is done only when a script can have been woken, and once more at the end.
      if (ran && !this.#settled) continue;
      this.#settled = false;
      await scriptsWait();
      if (!ran && !isOver && this.idle) throw new Error('the script waits for something that never comes');
    }
    return outcome;
  }
}

/** Resolves when every promise that could go on has done so: immediates run after all microtasks. */
function scriptsWait(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
