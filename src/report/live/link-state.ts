import type { LinkDocument, PayloadDocument, SessionDocument, SyncDocument } from '../document.js';
import { isRefused, latestSession } from '../link-facts.js';
import { parseMicros } from '../time.js';
import { type LiveLinkDocument, sumOf } from './earlier-sessions.js';

/**
 * Where a link stands now, derived from its part of the summary document. The document tells what a session reached and what it
 * counted; a live view asks what holds at this moment.
 */

/** How long a closed link is still shown, µs. */
export const GONE_AFTER_US = 5 * 60_000_000;

/** How long a link that acknowledged once and has been silent since is shown, µs: its host vanished without closing. */
export const SILENT_AFTER_US = 60 * 60_000_000;

/**
 * The phases of a session, and three states besides: `loading` (the payload is complete, its replica has not acknowledged yet),
 * `refused` (the last session got errors only) and `closed`.
 */
export const LIVE_PHASES = [
  'connected',
  'handshake',
  'waiting',
  'transfer',
  'loading',
  'online',
  'refused',
  'closed',
] as const;
export type LivePhase = (typeof LIVE_PHASES)[number];

export interface LinkState {
  link: LiveLinkDocument;
  /** Latest main session; null for a link without sessions. */
  session: SessionDocument | null;
  phase: LivePhase;
  isOpen: boolean;
  /** Offset of the last stream byte captured of this session, and the last one acknowledged in it. */
  masterOffset: number | null;
  replicaOffset: number | null;
  /** The offsets were inferred: the capture joined mid-stream. */
  isInferred: boolean;
  /** Lag now; null when closed or not known. */
  lagBytes: number | null;
  lagMs: number | null;
  /** Time since the last ACK; null when closed or before the first one. */
  ackAgeMs: number | null;
  /** Totals over all sessions of the link. */
  streamBytes: number;
  streamCommands: number;
  payloadBytes: number;
  gaps: number;
  missingBytes: number;
  /** Latest PSYNC or SYNC that was answered, or the one that waits; null mid-stream. */
  lastSync: SyncDocument | null;
  /** Latest payload of the link, on whichever channel, and its session. */
  payload: PayloadDocument | null;
}

/** Milliseconds from an ISO time to `now` (µs), never negative: packets may bear times after the clock that asks. */
export function ageMs(iso: string, now: number): number {
  return Math.max(0, (now - parseMicros(iso)) / 1000);
}

/** The state of a link at `now` (µs). `lastTime`: packet time as of which the document was made, from which lag has gone on to age. */
export function linkState(link: LiveLinkDocument, lastTime: string | null, now: number): LinkState {
  const session = latestSession(link);
  const phase = livePhase(link, session);
  const isOpen = session !== null && session.closedAt === null;
  const lag = isOpen ? session.lag : null;
  return {
    link,
    session,
    phase,
    isOpen,
    masterOffset: session?.offsets.end ?? null,
    replicaOffset: session?.offsets.lastAck ?? null,
    isInferred: session?.offsets.basis === 'inferred',
    lagBytes: lag?.lastBytes ?? null,
    lagMs: lag === null ? null : agedLag(lag, lastTime, now),
    ackAgeMs: isOpen && session.acks.lastAt !== null ? ageMs(session.acks.lastAt, now) : null,
    streamBytes: sumOf(link, 'streamBytes'),
    streamCommands: sumOf(link, 'streamCommands'),
    payloadBytes: sumOf(link, 'payloadBytes'),
    gaps: sumOf(link, 'gaps'),
    missingBytes: sumOf(link, 'missingBytes'),
    lastSync: session?.syncs.findLast((sync) => sync.decision !== null) ?? session?.syncs.at(-1) ?? null,
    payload:
      link.sessions.findLast((each) => each.payload !== null)?.payload ?? link.earlier?.payload ?? null,
  };
}

/** True when a link is over for so long that nobody watches for it any more. */
export function isGone(link: LinkDocument, now: number): boolean {
  const session = latestSession(link);
  if (session === null) return true;
  const micros = (iso: string | null) => (iso === null ? null : parseMicros(iso));
  return isOver(micros(session.closedAt), micros(session.acks.lastAt), now);
}

/** The same of the times of its latest session, µs: when it was closed, and its last ACK. */
export function isOver(closedAt: number | null, lastAckAt: number | null, now: number): boolean {
  if (closedAt !== null) return now - closedAt > GONE_AFTER_US;
  return lastAckAt !== null && now - lastAckAt > SILENT_AFTER_US;
}

function livePhase(link: LinkDocument, session: SessionDocument | null): LivePhase {
  if (session === null) return 'closed';
  if (isRefused(session)) return 'refused';
  if (session.closedAt !== null) return 'closed';
  // Two-connection sync: the main session may be online already while the other one carries the payload.
  const beside = link.sessions.findLast((each) => each.channel === 'rdb' && each.closedAt === null);
  if (beside !== undefined && (beside.phase === 'waiting' || beside.phase === 'transfer'))
    return beside.phase;
  if (session.phase === 'online' && session.payload?.complete === true && session.acks.count === 0)
    // Who asks with SYNC may be of a version that never acknowledges.
    return session.syncs.at(-1)?.decision === 'FULLRESYNC' ? 'loading' : 'online';
  return session.phase;
}

/** The document's lag is as of the last packet; what is not acknowledged since then is older by now. */
function agedLag(lag: SessionDocument['lag'], lastTime: string | null, now: number): number | null {
  if (lag.lastMs === null) return null;
  if (lag.lastBytes === null || lag.lastBytes === 0 || lastTime === null) return lag.lastMs;
  return lag.lastMs + ageMs(lastTime, now);
}
