import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { View } from './view.js';

describe('the view', () => {
  it('stays on the axis, whatever is done with it', () => {
    const act = fc.oneof(
      fc.record({ kind: fc.constant('zoom'), by: fc.double({ min: 0.1, max: 10, noNaN: true }) }),
      fc.record({ kind: fc.constant('pan'), by: fc.double({ min: -3, max: 3, noNaN: true }) }),
      fc.record({ kind: fc.constant('step'), by: fc.double({ min: -0.5, max: 0.5, noNaN: true }) }),
      fc.record({ kind: fc.constant('focus'), by: fc.double({ min: 0, max: 1e6, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 12 }), (acts) => {
        const view = new View(1_000_000);
        for (const { kind, by } of acts) {
          view[kind as 'zoom' | 'pan' | 'step' | 'focus'](by);
          const { from, to } = view.span;
          expect(from).toBeGreaterThanOrEqual(-10_001);
          expect(to).toBeLessThanOrEqual(1_010_001);
          expect(to - from).toBeGreaterThanOrEqual(99.9);
        }
      }),
    );
  });

  it('keeps the cursor where it is when it zooms, and tells who listens', () => {
    const view = new View(1_000_000);
    let told = 0;
    view.onSpan(() => told++);
    view.point(250_000);
    const place = (): number => (250_000 - view.span.from) / (view.span.to - view.span.from);
    const before = place();
    view.zoom(0.5);
    expect(place()).toBeCloseTo(before, 6);
    view.reset();
    expect(view.span).toEqual({ from: -10_000, to: 1_010_000 });
    expect(told).toBe(2);
  });

  it('follows a cursor that is moved beyond what is shown', () => {
    const view = new View(1_000_000);
    view.show(0, 100_000);
    view.step(0.1);
    expect(view.cursor).toBe(60_000);
    for (let i = 0; i < 6; i++) view.step(0.1);
    expect(view.cursor).toBe(120_000);
    expect(view.span.from).toBeLessThan(120_000);
    expect(view.span.to).toBeGreaterThan(120_000);
    for (let i = 0; i < 200; i++) view.step(0.5);
    expect(view.cursor).toBe(1_000_000);
  });
});
