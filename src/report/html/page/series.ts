import type { CourseView } from '../model.js';

/** One moment of a link. `hi` and `lo`: most and least bytes unacknowledged; `age` ms of the oldest of them. null: nothing is known. */
interface Row {
  t: number;
  sent: number | null;
  acked: number | null;
  hi: number | null;
  lo: number | null;
  age: number | null;
}

/** Columns of a link's charts over the shared moments `x`. */
export interface Columns {
  sent: (number | null)[];
  acked: (number | null)[];
  hi: (number | null)[];
  lo: (number | null)[];
  age: (number | null)[];
}

/** Moments of several links as one ascending list, and the state of each link at each of them. */
export function alignCourses(courses: readonly (CourseView | null)[]): { x: number[]; columns: Columns[] } {
  const rows = courses.map((course) => (course === null ? [] : rowsOf(course)));
  const moments = new Set<number>();
  for (const each of rows) for (const { t } of each) moments.add(t);
  const x = [...moments].sort((a, b) => a - b);
  return { x, columns: rows.map((each) => columnsOf(each, x)) };
}

function rowsOf(course: CourseView): Row[] {
  const rows: Row[] = [];
  for (const [session, start] of course.starts.entries()) {
    const next = course.starts[session + 1] ?? course.t.length;
    for (let i = start; i < next; i++)
      rows.push(
        ...stepRows(course, i, i + 1 < next ? (course.t[i]! + course.t[i + 1]!) / 2 : course.ends[session]!),
      );
    const last = rows.at(-1);
    if (last === undefined) continue;
    const end = Math.max(course.ends[session]!, last.t);
    rows.push({ ...last, t: end }, { t: end + 1, sent: null, acked: null, hi: null, lo: null, age: null });
  }
  return rows;
}

/** A step: what it came to at its most, and then how it ended where that is something else; not later than `until`. */
function stepRows(course: CourseView, i: number, until: number): Row[] {
  const t = course.t[i]!;
  const sent = course.sent[i]!;
  const acked = course.acked[i]!;
  const hi = course.lagMax[i]!;
  const lo = course.lagMin[i]!;
  const first: Row = { t, sent, acked, hi, lo, age: course.age[i]! };
  const rest = sent === null || acked === null ? lo : Math.max(0, sent - acked);
  const ageEnd = course.ageEnd[i]!;
  if (rest === hi && rest === lo && ageEnd === first.age) return [first];
  const half = Math.min(course.step, until - t);
  return [first, { ...first, t: t + Math.max(1, Math.floor(half)), hi: rest, lo: rest, age: ageEnd }];
}

function columnsOf(rows: readonly Row[], x: readonly number[]): Columns {
  const columns: Columns = { sent: [], acked: [], hi: [], lo: [], age: [] };
  let at = -1;
  for (const t of x) {
    while (at + 1 < rows.length && rows[at + 1]!.t <= t) at++;
    const row = at < 0 ? null : rows[at]!;
    columns.sent.push(row?.sent ?? null);
    columns.acked.push(row?.acked ?? null);
    columns.hi.push(row?.hi ?? null);
    columns.lo.push(row?.lo ?? null);
    columns.age.push(row === null ? null : ageAt(row, rows[at + 1], t));
  }
  return columns;
}

/** An age grows evenly between what is known of it. */
function ageAt(row: Row, next: Row | undefined, t: number): number | null {
  if (row.age === null || next === undefined || next.age === null || next.t === row.t) return row.age;
  return row.age + ((next.age - row.age) * (t - row.t)) / (next.t - row.t);
}

/** Index of the last moment at or before `t`; -1 before the first. */
export function indexAt(x: readonly number[], t: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle]! <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
