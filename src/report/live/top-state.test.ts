import { describe, expect, it } from 'vitest';
import { liveSnapshot } from '../../testing/sample-live.js';
import { sortLinks } from './top-sort.js';
import { INITIAL_TOP_STATE, pressKey, SORT_KEYS, type TopState } from './top-state.js';

const IDS = ['a', 'b', 'c', 'd'];

function press(keys: readonly string[], from: Partial<TopState> = {}, ids = IDS): TopState {
  return keys.reduce((state, key) => pressKey(state, key, ids), { ...INITIAL_TOP_STATE, ...from });
}

describe('keys', () => {
  it.each<[string, string[], Partial<TopState>]>([
    ['q quits', ['q'], { quit: true }],
    ['Ctrl-C quits', ['ctrl-c'], { quit: true }],
    ['q quits from a detail', ['enter', 'q'], { view: 'detail', quit: true }],
    ['p pauses', ['p'], { paused: true }],
    ['p again goes on', ['p', 'p'], { paused: false }],
    ['space pauses', [' '], { paused: true }],
    ['down picks the second', ['down'], { selected: 'b' }],
    ['j and k', ['j', 'j', 'k'], { selected: 'b' }],
    ['up stays at the first', ['up'], { selected: 'a' }],
    ['down stays at the last', ['down', 'down', 'down', 'down', 'down'], { selected: 'd' }],
    ['page down', ['pagedown'], { selected: 'd' }],
    ['page up', ['end', 'pageup'], { selected: 'a' }],
    ['G and g', ['G', 'g'], { selected: 'a' }],
    ['Enter opens the detail', ['enter'], { view: 'detail' }],
    ['Enter closes it', ['enter', 'enter'], { view: 'table' }],
    ['Escape closes it', ['enter', 'escape'], { view: 'table' }],
    ['? helps', ['?'], { view: 'help' }],
    ['? ends the help', ['?', '?'], { view: 'table' }],
    ['s sorts by the next column, names from A', ['s'], { sort: 'link', descending: false }],
    ['> too, numbers from the highest', ['>', '>', '>', '>'], { sort: 'lag', descending: true }],
    ['< goes back round the end', ['<'], { sort: 'lost', descending: true }],
    ['r reverses', ['r'], { descending: false }],
    ['others do nothing', ['x', 'constructor', 'toString', '__proto__', ''], {}],
  ])('%s', (_, keys, expected) => {
    expect(press(keys)).toEqual({ ...INITIAL_TOP_STATE, ...expected });
  });

  it('pick on from the first row when the picked link has gone', () => {
    expect(press(['down'], { selected: 'gone' }).selected).toBe('b');
  });

  it('do nothing without links', () => {
    expect(press(['down', 'G', 'enter'], {}, [])).toEqual(INITIAL_TOP_STATE);
  });
});

describe('order', () => {
  const { links } = liveSnapshot();
  const order = (changes: Partial<TopState>) =>
    sortLinks(links, { ...INITIAL_TOP_STATE, ...changes }).map((link) => link.state);

  it('begins with what is wrong', () => {
    const phases = order({}).map((state) => state.phase);
    expect(phases.indexOf('closed')).toBeLessThan(phases.indexOf('transfer'));
    expect(phases.at(-1)).toBe('online');
  });

  it.each(SORT_KEYS)('by %s: no link is lost, equal ones stand by their ids', (sort) => {
    for (const descending of [true, false]) {
      const ids = order({ sort, descending }).map((state) => state.link.id);
      expect([...ids].sort()).toEqual(links.map((link) => link.state.link.id).sort());
      const shuffled = sortLinks([...links].reverse(), { ...INITIAL_TOP_STATE, sort, descending });
      expect(shuffled.map((link) => link.state.link.id)).toEqual(ids);
    }
  });

  it('by lag: the highest first, the lowest first when reversed, unknown last in both', () => {
    const down = order({ sort: 'lag' }).map((state) => state.lagBytes);
    const up = order({ sort: 'lag', descending: false }).map((state) => state.lagBytes);
    expect(down[0]).toBe(16_080_000);
    expect(up[0]).toBe(0);
    expect([down.at(-1), up.at(-1)]).toEqual([null, null]);
  });
});
