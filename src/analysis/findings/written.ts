import type { Session, Sync } from '../../replication/model.js';
import type { HistoryEnd } from './history-ends.js';
import { msBetween } from './sessions.js';
import { perSecond } from './sizing.js';

/** What was written to the stream since a fork, over how long, and the rate of it. */
export interface Written {
  bytes: number;
  ms: number;
  perSecond: number | null;
}

/** @param end how far the history went on, as far as was seen. @returns null: nothing tells. */
export function writtenSince(sync: Sync, end: HistoryEnd | null): Written | null {
  if (sync.grantedOffset === null || end === null) return null;
  const bytes = Math.max(0, end.offset - sync.grantedOffset);
  const ms = msBetween(sync.decidedAt, end.time) ?? 0;
  return { bytes, ms, perSecond: perSecond(bytes, ms) };
}

/** Bytes written in `ms` at that rate; null where it is not known. */
export function bytesIn(written: Written | null, ms: number | null): number | null {
  if (written === null || ms === null) return null;
  return written.perSecond === null ? written.bytes : Math.round((written.perSecond * ms) / 1000);
}

/**
 * How long the sync would have taken from the fork to the last byte of its payload at the speed that was seen, ms. The size of one
 * without a length is that of another payload of the link, if a whole one was captured. null: it was at its end, or not known.
 */
export function expectedMs({ payload, link, closedAt }: Session, sync: Sync): number | null {
  if (payload === null || payload.complete || payload.bytes === 0) return null;
  const whole = link.sessions.findLast((each) => each.payload?.complete === true)?.payload?.bytes ?? null;
  const size = payload.declaredBytes ?? whole;
  const waitMs = msBetween(sync.decidedAt, payload.startedAt);
  const transferMs = msBetween(payload.startedAt, closedAt);
  if (size === null || size <= payload.bytes || waitMs === null || transferMs === null) return null;
  return Math.round(waitMs + (transferMs * size) / payload.bytes);
}
