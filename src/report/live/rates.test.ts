import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixture } from '../../testing/fixtures.js';
import { busyLink, LIVE_NOW } from '../../testing/sample-live.js';
import { successiveDocuments } from '../../testing/successive-documents.js';
import { linkDocument } from '../summary.js';
import { type LinkState, linkState } from './link-state.js';
import { HISTORY_LENGTH, LinkRates, MAX_RATED_LINKS } from './rates.js';

const SECOND = 1_000_000;

function stateAt(now: number, bytes: number, replica = '10.0.0.2:6379', lagBytes = 0): LinkState {
  const link = busyLink({ master: '10.0.0.1:6379', replica }, { now, bytes, lagBytes, ackAgeMs: 0 });
  return linkState(linkDocument(link), null, now);
}

function rated(looks: readonly { now: number; bytes: number; lagBytes?: number }[]) {
  const rates = new LinkRates();
  return looks.map(({ now, bytes, lagBytes }) => {
    const state = stateAt(now, bytes, undefined, lagBytes);
    const rate = rates.update([state], now).get(state.link.id)!;
    return { ...rate, lagHistory: [...rate.lagHistory] };
  });
}

describe('rates', () => {
  it('are unknown at first, then what came a second', () => {
    const at = [0, 2 * SECOND, 3 * SECOND].map((t) => LIVE_NOW + t);
    const rates = rated([
      { now: at[0]!, bytes: 1000 },
      { now: at[1]!, bytes: 5000 },
      { now: at[2]!, bytes: 5000 },
    ]);
    expect(rates.map((rate) => rate.bytesPerSecond)).toEqual([null, 2000, 0]);
    expect(rates.map((rate) => rate.commandsPerSecond)).toEqual([null, 50, 0]);
  });

  it('are not negative when totals shrink, and not infinite when time stands still', () => {
    const rates = rated([
      { now: LIVE_NOW, bytes: 1000 },
      { now: LIVE_NOW + SECOND, bytes: 400 },
      { now: LIVE_NOW + SECOND, bytes: 9000 },
      { now: LIVE_NOW, bytes: 9000 },
    ]);
    expect(rates.map((rate) => rate.bytesPerSecond)).toEqual([null, 0, 0, 0]);
  });

  it('add up to what came, whatever the intervals', () => {
    const steps = fc.array(fc.record({ dt: fc.integer({ min: 1, max: 1e8 }), bytes: fc.nat(1e9) }), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(steps, (list) => {
        let now = LIVE_NOW;
        let bytes = 0;
        const looks = [{ now, bytes }];
        for (const step of list) {
          now += step.dt;
          bytes += step.bytes;
          looks.push({ now, bytes });
        }
        const rates = rated(looks);
        const sum = list.reduce(
          (total, { dt }, i) => total + (rates[i + 1]!.bytesPerSecond! * dt) / SECOND,
          0,
        );
        expect(Math.abs(sum - bytes)).toBeLessThanOrEqual(bytes * 1e-9 + 1e-3);
      }),
      { numRuns: 50 },
    );
  });

  it('of a real capture add up to its resyncs and stream', async () => {
    const rates = new LinkRates();
    const sum = { full: 0, partial: 0, refused: 0, bytes: 0 };
    let before = 0;
    let first: LinkState | null = null;
    let last: LinkState | null = null;
    for (const { document, now } of await successiveDocuments(
      fixture('auth-redis-5.0.14.pcap').path,
      250_000,
    )) {
      const states = document.links.map((link) => linkState(link, document.capture.lastTime, now));
      const rate = [...rates.update(states, now).values()][0];
      first ??= states[0] ?? null;
      last = states[0] ?? last;
      if (rate !== undefined && now > before) {
        sum.full += rate.fullResyncs;
        sum.partial += rate.partialResyncs;
        sum.refused += rate.refusedSyncs;
        sum.bytes += ((rate.bytesPerSecond ?? 0) * (now - before)) / SECOND;
      }
      before = now;
    }
    const counted = (key: 'fullResyncs' | 'partialResyncs' | 'refusedSyncs') =>
      last!.link[key] - first!.link[key];
    expect(sum.full).toBe(counted('fullResyncs'));
    expect(sum.partial).toBe(counted('partialResyncs'));
    expect(sum.refused).toBe(counted('refusedSyncs'));
    expect(sum.full + sum.refused).toBeGreaterThan(3);
    expect(sum.bytes).toBeCloseTo(last!.streamBytes - first!.streamBytes, 3);
  });
});

describe('history of lag', () => {
  it('holds the latest looks', () => {
    const looks = Array.from({ length: HISTORY_LENGTH + 5 }, (_, i) => ({
      now: LIVE_NOW + i * SECOND,
      bytes: i,
      lagBytes: i,
    }));
    const history = rated(looks).at(-1)!.lagHistory;
    expect(history).toHaveLength(HISTORY_LENGTH);
    expect(history.at(-1)).toBe(HISTORY_LENGTH + 4);
  });

  it('holds a peak between two looks, when it was the highest so far', () => {
    const rates = new LinkRates();
    const low = stateAt(LIVE_NOW, 10);
    rates.update([low], LIVE_NOW);
    const later = stateAt(LIVE_NOW + SECOND, 10, undefined, 3);
    later.link.lag.maxBytes = low.link.lag.maxBytes! + 1;
    const rate = rates.update([later], LIVE_NOW + SECOND).get(later.link.id)!;
    expect(rate.lagHistory).toEqual([0, low.link.lag.maxBytes! + 1]);
  });
});

describe('bounds', () => {
  it('forget links that went away', () => {
    const rates = new LinkRates();
    rates.update([stateAt(LIVE_NOW, 1, 'a:1'), stateAt(LIVE_NOW, 1, 'b:1')], LIVE_NOW);
    const next = stateAt(LIVE_NOW + SECOND, 1, 'b:1');
    rates.update([next], LIVE_NOW + SECOND);
    expect(rates.size).toBe(1);
    const back = stateAt(LIVE_NOW + 2 * SECOND, 500, 'a:1');
    expect(rates.update([back], LIVE_NOW + 2 * SECOND).get(back.link.id)!.bytesPerSecond).toBeNull();
  });

  it('remember no more links than the limit', () => {
    const rates = new LinkRates();
    const base = stateAt(LIVE_NOW, 1);
    const states = Array.from({ length: MAX_RATED_LINKS + 10 }, (_, i) => ({
      ...base,
      link: { ...base.link, id: `link ${i}` },
    }));
    expect(rates.update(states, LIVE_NOW).size).toBe(MAX_RATED_LINKS + 10);
    expect(rates.size).toBe(MAX_RATED_LINKS);
  });
});
