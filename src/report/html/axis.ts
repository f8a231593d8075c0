import { parseMicros } from '../time.js';

/** The page's time axis: µs since the epoch, and ISO times of the summary document, to whole µs since its beginning. */
export class Axis {
  readonly from: number;
  readonly to: number;

  constructor(firstTime: string | null, lastTime: string | null) {
    this.from = firstTime === null ? 0 : parseMicros(firstTime);
    this.to = lastTime === null ? this.from : parseMicros(lastTime);
  }

  /** µs; an empty or single-packet capture has an axis too. */
  get length(): number {
    return Math.max(1, this.to - this.from);
  }

  micros(time: number): number {
    return Math.round(time - this.from);
  }

  iso(time: string): number {
    return this.micros(parseMicros(time));
  }

  isoOrNull(time: string | null): number | null {
    return time === null ? null : this.iso(time);
  }
}
