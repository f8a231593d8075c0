import { describe, expect, it } from 'vitest';
import { SessionLag } from '../lag.js';
import { Course, mergedPoints } from './course.js';
import { Courses } from './courses.js';
import { MAX_SESSION_POINTS } from './limits.js';

const MS = 1000;
const SECOND = 1000 * MS;

describe('the course of a session', () => {
  it('keeps one point a step, with its extremes', () => {
    const course = new Course();
    course.note(0, 100, 0, 0, 0);
    course.note(100, 900, 0, 3, 3);
    course.note(200, 900, 900, 5, 0);
    course.note(1 * MS, 950, 900, 0, 0);
    expect(course.points).toEqual([
      { time: 0, sent: 900, acked: 900, lagMin: 0, lagMax: 900, ageMax: 5, ageLast: 0 },
      { time: 1 * MS, sent: 950, acked: 900, lagMin: 50, lagMax: 50, ageMax: 0, ageLast: 0 },
    ]);
  });

  it('does not grow with the capture, and a single peak survives', () => {
    const course = new Course();
    const count = 40 * MAX_SESSION_POINTS;
    let points = 0;
    for (let i = 0; i < count; i++) {
      const peak = i === 12_345 ? 1_000_000 : 0;
      points += course.note(i * 50 * MS, i + peak, i, peak / 10, 0);
    }
    expect(course.points.length).toBeLessThanOrEqual(MAX_SESSION_POINTS);
    expect(course.points.length).toBeGreaterThan(MAX_SESSION_POINTS / 4);
    expect(points).toBe(course.points.length);
    expect(Math.max(...course.points.map(({ lagMax }) => lagMax))).toBe(1_000_000);
    expect(Math.max(...course.points.map(({ ageMax }) => ageMax))).toBe(100_000);
    expect(course.points.at(-1)!.sent).toBe(count - 1);
  });

  it('is merged in order of time', () => {
    const point = { sent: 1, acked: 1, lagMin: 0, lagMax: 0, ageMax: 0, ageLast: 0 };
    const times = [0, 3, 9, 10, 25].map((time) => ({ ...point, time }));
    expect(mergedPoints(times, 10).map(({ time }) => time)).toEqual([0, 10, 25]);
  });
});

describe('a followed meter', () => {
  it('measures what the meter alone does, and notes offsets and ages', () => {
    const alone = new SessionLag();
    const courses = new Courses();
    const session = {} as Parameters<Courses['meter']>[0];
    const followed = courses.meter(session, new SessionLag());
    for (const meter of [alone, followed]) {
      meter.sent(0, 0);
      meter.online(0);
      meter.sent(500, 1 * SECOND);
      meter.sent(700, 1 * SECOND + 400 * MS);
      meter.acknowledged(500, 2 * SECOND);
      meter.acknowledged(700, 3 * SECOND);
    }
    expect(followed.facts(4 * SECOND)).toEqual(alone.facts(4 * SECOND));
    const points = courses
      .of(session)!
      .points.map(({ time, sent, acked, ageMax, ageLast }) => [time / MS, sent, acked, ageMax, ageLast]);
    expect(points).toEqual([
      [0, 0, 0, 0, 0],
      [1000, 500, 0, 0, 0],
      [1400, 700, 0, 400, 400],
      [2000, 700, 500, 1000, 600],
      [3000, 700, 700, 1600, 0],
    ]);
  });
});
