import { h } from './dom.js';

/** More rows than this scroll. */
const MOST_UNSCROLLED = 12;

/** Columns of the table below the charts. */
export const VALUES = ['Sent', 'Acknowledged', 'Lag', 'Lag in time'];

/** The table below the charts; rows of a link's box and its values at the cursor. */
export function valuesTable(rows: readonly HTMLElement[][]): HTMLElement {
  const heads = ['Link', ...VALUES].map((name, column) =>
    h('th', { scope: 'col', class: column > 0 ? 'number' : null }, name),
  );
  return h(
    'div',
    { class: `table-box ${rows.length > MOST_UNSCROLLED ? 'many' : ''}` },
    h(
      'table',
      { class: 'values' },
      h(
        'caption',
        {},
        'Links in the charts, and their values at the cursor, or else at the end of what is shown',
      ),
      h('thead', {}, h('tr', {}, ...heads)),
      h('tbody', {}, ...rows.map((cells) => h('tr', {}, ...cells))),
    ),
  );
}
