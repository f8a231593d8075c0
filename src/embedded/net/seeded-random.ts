/**
 * A generator of numbers, 0 ≤ x < 1, that the seed (32 bits of it) determines. Sequence of Weyl with a mixing of the multiply-xorshift
 * kind ("mulberry32", public domain): good enough for ports, sequence numbers and faults, not for secrets.
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
