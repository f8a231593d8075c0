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

/**
 * On which side of its place (px) each label stands, so that it ends before `width` and does not touch the one before it; null: there
 * is no room for it. Places ascend.
 */
export function placeLabels(
  places: readonly number[],
  sizes: readonly number[],
  width: number,
): ('right' | 'left' | null)[] {
  let taken = Number.NEGATIVE_INFINITY;
  return places.map((place, index) => {
    const size = sizes[index]!;
    if (place >= taken && place + size <= width) {
      taken = place + size;
      return 'right';
    }
    if (place - size < Math.max(0, taken)) return null;
    taken = place;
    return 'left';
  });
}

/** Longest label of an axis of numbers. */
const LONGEST_LABEL = 9;

/**
 * Offsets as labels of an axis: whole where they are short (`12,500`), in the largest unit that the step between them allows
 * (`12 M`), and where that is still too long its last digits (`…234,567`): the table below the charts has all of them.
 */
export function offsetLabels(values: readonly number[]): string[] {
  const step = Math.abs((values[1] ?? values[0] ?? 0) - (values[0] ?? 0));
  const largest = Math.max(0, ...values.map(Math.abs));
  const isShort = grouped(largest).length <= LONGEST_LABEL;
  const [unit, name] = (!isShort && UNITS.find(([size]) => step >= size && step % size === 0)) || [1, ''];
  return values.map((value) => {
    const text = `${grouped(Math.round(value / unit))}${name}`;
    return text.length <= LONGEST_LABEL ? text : `…${text.slice(-(LONGEST_LABEL - 1)).replace(/^,/, '')}`;
  });
}

const UNITS: readonly (readonly [number, string])[] = [
  [1e12, ' T'],
  [1e9, ' G'],
  [1e6, ' M'],
  [1e3, ' k'],
];

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
