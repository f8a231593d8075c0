/** Samples kept: one an ACK, so nine hours at one a second before every second one is dropped. */
const MAX_SAMPLES = 32_768;

/** Quantiles of a growing series of numbers; beyond MAX_SAMPLES every second one is kept, evenly over time. */
export class Samples {
  #values: number[] = [];
  #stride = 1;
  #skip = 0;

  push(value: number): void {
    if (++this.#skip < this.#stride) return;
    this.#skip = 0;
    this.#values.push(value);
    if (this.#values.length < MAX_SAMPLES) return;
    this.#values = this.#values.filter((_, i) => i % 2 === 1);
    this.#stride *= 2;
  }

  /** The value at quantile `q` (nearest rank), divided by `unit`; null without samples. */
  quantile(q: number, unit: number): number | null {
    if (this.#values.length === 0) return null;
    const sorted = Float64Array.from(this.#values).sort();
    return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]! / unit;
  }
}
