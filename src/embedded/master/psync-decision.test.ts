import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backlog } from './backlog.js';
import type { HistoryView } from './history.js';
import { NO_REPLID } from './history.js';
import { decidePsync } from './psync-decision.js';

const ONE = '1'.repeat(40);
const TWO = '2'.repeat(40);
const OTHER = 'f'.repeat(40);

/** Offset 1000, of which the backlog has 901 to 1000; promoted at 949. */
const HISTORY: HistoryView = { replid: ONE, replid2: TWO, offset: 1000, secondOffset: 950 };
const BACKLOG = { firstOffset: 901, length: 100 };
const NAME = '10.0.0.2:6380';

const decide = (replid: string, offset: number, backlog: typeof BACKLOG | null = BACKLOG) =>
  decidePsync({ replid, offset }, HISTORY, backlog, NAME);

describe('what PSYNC is answered', () => {
  it.each([
    [ONE, 1001, 0],
    [ONE, 1000, 1],
    [ONE, 901, 100],
    // The byte at the second offset is the first one the old id does not cover, and still what a replica that has all of it asks for.
    [TWO, 950, 51],
    [TWO, 901, 100],
  ])('%.1s… %i is continued with %i bytes', (replid, offset, bytes) => {
    expect(decide(replid, offset)).toEqual({
      kind: 'continue',
      bytes,
      log: [
        `Partial resynchronization request from ${NAME} accepted. Sending ${bytes} bytes of backlog starting from offset ${offset}.`,
      ],
    });
  });

  it.each([
    ['?', -1, 'asked-for', null, [`Full resync requested by replica ${NAME}`]],
    [
      OTHER,
      950,
      'unknown-id',
      null,
      [
        `Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '${OTHER}', my replication IDs are '${ONE}' and '${TWO}')`,
      ],
    ],
    [
      TWO,
      951,
      'past-second-id',
      null,
      [
        'Partial resynchronization not accepted: Requested offset for second ID was 951, but I can reply up to 950',
      ],
    ],
    [
      ONE,
      900,
      'backlog-too-short',
      101,
      [`Unable to partial resync with replica ${NAME} for lack of backlog (Replica request was: 900).`],
    ],
    [
      ONE,
      1002,
      'beyond-offset',
      -1,
      [
        `Unable to partial resync with replica ${NAME} for lack of backlog (Replica request was: 1002).`,
        `Warning: replica ${NAME} tried to PSYNC with an offset that is greater than the master replication offset.`,
      ],
    ],
  ] as const)('%.1s… %i needs everything: %s', (replid, offset, reason, missing, log) => {
    expect(decide(replid, offset)).toEqual({ kind: 'full', reason, missing, log });
  });

  it('cannot go on without a backlog', () => {
    expect(decide(ONE, 1001, null)).toMatchObject({ kind: 'full', reason: 'no-backlog', missing: 0 });
  });

  it('takes the id of forty zeros for none', () => {
    const history = { ...HISTORY, replid2: NO_REPLID, secondOffset: -1 };
    const decision = decidePsync({ replid: NO_REPLID, offset: 950 }, history, BACKLOG, NAME);
    expect(decision).toMatchObject({ kind: 'full', reason: 'past-second-id' });
  });

  it('goes by the run id alone before 4.0', () => {
    const old = (replid: string) => decidePsync({ replid, offset: 950 }, HISTORY, BACKLOG, NAME, false);
    expect(old(ONE)).toMatchObject({ kind: 'continue', bytes: 51 });
    expect(old('?')).toMatchObject({ kind: 'full', reason: 'asked-for' });
    expect(old(TWO)).toEqual({
      kind: 'full',
      reason: 'unknown-id',
      missing: null,
      log: [
        `Partial resynchronization not accepted: Runid mismatch (Client asked for runid '${TWO}', my runid is '${ONE}')`,
      ],
    });
  });

  it('is continued exactly when the id is valid there and the backlog can serve it', () => {
    const numbers = fc.record({
      size: fc.integer({ min: 1, max: 60 }),
      fed: fc.integer({ min: 0, max: 100 }),
      start: fc.integer({ min: 0, max: 20 }),
      second: fc.integer({ min: -1, max: 120 }),
      asked: fc.integer({ min: -1, max: 130 }),
      id: fc.constantFrom(ONE, TWO, OTHER, '?'),
    });
    fc.assert(
      fc.property(numbers, ({ size, fed, start, second, asked, id }) => {
        const backlog = new Backlog(size, start + 1);
        backlog.append(new Uint8Array(fed));
        const offset = start + fed;
        const history = { replid: ONE, replid2: TWO, offset, secondOffset: second };
        const decision = decidePsync({ replid: id, offset: asked }, history, backlog, NAME);
        const known = id === ONE || (id === TWO && asked <= second);
        const held = asked >= offset + 1 - Math.min(size, fed) && asked <= offset + 1;
        expect(decision.kind).toBe(known && held ? 'continue' : 'full');
        // What is promised can be taken out of the backlog.
        if (decision.kind === 'continue') expect(backlog.from(asked)).toHaveLength(decision.bytes);
        else if (known) expect(decision.missing).toBe(offset - asked + 1);
      }),
      { numRuns: 500 },
    );
  });
});
