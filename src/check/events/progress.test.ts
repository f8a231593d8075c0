import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Progress } from './progress.js';
import type { Sequence } from './sequence.js';

/** The automaton behind "events", against all ways in which events can be taken for the steps of a sequence. */

interface Play {
  /** Steps by the kind of event that they ask for, and their bounds. */
  readonly steps: readonly { readonly kind: number; readonly within: number | null }[];
  readonly within: number | null;
  /** Events: their kind, and how long after the one before they come. */
  readonly events: readonly (readonly [kind: number, after: number])[];
}

function sequenceOf({ steps, within }: Play): Sequence {
  return {
    steps: steps.map(({ kind, within }) => ({
      event: String(kind),
      within,
      pattern: {},
      fields: {},
      text: String(kind),
    })),
    within,
    never: false,
    every: false,
  };
}

const STARTED_AT = 100;

function timesOf({ events }: Play): number[] {
  let time = STARTED_AT;
  return events.map(([, after]) => {
    time += after;
    return time;
  });
}

/** Index of the event that completes the sequence, as the automaton says; -1: none does. */
function found(play: Play): number {
  const progress = new Progress(sequenceOf(play));
  const times = timesOf(play);
  return play.events.findIndex(([kind], index) => {
    const matching = play.steps.flatMap((step, number) => (step.kind === kind ? [number] : [])).reverse();
    return progress.advance(matching, times[index]!, STARTED_AT).kind === 'whole';
  });
}

/** The same by trying all ways. */
function foundByTrying(play: Play): number {
  const times = timesOf(play);
  const completes = (last: number, step: number, end: number): boolean => {
    const { kind, within } = play.steps[step]!;
    if (play.events[last]![0] !== kind) return false;
    if (step === 0)
      return (
        (within === null || times[last]! - STARTED_AT <= within) &&
        (play.within === null || times[end]! - times[last]! <= play.within)
      );
    for (let before = 0; before < last; before++)
      if ((within === null || times[last]! - times[before]! <= within) && completes(before, step - 1, end))
        return true;
    return false;
  };
  return play.events.findIndex((_, index) => completes(index, play.steps.length - 1, index));
}

const KIND = fc.nat(2);
const BOUND = fc.option(fc.integer({ min: 1, max: 12 }), { nil: null });
const PLAY: fc.Arbitrary<Play> = fc.record({
  steps: fc.array(fc.record({ kind: KIND, within: BOUND }), { minLength: 1, maxLength: 4 }),
  within: BOUND,
  events: fc.array(fc.tuple(KIND, fc.nat(5)), { maxLength: 14 }),
});

describe('a sequence of events', () => {
  it('is met by the same event as when all ways are tried', () => {
    let met = 0;
    fc.assert(
      fc.property(PLAY, (play) => {
        const index = found(play);
        if (index !== -1) met++;
        expect(index).toBe(foundByTrying(play));
      }),
      { numRuns: 5000 },
    );
    // It would say little if none was.
    expect(met).toBeGreaterThan(500);
  });

  it('of a later beginning is met, where the first one is too old', () => {
    const steps = [
      { kind: 0, within: null },
      { kind: 1, within: null },
      { kind: 2, within: 5 },
    ];
    const events: Play['events'] = [
      [0, 0],
      [1, 1],
      [0, 10],
      [1, 1],
      [2, 2],
    ];
    expect(found({ steps, within: 4, events })).toBe(4);
    expect(found({ steps, within: 2, events })).toBe(-1);
  });

  it('tells by how much it was late, and of which bound', () => {
    const late = (within: number | null, total: number | null) => {
      const steps = [
        { kind: 0, within: null },
        { kind: 1, within },
      ];
      const progress = new Progress(sequenceOf({ steps, within: total, events: [] }));
      progress.advance([0], 100, STARTED_AT);
      return progress.advance([1], 109, STARTED_AT);
    };
    expect(late(8, null)).toEqual({ kind: 'late', step: 1, since: 9, within: 8, isTotal: false });
    expect(late(null, 8)).toEqual({ kind: 'late', step: 1, since: 9, within: 8, isTotal: true });
    expect(late(9, 9)).toEqual({ kind: 'whole', start: 100 });
  });

  it('finds the latest beginning after very many events, as quickly as after few', () => {
    const steps = [
      { kind: 0, within: null },
      { kind: 1, within: 1_000_000 },
      { kind: 2, within: null },
    ];
    const progress = new Progress(sequenceOf({ steps, within: 1_000_000, events: [] }));
    for (let time = 0; time < 100_000; time += 2) {
      progress.advance([0], time, 0);
      progress.advance([1], time + 1, 0);
    }
    expect(progress.furthest).toBe(2);
    expect(progress.advance([2], 100_001, 0)).toEqual({ kind: 'whole', start: 99_998 });
  });
});
