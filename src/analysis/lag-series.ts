/** Steps of a series: what a line of a terminal can show. */
const STEPS = 60;

/** Width of a step to begin with, µs. */
const FIRST_STEP_US = 10_000;

/** The course of a level over time: its highest value in each of at most STEPS equal steps, which double when time goes on. */
export class LagSeries {
  readonly #maxima = new Float64Array(STEPS);
  #startAt = -1;
  #step = FIRST_STEP_US;
  #level = 0;
  /** Last step that was written. */
  #last = 0;

  /** The level is `value` from `time` (µs) on. */
  level(value: number, time: number): void {
    if (this.#startAt < 0) this.#startAt = time;
    this.#extend(time);
    this.#level = value;
    if (value > this.#maxima[this.#last]!) this.#maxima[this.#last] = value;
  }

  facts(until: number): { startAt: number; stepMs: number; maxBytes: number[] } | null {
    if (this.#startAt < 0) return null;
    this.#extend(until);
    return {
      startAt: this.#startAt,
      stepMs: this.#step / 1000,
      maxBytes: Array.from(this.#maxima.subarray(0, this.#last + 1)),
    };
  }

  #extend(time: number): void {
    let step = Math.floor((time - this.#startAt) / this.#step);
    while (step >= STEPS) {
      for (let i = 0; i < STEPS / 2; i++)
        this.#maxima[i] = Math.max(this.#maxima[i * 2]!, this.#maxima[i * 2 + 1]!);
      this.#maxima.fill(0, STEPS / 2);
      this.#last >>= 1;
      this.#step *= 2;
      step = Math.floor((time - this.#startAt) / this.#step);
    }
    while (this.#last < step) this.#maxima[++this.#last] = this.#level;
  }
}
