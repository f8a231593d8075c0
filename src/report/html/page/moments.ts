import type { ReportModel } from '../model.js';
import { LEFT } from './axis.js';
import { h } from './dom.js';
import { clockOf } from './page.js';
import { placeLabels } from './scale.js';
import type { Span } from './view.js';

/** Width of a character of a label at most, px. */
const CHARACTER = 7;

/**
 * Moments that concern all links: a line through the lanes each, and its name where there is room. `width` px of the plot show the span.
 */
export function momentMarks(model: ReportModel, { from, to }: Span, width: number): HTMLElement[] {
  const inView = model.moments.filter(({ at }) => at >= from && at <= to);
  const places = inView.map(({ at }) => ((at - from) / (to - from)) * width);
  const sizes = inView.map(({ text }) => text.length * CHARACTER);
  const labels = placeLabels(places, sizes, width + LEFT);
  const marks = inView.flatMap(({ at, text }, index) => {
    const line = h('div', { class: 'moment', title: `${clockOf(model, at)} ${text}` });
    line.style.left = `${LEFT + places[index]!}px`;
    const side = labels[index];
    if (side == null) return [line];
    const label = h('div', { class: `moment-name ${side}` }, text);
    label.style.left = line.style.left;
    return [line, label];
  });
  return marks;
}
