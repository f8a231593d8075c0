import { bytesText, countText, durationText } from '../../units.js';
import { offsetLabels } from './scale.js';
import type { Columns } from './series.js';

/** Dashes beside colours. */
export const DASHES = [[], [6, 3], [2, 3], [9, 3, 2, 3], [4, 2], [12, 4]];

/** One of the charts. */
export interface ChartKind {
  title: string;
  height: number;
  format: (value: number) => string;
  /** Labels of its axis, where they are not what `format` makes of each. */
  labels?: (values: readonly number[]) => string[];
  /** Its values are whole numbers: half a byte is no tick. */
  whole: boolean;
  series: { of: keyof Columns; stepped: boolean; thin: boolean }[];
}

export const KINDS: ChartKind[] = [
  {
    title: 'Offset: sent by the master (thin), acknowledged by the replica (thick)',
    height: 170,
    format: countText,
    labels: offsetLabels,
    whole: true,
    series: [
      { of: 'sent', stepped: true, thin: true },
      { of: 'acked', stepped: true, thin: false },
    ],
  },
  {
    title: 'Lag in bytes: sent and not acknowledged, most and least of each step',
    height: 130,
    format: bytesText,
    whole: true,
    series: [
      { of: 'hi', stepped: true, thin: false },
      { of: 'lo', stepped: true, thin: true },
    ],
  },
  {
    title:
      'Lag in time: age of the oldest byte not acknowledged (a sound replica acknowledges once a second)',
    height: 130,
    format: durationText,
    whole: false,
    series: [{ of: 'age', stepped: false, thin: false }],
  },
];

/** Steps of an axis of whole numbers, up to the largest offset. */
export const WHOLE_STEPS: number[] = Array.from({ length: 19 }, (_, power) => 10 ** power).flatMap((unit) => [
  unit,
  2 * unit,
  5 * unit,
]);

/** Lag begins at 0; offsets with a little air on both sides. */
export function yRange(kind: ChartKind, min: number | null, max: number | null): [number, number] {
  if (min === null || max === null || !Number.isFinite(min)) return [0, 1];
  if (kind.series[0]!.of !== 'sent') return [0, Math.max(1, max * 1.08)];
  const air = Math.max(1, (max - min) * 0.06);
  return [Math.max(0, min - air), max + air];
}
