import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backlog } from './backlog.js';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const textFrom = (backlog: Backlog, offset: number): string => Buffer.from(backlog.from(offset)).toString();

describe('the backlog', () => {
  it('begins empty behind the offset it is made at', () => {
    const backlog = new Backlog(10, 101);
    expect([backlog.firstOffset, backlog.length]).toEqual([101, 0]);
    expect(backlog.from(101)).toHaveLength(0);
    expect(() => backlog.from(100)).toThrow(RangeError);
    expect(() => backlog.from(102)).toThrow(RangeError);
  });

  it('holds the last bytes, as many as its size', () => {
    const backlog = new Backlog(10, 1);
    backlog.append(bytes('abcdefgh'));
    expect(textFrom(backlog, 1)).toBe('abcdefgh');
    backlog.append(bytes('ijkl'));
    expect([backlog.firstOffset, backlog.length]).toEqual([3, 10]);
    expect(textFrom(backlog, 3)).toBe('cdefghijkl');
    expect(textFrom(backlog, 12)).toBe('l');
    expect(() => backlog.from(2)).toThrow(RangeError);
  });

  it('lets bytes go when it is made smaller, and takes more when larger', () => {
    const backlog = new Backlog(10, 1);
    backlog.append(bytes('abcdefghij'));
    backlog.resize(4);
    expect(textFrom(backlog, 7)).toBe('ghij');
    backlog.resize(6);
    backlog.append(bytes('klm'));
    expect(textFrom(backlog, 8)).toBe('hijklm');
  });

  it('keeps everything from a pin on, until it is released', () => {
    const backlog = new Backlog(4, 1);
    backlog.append(bytes('abcd'));
    backlog.pin();
    backlog.append(bytes('efghij'));
    expect(textFrom(backlog, 5)).toBe('efghij');
    backlog.release();
    expect(backlog.firstOffset).toBe(7);
  });

  it('agrees with a plain copy of the whole stream, whatever the sizes', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 40_000 }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50_000 }), lengths, fc.nat(), (size, parts, seed) => {
        const start = 1000;
        const backlog = new Backlog(size, start);
        let whole = Buffer.alloc(0);
        for (const [index, length] of parts.entries()) {
          const part = Buffer.from(Array.from({ length }, (_, i) => (i * 7 + index * 31 + seed) & 0xff));
          backlog.append(part);
          whole = Buffer.concat([whole, part]);
          const kept = Math.min(size, whole.length);
          expect([backlog.firstOffset, backlog.length]).toEqual([start + whole.length - kept, kept]);
        }
        const from = backlog.firstOffset + (seed % (backlog.length + 1));
        expect(Buffer.compare(backlog.from(from), whole.subarray(from - start))).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});
