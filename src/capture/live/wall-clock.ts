/** The two clocks differ by more, µs: the wall clock was set. Date.now() alone makes it vary by 1,000. */
const STEP = 2000;

/** The time of day in microseconds: Date.now() has milliseconds only, performance.now() does not follow when the clock is set. */
export class WallClock {
  readonly #wall: () => number;
  readonly #steady: () => number;
  /** What is added to the steady clock, µs; Date.now() cuts off, so the largest difference met is the nearest one. */
  #offset = Number.NEGATIVE_INFINITY;

  /** @param wall milliseconds since the epoch, whole ones. @param steady milliseconds with fractions, of any origin. */
  constructor(wall: () => number = Date.now, steady: () => number = () => performance.now()) {
    this.#wall = wall;
    this.#steady = steady;
  }

  /** Integer microseconds since the epoch. */
  now(): number {
    const steady = this.#steady() * 1000;
    const offset = this.#wall() * 1000 - steady;
    if (offset > this.#offset || offset < this.#offset - STEP) this.#offset = offset;
    return Math.floor(steady + this.#offset);
  }
}
