import { uint32 } from './little-endian.js';
import { PackedCursor } from './packed.js';

const END = 0xff;
const LONG = 0xfe;

/** Fields and values of a zipmap in turn (rdb-format.md 8.4). `seen` counts fields. */
export class ZipmapCursor extends PackedCursor {
  #valueNext = false;

  constructor() {
    super('zipmap');
  }

  override open(blob: Uint8Array, start: number, end: number): void {
    super.open(blob, start, end);
    this.#valueNext = false;
  }

  override next(): boolean {
    const { blob, at } = this;
    if (at >= this.end) throw this.fault('no end byte');
    const lead = blob[at]!;
    if (lead === END) {
      if (this.#valueNext) throw this.fault('a field without a value');
      return this.finish();
    }
    let length = lead;
    let from = at + 1;
    if (lead === LONG) {
      this.#need(at + 5);
      length = uint32(blob, at + 1);
      from = at + 5;
    }
    let unused = 0;
    if (this.#valueNext) {
      this.#need(from + 1);
      unused = blob[from]!;
      from++;
    } else this.seen++;
    this.#need(from + length + unused);
    this.setBytes(from, from + length);
    this.at = from + length + unused;
    this.#valueNext = !this.#valueNext;
    return true;
  }

  #need(end: number): void {
    if (end > this.end - 1) throw this.fault('an entry beyond the end');
  }
}
