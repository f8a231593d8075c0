import { FINEST_STEP_US, MAX_SESSION_POINTS } from './limits.js';

/** One step of a course. Only steps in which something was sent or acknowledged have one. */
export interface CoursePoint {
  /** Packet time of the first thing in it, µs. */
  time: number;
  /** Stream bytes sent and acknowledged by its end. */
  sent: number;
  acked: number;
  /** Least and most bytes unacknowledged in it. */
  lagMin: number;
  lagMax: number;
  /** Age of the oldest unacknowledged byte, ms: most, and last known. */
  ageMax: number;
  ageLast: number;
}

/**
 * How far a stream was sent and acknowledged over time, in steps of equal width that become wider when there are too many. The
 * extremes of a step survive its being merged with its neighbour.
 */
export class Course {
  /** In order of time. */
  points: CoursePoint[] = [];
  step = FINEST_STEP_US;

  /**
   * The state after something was sent or acknowledged, as LagMeter counts bytes. `ageMax` ms: before it; `ageLast`: after it.
   * @returns points that were added; negative where they were merged.
   */
  note(time: number, sent: number, acked: number, ageMax: number, ageLast: number): number {
    const lag = Math.max(0, sent - acked);
    const last = this.points.at(-1);
    if (last !== undefined && this.#isSameStep(last.time, time)) {
      absorb(last, sent, acked, lag, lag, ageMax, ageLast);
      return 0;
    }
    const before = this.points.length;
    this.points.push({ time, sent, acked, lagMin: lag, lagMax: lag, ageMax, ageLast });
    if (this.points.length > MAX_SESSION_POINTS) this.widen();
    return this.points.length - before;
  }

  /** True when something at `time` would begin a step. */
  isNewStep(time: number): boolean {
    const last = this.points.at(-1);
    return last === undefined || !this.#isSameStep(last.time, time);
  }

  /** Doubles the width of a step. @returns points that are gone. */
  widen(): number {
    const before = this.points.length;
    this.step *= 2;
    this.points = mergedPoints(this.points, this.step);
    return before - this.points.length;
  }

  #isSameStep(a: number, b: number): boolean {
    return Math.floor(a / this.step) === Math.floor(b / this.step);
  }
}

/** Points in steps of `step` µs: those of one step become one. */
export function mergedPoints(points: readonly CoursePoint[], step: number): CoursePoint[] {
  const merged: CoursePoint[] = [];
  for (const point of points) {
    const last = merged.at(-1);
    if (last === undefined || Math.floor(last.time / step) !== Math.floor(point.time / step)) {
      merged.push({ ...point });
      continue;
    }
    absorb(last, point.sent, point.acked, point.lagMin, point.lagMax, point.ageMax, point.ageLast);
  }
  return merged;
}

/** What comes later in the step of a point; as numbers, since one comes with each segment of a stream. */
function absorb(
  into: CoursePoint,
  sent: number,
  acked: number,
  lagMin: number,
  lagMax: number,
  ageMax: number,
  ageLast: number,
): void {
  into.sent = sent;
  into.acked = acked;
  into.lagMin = Math.min(into.lagMin, lagMin);
  into.lagMax = Math.max(into.lagMax, lagMax);
  into.ageMax = Math.max(into.ageMax, ageMax);
  into.ageLast = ageLast;
}
