/** Steps between ticks of a time axis, µs. */
const STEPS = [
  ...[1, 10, 100, 1e3, 1e4, 1e5].flatMap((unit) => [unit, 2 * unit, 5 * unit]),
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800].map((seconds) => seconds * 1e6),
  ...[1, 2, 3, 6, 12, 24, 48, 96, 168].map((hours) => hours * 3.6e9),
];

/** The finest step that gives at most `count` ticks over `length` µs. */
export function tickStep(length: number, count: number): number {
  const least = length / Math.max(1, count);
  const step = STEPS.find((each) => each >= least);
  const day = 24 * 3.6e9;
  return step ?? Math.ceil(least / day) * day;
}

/** Multiples of `step` within [from, to], where `origin` is what 0 stands for: ticks lie at round times of day. */
export function ticksBetween(from: number, to: number, step: number, origin: number): number[] {
  const ticks: number[] = [];
  const shift = origin % step;
  for (let at = Math.ceil((from + shift) / step) * step - shift; at <= to; at += step) ticks.push(at);
  return ticks;
}

/** Decimals of the second that ticks `step` µs apart need. */
export function decimalsOf(step: number): 0 | 1 | 2 | 3 | 6 {
  if (step >= 1e6) return 0;
  if (step >= 1e5) return 1;
  if (step >= 1e4) return 2;
  return step >= 1e3 ? 3 : 6;
}
