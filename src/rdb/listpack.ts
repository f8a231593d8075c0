import { uint32 } from './little-endian.js';
import { PackedCursor } from './packed.js';

const END = 0xff;

/** Entries of a listpack (rdb-format.md 8.2). */
export class ListpackCursor extends PackedCursor {
  constructor() {
    super('listpack');
  }

  override next(): boolean {
    const { blob, at } = this;
    if (at >= this.end) throw this.fault('no end byte');
    const lead = blob[at]!;
    if (lead === END) return this.finish();
    const size = this.#entry(lead, at);
    const back = backLength(size);
    this.#need(at, size + back);
    if (!backMatches(blob, at + size, back, size)) throw this.fault('backward length differs');
    this.at = at + size + back;
    this.seen++;
    return true;
  }

  /** Takes the entry's value and returns its bytes without the backward length. */
  #entry(lead: number, at: number): number {
    const { blob } = this;
    if (lead < 0x80) {
      this.setInteger(lead);
      return 1;
    }
    if (lead < 0xc0) return this.#string(at, 1, lead & 0x3f);
    if (lead < 0xe0) {
      this.#need(at, 2);
      const value = ((lead & 0x1f) << 8) | blob[at + 1]!;
      this.setInteger(value >= 4096 ? value - 8192 : value);
      return 2;
    }
    if (lead < 0xf0) {
      this.#need(at, 2);
      return this.#string(at, 2, ((lead & 0x0f) << 8) | blob[at + 1]!);
    }
    if (lead === 0xf0) {
      this.#need(at, 5);
      return this.#string(at, 5, uint32(blob, at + 1));
    }
    if (lead > 0xf4) throw this.fault(`entry of type 0x${lead.toString(16)}`);
    const width = lead === 0xf4 ? 8 : lead - 0xef;
    this.#need(at, 1 + width);
    this.setSigned(at + 1, lead === 0xf4 ? 8 : width);
    return 1 + width;
  }

  #string(at: number, header: number, length: number): number {
    this.#need(at, header + length);
    this.setBytes(at + header, at + header + length);
    return header + length;
  }

  /** The last byte of the container is its end byte, never part of an entry. */
  #need(at: number, bytes: number): void {
    if (at + bytes > this.end - 1) throw this.fault('an entry beyond the end');
  }
}

function backLength(size: number): number {
  if (size <= 127) return 1;
  if (size < 16383) return 2;
  if (size < 2097151) return 3;
  return size < 268435455 ? 4 : 5;
}

/** Groups of 7 bits, high group first, the upper bit set on all but the first byte. */
function backMatches(blob: Uint8Array, at: number, length: number, size: number): boolean {
  let value = 0;
  for (let i = 0; i < length; i++) {
    const byte = blob[at + i]!;
    if (byte >= 0x80 !== i > 0) return false;
    value = value * 128 + (byte & 0x7f);
  }
  return value === size;
}
