import { describe, expect, it } from 'vitest';
import type { CourseView } from '../model.js';
import { alignCourses, indexAt } from './series.js';

/** Two steps of 100 µs: in the first 50 bytes waited at most and were acknowledged at its end, the second stays open. */
function course(shift = 0): CourseView {
  return {
    step: 100,
    starts: [0],
    ends: [400 + shift],
    t: [0 + shift, 200 + shift],
    sent: [50, 80],
    acked: [50, 50],
    lagMin: [0, 30],
    lagMax: [50, 30],
    age: [7, 2],
    ageEnd: [0, 2],
  };
}

describe('aligned courses', () => {
  it('show the most of a step, and then what it came to', () => {
    const { x, columns } = alignCourses([course()]);
    expect(x).toEqual([0, 100, 200, 400, 401]);
    const [only] = columns;
    expect(only!.hi).toEqual([50, 0, 30, 30, null]);
    expect(only!.acked).toEqual([50, 50, 50, 50, null]);
    expect(only!.age[0]).toBe(7);
    expect(only!.age[1]).toBe(0);
  });

  it('know nothing before a session, behind it, and between two', () => {
    const two: CourseView = {
      ...course(),
      starts: [0, 1],
      ends: [50, 400],
    };
    const { x, columns } = alignCourses([two, course(1000)]);
    const at = (column: (number | null)[], time: number): number | null | undefined =>
      column[indexAt(x, time)];
    expect(at(columns[0]!.sent, 0)).toBe(50);
    expect(at(columns[0]!.sent, 100)).toBeNull();
    expect(at(columns[0]!.sent, 300)).toBe(80);
    expect(at(columns[0]!.sent, 1000)).toBeNull();
    expect(at(columns[1]!.sent, 300)).toBeNull();
    expect(at(columns[1]!.sent, 1300)).toBe(80);
  });

  it('keep each peak of every link', () => {
    const { columns } = alignCourses([course(), course(33), course(1)]);
    for (const { hi } of columns) expect(Math.max(...hi.map((value) => value ?? 0))).toBe(50);
  });

  it('let an age grow evenly from one moment to the next', () => {
    const growing: CourseView = { ...course(), acked: [0, 0], lagMin: [50, 80], lagMax: [50, 80] };
    const { x, columns } = alignCourses([
      { ...growing, age: [0, 2], ageEnd: [0, 2], sent: [50, 80] },
      course(50),
    ]);
    expect(columns[0]!.age[indexAt(x, 50)]).toBeCloseTo(0.5, 5);
  });

  it('are found by their time', () => {
    expect([-1, 0, 5, 10, 99].map((t) => indexAt([0, 10, 20], t))).toEqual([-1, 0, 0, 1, 2]);
    expect(indexAt([], 5)).toBe(-1);
  });
});
