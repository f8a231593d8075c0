import { durationText } from '../../units.js';
import type { ReportModel } from '../model.js';
import { clockOf, type Page } from './page.js';
import { decimalsOf, tickStep, ticksBetween } from './scale.js';
import type { Span } from './view.js';

/** Columns left and right of what is drawn over time: lanes and charts share them, so that moments stand under each other. */
export const LEFT = 70;
export const RIGHT = 14;

/** Width that a label of the axis takes, px: of a whole second, and with decimals or a date. */
const SHORT_LABEL = 64;
const LABEL = 92;

const DAY = 24 * 3.6e9;

export interface Tick {
  at: number;
  label: string;
}

/** Round times of day of a stretch that is `width` px wide. */
export function ticksOf(model: ReportModel, { from, to }: Span, width: number): Tick[] {
  const stepFor = (label: number): number => tickStep(to - from, Math.max(2, Math.floor(width / label)));
  const fine = stepFor(SHORT_LABEL);
  const step = decimalsOf(fine) === 0 && fine < DAY ? fine : stepFor(LABEL);
  const origin = model.from + model.zoneOffset;
  const decimals = decimalsOf(step);
  return ticksBetween(from, to, step, origin).map((at) => {
    const clock = clockOf(model, at, 6, step >= DAY);
    return { at, label: decimals === 0 ? clock.slice(0, -7) : clock.slice(0, clock.length - 6 + decimals) };
  });
}

/** `04:40:43.589 to 04:40:47.301`, for who cannot see the axis. */
export function spanWords(page: Page): string {
  const { span, length } = page.view;
  const from = Math.max(0, span.from);
  const to = Math.min(length, span.to);
  return `${clockOf(page.model, from)} to ${clockOf(page.model, to)}, ${durationText((to - from) / 1000)}`;
}
