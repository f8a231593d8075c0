import { clockText } from '../../time.js';
import type { LinkView, ReportModel } from '../model.js';
import { h } from './dom.js';
import type { View } from './view.js';

/** What all parts of the page share. */
export interface Page {
  model: ReportModel;
  view: View;
  /** The part with lanes and charts, once it is made. */
  picture: HTMLElement | null;
  /** Shows a moment in the picture, and moves there. */
  jump(at: number): void;
}

/** Time of day of a moment on the axis: `04:40:45.646`. */
export function clockOf(
  model: ReportModel,
  at: number,
  decimals: 3 | 6 = 3,
  withDate = model.withDate,
): string {
  return clockText(model.from + at + model.zoneOffset, { zone: 'utc', decimals, withDate });
}

/** A time that leads to the picture. */
export function jumpButton(page: Page, at: number): HTMLButtonElement {
  const clock = clockOf(page.model, at);
  return h(
    'button',
    {
      type: 'button',
      class: 'jump',
      title: 'Show this moment in the picture',
      'data-at': at,
      click: () => page.jump(at),
    },
    clock,
  );
}

/** A section with its heading. */
export function section(id: string, title: string, ...children: (Node | null)[]): HTMLElement {
  return h(
    'section',
    { id, 'aria-labelledby': `${id}-title` },
    h('h2', { id: `${id}-title` }, title),
    ...children,
  );
}

export function linkAt(model: ReportModel, index: number | null): LinkView | null {
  return index === null ? null : (model.links[index] ?? null);
}

/** A bar of a table: `share` of the whole, 0 to 1. What it shows stands as a number beside it. */
export function bar(share: number): HTMLElement {
  const fill = h('span', { class: 'bar-fill' });
  fill.style.width = `${Math.min(1, Math.max(0, share)) * 100}%`;
  return h('span', { class: 'bar', 'aria-hidden': 'true' }, fill);
}

/** A table: heads, then rows of cells. Cells of the columns in `numbers` are numbers. */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly (Node | string)[])[],
  numbers: readonly number[] = [],
): HTMLElement {
  const cell = (tag: 'td' | 'th', content: Node | string, column: number): HTMLElement =>
    h(
      tag,
      { class: numbers.includes(column) ? 'number' : null, scope: tag === 'th' ? 'col' : null },
      content,
    );
  return h(
    'div',
    { class: 'table-box' },
    h(
      'table',
      {},
      h('caption', {}, caption),
      h('thead', {}, h('tr', {}, ...heads.map((head, column) => cell('th', head, column)))),
      h(
        'tbody',
        {},
        ...rows.map((row) => h('tr', {}, ...row.map((content, column) => cell('td', content, column)))),
      ),
    ),
  );
}
