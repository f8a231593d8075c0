import { signed, uint32 } from './little-endian.js';
import { PackedCursor, packedHeaderBytes } from './packed.js';

const END = 0xff;
const LONG_PREVIOUS = 0xfe;

/** Entries of a ziplist (rdb-format.md 8.1). */
export class ZiplistCursor extends PackedCursor {
  /** Bytes of the entry before. */
  #previous = 0;

  constructor() {
    super('ziplist');
  }

  override open(blob: Uint8Array, start: number, end: number): void {
    super.open(blob, start, end);
    this.#previous = 0;
  }

  override next(): boolean {
    const { blob, at } = this;
    if (at >= this.end) throw this.fault('no end byte');
    const lead = blob[at]!;
    if (lead === END) {
      // The header points at the last entry; of an empty ziplist at its end byte.
      const last = this.seen === 0 ? packedHeaderBytes('ziplist') : this.offset - this.#previous;
      if (uint32(blob, this.start + 4) !== last)
        throw this.fault('its header points elsewhere for the last entry');
      return this.finish();
    }
    let previous = lead;
    let body = at + 1;
    if (lead === LONG_PREVIOUS) {
      this.#need(at + 5);
      previous = uint32(blob, at + 1);
      body = at + 5;
    }
    if (previous !== this.#previous) throw this.fault('length of the previous entry differs');
    this.#need(body + 1);
    const end = this.#entry(body, blob[body]!);
    this.#previous = end - at;
    this.at = end;
    this.seen++;
    return true;
  }

  /** Takes the value whose encoding byte is `lead`, at `at`, and returns the index behind it. */
  #entry(at: number, lead: number): number {
    const { blob } = this;
    if (lead < 0x40) return this.#string(at + 1, lead);
    if (lead < 0x80) {
      this.#need(at + 2);
      return this.#string(at + 2, ((lead & 0x3f) << 8) | blob[at + 1]!);
    }
    if (lead === 0x80) {
      this.#need(at + 5);
      // Big endian, unlike everything else in here.
      const length =
        ((blob[at + 1]! << 24) | (blob[at + 2]! << 16) | (blob[at + 3]! << 8) | blob[at + 4]!) >>> 0;
      return this.#string(at + 5, length);
    }
    if (lead >= 0xf1 && lead <= 0xfd) {
      this.setInteger((lead & 0x0f) - 1);
      return at + 1;
    }
    const width = integerWidth(lead);
    if (width === 0) throw this.fault(`entry of encoding 0x${lead.toString(16)}`);
    this.#need(at + 1 + width);
    if (width === 8) this.setSigned(at + 1, 8);
    else this.setInteger(signed(blob, at + 1, width));
    return at + 1 + width;
  }

  #string(from: number, length: number): number {
    this.#need(from + length);
    this.setBytes(from, from + length);
    return from + length;
  }

  #need(end: number): void {
    if (end > this.end - 1) throw this.fault('an entry beyond the end');
  }
}

function integerWidth(lead: number): number {
  if (lead === 0xc0) return 2;
  if (lead === 0xd0) return 4;
  if (lead === 0xe0) return 8;
  if (lead === 0xf0) return 3;
  return lead === 0xfe ? 1 : 0;
}
