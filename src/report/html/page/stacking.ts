import type { SessionView } from '../model.js';

/** Rows of a lane at most: what overlaps more is drawn over each other. */
const MOST_ROWS = 4;

/** Rows of sessions that overlap (the two connections of one sync). */
export function stacked(sessions: readonly SessionView[]): { rows: Map<number, number>; count: number } {
  const rows = new Map<number, number>();
  const ends: number[] = [];
  for (const { number, from, to } of sessions) {
    const free = ends.findIndex((end) => end <= from);
    const row = free === -1 ? Math.min(ends.length, MOST_ROWS - 1) : free;
    ends[row] = Math.max(ends[row] ?? 0, to);
    rows.set(number, row);
  }
  return { rows, count: ends.length };
}
