import { expect, it } from 'vitest';
import { hrTime } from './convert.js';

it('times are nanoseconds to the digit', () => {
  const nanos = (micros: number): bigint => {
    const [seconds, rest] = hrTime(micros);
    return BigInt(seconds) * 1_000_000_000n + BigInt(rest);
  };
  for (const micros of [
    0,
    1,
    999_999,
    1_000_000,
    1_795_236_036_520_426,
    4_102_444_800_999_999,
    Number.MAX_SAFE_INTEGER,
  ])
    expect(nanos(micros)).toBe(BigInt(micros) * 1000n);
  // Of captures with nanoseconds the fraction of a µs is cut off, as in all that is told of them.
  expect(nanos(1_795_236_036_520_426.5)).toBe(1_795_236_036_520_426_000n);
});
