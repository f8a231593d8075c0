/** What the user of `--top` chose, and what each key does to it. */

/** Columns to sort by, in the order in which `>` goes through them. */
export const SORT_KEYS = [
  'trouble',
  'link',
  'phase',
  'rate',
  'lag',
  'age',
  'ACK',
  'resyncs',
  'offset',
  'lost',
] as const;
export type SortKey = (typeof SORT_KEYS)[number];

export interface TopState {
  sort: SortKey;
  descending: boolean;
  /** Id of the picked link; null or one that is not shown any more: the first row. */
  selected: string | null;
  paused: boolean;
  view: 'table' | 'detail' | 'help';
  quit: boolean;
}

export const INITIAL_TOP_STATE: TopState = {
  sort: 'trouble',
  descending: true,
  selected: null,
  paused: false,
  view: 'table',
  quit: false,
};

/** Keys by name: what a key says, or `up`, `enter`, `ctrl-c` … as the decoder of the terminal's input calls them. */
export type Key = string;

/** Rows that page up and page down move by. */
const PAGE = 10;

/** A sort starts with what is worth seeing first: names from A, numbers from the highest. */
function startsDescending(sort: SortKey): boolean {
  return sort !== 'link' && sort !== 'phase';
}

/**
 * The state after a key. Keys without a meaning change nothing.
 * @param ids links in the order shown.
 */
export function pressKey(state: TopState, key: Key, ids: readonly string[]): TopState {
  switch (key) {
    case 'q':
    case 'Q':
    case 'ctrl-c':
    case 'ctrl-d':
      return { ...state, quit: true };
    case 'p':
    case ' ':
      return { ...state, paused: !state.paused };
    case '?':
    case 'h':
      return { ...state, view: state.view === 'help' ? 'table' : 'help' };
    case 'escape':
      return { ...state, view: 'table' };
    case 'enter':
      return { ...state, view: state.view === 'table' && ids.length > 0 ? 'detail' : 'table' };
    case 'r':
      return { ...state, descending: !state.descending };
    case 's':
    case '>':
    case 'right':
      return sortBy(state, 1);
    case '<':
    case 'left':
      return sortBy(state, -1);
    default:
      return pick(state, key, ids);
  }
}

function sortBy(state: TopState, step: number): TopState {
  const at = SORT_KEYS.indexOf(state.sort);
  const sort = SORT_KEYS[(at + step + SORT_KEYS.length) % SORT_KEYS.length]!;
  return { ...state, sort, descending: startsDescending(sort) };
}

function pick(state: TopState, key: Key, ids: readonly string[]): TopState {
  const at = selectedIndex(state, ids);
  const moves: Record<string, number> = {
    up: at - 1,
    k: at - 1,
    down: at + 1,
    j: at + 1,
    pageup: at - PAGE,
    pagedown: at + PAGE,
    home: 0,
    g: 0,
    end: ids.length - 1,
    G: ids.length - 1,
  };
  const to = Object.hasOwn(moves, key) ? moves[key] : undefined;
  if (to === undefined || ids.length === 0) return state;
  return { ...state, selected: ids[Math.max(0, Math.min(ids.length - 1, to))]! };
}

/** Row of the picked link; 0 when it is not shown any more. */
export function selectedIndex(state: TopState, ids: readonly string[]): number {
  return state.selected === null ? 0 : Math.max(0, ids.indexOf(state.selected));
}
