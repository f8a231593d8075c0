import { describe, expect, it } from 'vitest';
import type { EventKind, EventRow, LinkView, SessionView } from '../model.js';
import { type EventFilter, matchingEvents } from './event-filter.js';
import { stacked } from './stacking.js';

function event(packet: number, kind: EventKind, link: number | null, why: string): EventRow {
  return { at: packet, link, session: 1, kind, from: 'master', what: 'WHAT', why, tone: null, packet };
}

const MODEL = {
  links: [{ id: '10.0.0.1:6379<-10.0.0.2:6380' }, { id: '10.0.0.1:6379<-10.0.0.3:6381' }] as LinkView[],
  events: [
    event(1, 'decision', 0, 'Backlog miss'),
    event(2, 'lag', 0, '5 kB'),
    event(3, 'decision', 1, 'first sync'),
    event(4, 'capture', null, 'TLS'),
  ],
};

function packetsOf(filter: Partial<EventFilter>): number[] {
  const kinds = new Set<EventKind>(['decision', 'lag', 'capture']);
  return matchingEvents(MODEL, { kinds, link: null, word: '', ...filter }).map(({ packet }) => packet);
}

describe('the list of events', () => {
  it('is filtered by kind, link and words together', () => {
    expect(packetsOf({})).toEqual([1, 2, 3, 4]);
    expect(packetsOf({ kinds: new Set(['decision']) })).toEqual([1, 3]);
    expect(packetsOf({ link: 0 })).toEqual([1, 2]);
    expect(packetsOf({ word: 'backlog' })).toEqual([1]);
    expect(packetsOf({ word: '6381' })).toEqual([3]);
    expect(packetsOf({ kinds: new Set(['lag']), link: 1 })).toEqual([]);
  });

  it('is searched for words, not for patterns', () => {
    expect(packetsOf({ word: '.*' })).toEqual([]);
    expect(packetsOf({ word: '(' })).toEqual([]);
  });
});

describe('sessions of a lane', () => {
  const session = (number: number, from: number, to: number): SessionView =>
    ({ number, from, to }) as SessionView;

  it('share a row where one ends before the next begins, and have more where they overlap', () => {
    const { rows, count } = stacked([session(1, 0, 10), session(2, 5, 20), session(3, 10, 30)]);
    expect([...rows]).toEqual([
      [1, 0],
      [2, 1],
      [3, 0],
    ]);
    expect(count).toBe(2);
  });

  it('have four rows at most', () => {
    const all = Array.from({ length: 9 }, (_, i) => session(i + 1, i, 100));
    const { rows, count } = stacked(all);
    expect(count).toBe(4);
    expect(Math.max(...rows.values())).toBe(3);
  });
});
