/** Times kept: one every STEP_US, so five minutes. */
const STEPS = 31;
const STEP_US = 10_000_000;

/** How much was written to a replication stream over the last minutes, from offsets and when they were reached. */
export class WriteRate {
  #samples: { offset: number; time: number }[] = [];

  /** The stream had come to `offset` at `time` (µs). */
  at(offset: number, time: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && offset < last.offset) this.#samples = []; // another history
    const next = this.#samples.at(-2);
    // The latest one is moved on until it is a step away from the one before it.
    if (next !== undefined && time - next.time < STEP_US) this.#samples.pop();
    this.#samples.push({ offset, time });
    if (this.#samples.length > STEPS) this.#samples.shift();
  }

  /** null: not seen for long enough to tell. */
  get bytesPerSecond(): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.time <= first.time) return null;
    return Math.round((last.offset - first.offset) / ((last.time - first.time) / 1_000_000));
  }
}
