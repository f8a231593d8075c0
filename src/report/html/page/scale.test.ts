import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalsOf, offsetLabels, placeLabels, tickStep, ticksBetween } from './scale.js';

const SECOND = 1e6;

describe('ticks', () => {
  it('lie at round times of day, whatever the axis begins at', () => {
    const origin = 1_700_000_000 * SECOND + 250_000;
    const ticks = ticksBetween(0, 3 * SECOND, SECOND, origin);
    expect(ticks).toEqual([750_000, 1_750_000, 2_750_000]);
  });

  it('are as many as there is room for, and no more', () => {
    const span = fc.integer({ min: 100, max: 30 * 24 * 3600 * SECOND });
    fc.assert(
      fc.property(span, fc.integer({ min: 2, max: 20 }), fc.nat(1e15), (length, count, origin) => {
        const step = tickStep(length, count);
        const ticks = ticksBetween(0, length, step, origin);
        expect(ticks.length).toBeLessThanOrEqual(count + 1);
        for (const at of ticks) {
          expect(at).toBeGreaterThanOrEqual(0);
          expect(at).toBeLessThanOrEqual(length);
          expect((at + origin) % step).toBe(0);
        }
      }),
    );
  });

  it('have the decimals that tell them apart', () => {
    expect([60e6, 1e6, 5e5, 2e4, 1e3, 10].map(decimalsOf)).toEqual([0, 0, 1, 2, 3, 6]);
  });
});

describe('labels of offsets', () => {
  it('are whole where they are short', () => {
    expect(offsetLabels([0, 2_000, 4_000])).toEqual(['0', '2,000', '4,000']);
    expect(offsetLabels([6_002_340, 6_002_350])).toEqual(['6,002,340', '6,002,350']);
  });

  it('take the largest unit that tells them apart', () => {
    expect(offsetLabels([50_000_000, 100_000_000])).toEqual(['50 M', '100 M']);
    expect(offsetLabels([1.5e12, 1.501e12])).toEqual(['1,500 G', '1,501 G']);
  });

  it('are cut at their beginning where nothing else fits', () => {
    expect(offsetLabels([123_456_789_010, 123_456_789_020])).toEqual(['…789,010', '…789,020']);
  });

  it('are never too long, and never two alike', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 52), fc.integer({ min: 0, max: 12 }), (from, power) => {
        const step = 10 ** power;
        const first = Math.floor(from / step) * step;
        const labels = offsetLabels([0, 1, 2, 3, 4].map((at) => first + at * step));
        expect(new Set(labels).size).toBe(5);
        for (const label of labels) expect(label.length).toBeLessThanOrEqual(9);
      }),
    );
  });
});

describe('labels of moments', () => {
  it('stand on the right, or on the left where the right has no room', () => {
    expect(placeLabels([10, 200, 380], [100, 100, 100], 400)).toEqual(['right', 'right', null]);
    expect(placeLabels([10, 380], [100, 100], 400)).toEqual(['right', 'left']);
  });

  it('never touch each other', () => {
    const place = fc.record({ at: fc.nat(600), size: fc.integer({ min: 10, max: 200 }) });
    fc.assert(
      fc.property(fc.array(place), (all) => {
        const sorted = [...all].sort((a, b) => a.at - b.at);
        const sides = placeLabels(
          sorted.map(({ at }) => at),
          sorted.map(({ size }) => size),
          600,
        );
        let end = 0;
        for (const [index, { at, size }] of sorted.entries()) {
          const side = sides[index];
          if (side == null) continue;
          const from = side === 'right' ? at : at - size;
          expect(from).toBeGreaterThanOrEqual(end);
          end = from + size;
          expect(end).toBeLessThanOrEqual(600);
        }
      }),
    );
  });
});
