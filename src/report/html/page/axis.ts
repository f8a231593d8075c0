import type { ReportModel } from '../model.js';
import { clockOf } from './page.js';
import { decimalsOf, tickStep, ticksBetween } from './scale.js';
import type { Span } from './view.js';

/** Columns left and right of what is drawn over time: lanes and charts share them, so that moments stand under each other. */
export const LEFT = 62;
export const RIGHT = 14;

/** Width that a label of the axis takes, px. */
const LABEL = 92;

export interface Tick {
  at: number;
  label: string;
}

/** Round times of day of a stretch that is `width` px wide. */
export function ticksOf(model: ReportModel, { from, to }: Span, width: number): Tick[] {
  const step = tickStep(to - from, Math.max(2, Math.floor(width / LABEL)));
  const origin = model.from + model.zoneOffset;
  const decimals = decimalsOf(step);
  return ticksBetween(from, to, step, origin).map((at) => {
    const clock = clockOf(model, at, 6, step >= 24 * 3.6e9);
    return { at, label: decimals === 0 ? clock.slice(0, -7) : clock.slice(0, clock.length - 6 + decimals) };
  });
}
