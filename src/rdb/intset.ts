import { uint32 } from './little-endian.js';
import { PackedCursor } from './packed.js';

/** Members of an intset (rdb-format.md 8.3): signed integers of one width, ascending. */
export class IntsetCursor extends PackedCursor {
  #width = 0;
  #last: number | bigint = 0;

  constructor() {
    super('intset');
  }

  override open(blob: Uint8Array, start: number, end: number): void {
    super.open(blob, start, end);
    this.#width = uint32(blob, start);
  }

  override next(): boolean {
    if (this.at === this.end) return false;
    this.setSigned(this.at, this.#width);
    const value = this.integer!;
    if (this.seen > 0 && value <= this.#last) throw this.fault('not ascending');
    this.#last = value;
    this.at += this.#width;
    this.seen++;
    return true;
  }
}
