import type { Course, CoursePoint } from '../../analysis/course/course.js';
import { mergedPoints } from '../../analysis/course/course.js';
import type { Session } from '../../replication/model.js';
import type { Axis } from './axis.js';
import { MAX_CHART_POINTS, MAX_LINK_POINTS } from './limits.js';
import type { CourseView } from './model.js';

/** A link's sessions with their courses, in order of time. */
type Followed = [Session, Course][];

/**
 * Offsets and lag of a link over time, in steps so wide that they are not too many. null: none of its sessions was followed.
 * @param links how many links share MAX_CHART_POINTS.
 */
export function courseView(
  sessions: readonly Session[],
  courseOf: (session: Session) => Course | null,
  axis: Axis,
  links: number,
): CourseView | null {
  const followed: Followed = sessions
    .map((session): [Session, Course | null] => [session, courseOf(session)])
    .filter((each): each is Followed[number] => each[1] !== null && each[1].points.length > 0)
    .sort(([a], [b]) => a.firstSeenAt - b.firstSeenAt);
  if (followed.length === 0) return null;
  const limit = Math.min(MAX_LINK_POINTS, Math.max(64, Math.floor(MAX_CHART_POINTS / links)));
  let step = Math.max(...followed.map(([, course]) => course.step));
  let parts = followed.map(([session, course]) => withEnd(session, course.points, axis));
  // Two points a session are the least; of a loop of thousands the first ones have to do.
  while (parts.length * 2 <= limit && parts.reduce((sum, { length }) => sum + length, 0) > limit) {
    step *= 2;
    parts = parts.map((points) => mergedPoints(points, step));
  }
  return columns(followed.slice(0, limit >> 1), parts, step, axis);
}

/** The points of a session, and one at its end: what was not acknowledged grows older until then. */
function withEnd(session: Session, points: readonly CoursePoint[], axis: Axis): CoursePoint[] {
  const last = points.at(-1)!;
  const time = session.closedAt ?? axis.to;
  const { lastMs } = session.lag;
  if (time <= last.time || lastMs === null || lastMs === 0) return [...points];
  const lag = Math.max(0, last.sent - last.acked);
  return [...points, { ...last, time, lagMin: lag, lagMax: lag, ageMax: lastMs, ageLast: lastMs }];
}

function columns(followed: Followed, parts: readonly CoursePoint[][], step: number, axis: Axis): CourseView {
  const view: CourseView = {
    step,
    starts: [],
    ends: [],
    t: [],
    sent: [],
    acked: [],
    lagMin: [],
    lagMax: [],
    age: [],
    ageEnd: [],
  };
  for (const [index, [session]] of followed.entries()) {
    const { start } = session.offsets;
    view.starts.push(view.t.length);
    view.ends.push(axis.micros(session.closedAt ?? axis.to));
    for (const point of parts[index]!) {
      view.t.push(axis.micros(point.time));
      view.sent.push(start === null ? null : start + point.sent);
      view.acked.push(start === null ? null : start + point.acked);
      view.lagMin.push(point.lagMin);
      view.lagMax.push(point.lagMax);
      view.age.push(tenths(point.ageMax));
      view.ageEnd.push(tenths(point.ageLast));
    }
  }
  return view;
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
