/** The indices [from, to) that a range of a command means: negative ones count from the end, both are included. */
export function rangeOf(start: number, stop: number, length: number): [number, number] {
  const from = Math.max(0, start < 0 ? start + length : start);
  const to = Math.min(length, (stop < 0 ? stop + length : stop) + 1);
  return from < to ? [from, to] : [0, 0];
}
