import { describe, expect, it } from 'vitest';
import { type Expectation, FactComparison } from './compare-facts.js';

/** The comparison itself: one that lets everything pass would make the recorded captures worthless. */

const DOCUMENT = {
  capture: { packets: 7, firstTime: '2026-11-21T07:51:04.549000Z' },
  links: [
    {
      id: 'a',
      master: 'm',
      sessions: [
        {
          clientPort: 5,
          openedAt: '2026-11-21T07:51:04.549000Z',
          stream: { byCommand: { SET: 2 } },
          lag: { maxMs: 10 },
          syncs: [{ error: 'NOAUTH no' }],
        },
      ],
    },
  ],
};

type Facts = Expectation['facts'];

function mismatches(session: object, facts: Partial<Facts> = {}): string[] {
  const links = [{ id: 'a', master: 'm', sessions: [{ clientPort: 5, ...session }] }];
  const expectation: Expectation = { capture: '', sha256: '', facts: { links, ...facts } };
  return new FactComparison().compare(expectation, DOCUMENT).mismatches;
}

describe('comparing facts', () => {
  it('takes durations and times within 2 ms, other numbers exactly', () => {
    expect(mismatches({ lag: { maxMs: 11.9 } })).toEqual([]);
    expect(mismatches({ lag: { maxMs: 12.1 } })).toEqual([
      'links[a].session[5].lag.maxMs: expected 12.1, got 10',
    ]);
    expect(mismatches({ openedAt: '2026-11-21T07:51:04.550900Z' })).toEqual([]);
    expect(mismatches({ openedAt: '2026-11-21T07:51:04.560000Z' })).toHaveLength(1);
    expect(mismatches({}, { capture: { packets: 8 } })).toHaveLength(1);
  });

  it('lets no command count be missing or too many', () => {
    expect(mismatches({ stream: { byCommand: { SET: 2 } } })).toEqual([]);
    expect(mismatches({ stream: { byCommand: {} } })).toHaveLength(1);
    expect(mismatches({ stream: { byCommand: { SET: 2, DEL: 1 } } })).toHaveLength(1);
  });

  it('accepts one of several readings, and an error with or without its dash', () => {
    expect(mismatches({ lag: { maxMs: { anyOf: [null, 10] } } })).toEqual([]);
    expect(mismatches({ lag: { maxMs: { anyOf: [null, 20] } } })).toHaveLength(1);
    expect(mismatches({ syncs: [{ error: '-NOAUTH no' }] })).toEqual([]);
    expect(mismatches({ syncs: [{ error: '-NOAUTH yes' }] })).toHaveLength(1);
    expect(mismatches({ syncs: [] })).toHaveLength(1);
  });

  it('misses sessions and links, and finds those that should not be there', () => {
    expect(mismatches({ clientPort: 6 })).not.toEqual([]);
    expect(mismatches({}, { links: [], exactLinks: true })).toEqual([
      'links (others): expected [], got ["a"]',
    ]);
    expect(mismatches({ lag: { lastMs: null } })).toHaveLength(1);
  });
});
