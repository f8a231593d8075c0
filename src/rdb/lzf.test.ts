import { describe, expect, it } from 'vitest';
import { random } from '../testing/rdb-trace.js';
import { compress } from '../testing/rdb-writer.js';
import { RdbFormatError } from './errors.js';
import { inflate } from './lzf.js';

function whole(packed: number[] | Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  inflate(Uint8Array.from(packed), 0, packed.length, out, size, false);
  return out;
}

describe('inflate', () => {
  it('reads literals, short and long references, and overlapping ones', () => {
    expect([...whole([2, 1, 2, 3], 3)]).toEqual([1, 2, 3]);
    expect([...whole([0, 9, 0x20, 0], 4)]).toEqual([9, 9, 9, 9]);
    expect([...whole([1, 1, 2, 0xe0, 1, 1], 12)]).toEqual([1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2]);
  });

  it('undoes the compressor of the writer', () => {
    const draw = random(7);
    for (let round = 0; round < 200; round++) {
      const letters = 1 + draw(5);
      const bytes = Uint8Array.from({ length: draw(3000) }, () => draw(letters));
      const packed = compress(bytes);
      expect(whole(packed, bytes.length)).toEqual(bytes);
      // The beginning alone is enough for the beginning.
      const out = new Uint8Array(10);
      const size = Math.min(10, bytes.length);
      expect(inflate(packed, 0, Math.min(32, packed.length), out, size, true)).toBe(size);
      expect(out.subarray(0, size)).toEqual(bytes.subarray(0, size));
    }
  });

  it.each([
    ['a reference before the start', [0x20, 0], 3, 'before the start'],
    ['a reference one too far', [0, 1, 0x20, 1], 4, 'before the start'],
    ['literals that are not there', [5, 1, 2], 6, 'literals beyond'],
    ['half a reference', [0, 1, 0x20], 4, 'a reference beyond'],
    ['half a long reference', [0, 1, 0xe0, 1], 4, 'a reference beyond'],
    ['too little output', [0, 1], 2, 'less output'],
    ['too many literals', [1, 1, 2], 1, 'more output'],
    ['too long a reference', [0, 1, 0x20, 0], 2, 'more output'],
    ['input behind the output', [0, 1, 0, 2], 1, 'more input'],
  ])('refuses %s', (_name, packed, size, message) => {
    expect(() => whole(packed, size)).toThrow(RdbFormatError);
    expect(() => whole(packed, size)).toThrow(message);
  });
});
