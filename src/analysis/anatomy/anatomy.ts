import type { Payload, Session } from '../../replication/model.js';

/** Who a full sync waited for, most of its time. */
export type BoundBy = 'master' | 'network' | 'replica' | 'unclear';

/**
 * What they did meanwhile. snapshot: the master forked and wrote (or was waited for); slow-source: it paused with the window open and
 * nothing on its way; round-trips: it waited for ACKs, sending no more than the window or the congestion allowed; losses: the same, and
 * much was sent again; window: it sent all the time, what the window holds in each round trip; zero-window: the replica took nothing;
 * load: the replica loaded it, for longer than the second within which ACKs are due; first-ack: less than that; catch-up: what was written meanwhile was sent and applied; sending: nobody paused; short: too short to
 * tell.
 */
export type BoundReason =
  | 'snapshot'
  | 'slow-source'
  | 'round-trips'
  | 'losses'
  | 'window'
  | 'zero-window'
  | 'load'
  | 'first-ack'
  | 'catch-up'
  | 'sending'
  | 'short';

/** The parts of one full sync. Times in ms; null: not known from the capture. */
export interface SyncAnatomy {
  /** Sum of the parts that are known. */
  totalMs: number;
  /** Request to the payload's header, its first to its last byte, that to the first ACK, that to the end of the lag. */
  waitMs: number | null;
  transferMs: number;
  loadMs: number | null;
  catchUpMs: number | null;
  bytes: number;
  /** Bytes a second of the transfer; null when it took no time. */
  bytesPerSecond: number | null;
  roundTripMs: number | null;
  /** Of the transfer: see TransferFacts. */
  idleMs: number | null;
  unacknowledgedMs: number | null;
  zeroWindowMs: number | null;
  retransmittedBytes: number | null;
  maxFlightBytes: number | null;
  /** Bytes of commands written since the snapshot, as of the first ACK. */
  writtenBytes: number | null;
  boundBy: BoundBy;
  reason: BoundReason;
  /** Time that the reason took. */
  reasonMs: number;
}

/** Shorter syncs bother nobody, and a share of so little time says little, ms. */
const SHORT_MS = 200;

/** Replicas acknowledge once a second, loading or not: within that time the first ACK tells nothing of the loading, ms. */
const ACK_PERIOD_MS = 1000;

/** A part, or the parts of one side, that took this share of the time bound it. */
const BOUND_SHARE = 0.5;

/** So many of the bytes sent again are the reason for the waiting. */
const LOSS_SHARE = 0.005;

/** Round trips shorter than this limit nobody's window, ms; and how near to window per round trip the throughput must be. */
const LEAST_WINDOW_TRIP_MS = 1;
const WINDOW_SHARE = 0.7;

interface Part {
  side: BoundBy;
  reason: BoundReason;
  ms: number;
}

/** The anatomy of a session's full sync; null where it had none, or its payload's beginning is not in the capture. */
export function anatomyOf(session: Session): SyncAnatomy | null {
  const { payload } = session;
  const endAt = payload?.finishedAt ?? payload?.lastAt ?? null;
  if (payload === null || payload.startedAt === null || endAt === null) return null;
  const granted = session.syncs.findLast(({ decision }) => decision === 'FULLRESYNC' || decision === 'SYNC');
  const { loadedAt } = payload;
  const waitMs = granted === undefined ? null : ms(granted.requestedAt, payload.startedAt);
  const transferMs = ms(payload.startedAt, endAt);
  const loadMs = payload.finishedAt === null || loadedAt === null ? null : ms(payload.finishedAt, loadedAt);
  const catchUpMs =
    payload.caughtUpAt === null || loadedAt === null ? null : ms(loadedAt, payload.caughtUpAt);
  const bytesPerSecond = transferMs > 0 ? payload.bytes / (transferMs / 1000) : null;
  const roundTripMs = session.roundTripUs === null ? null : session.roundTripUs / 1000;
  const parts = [
    part('master', 'snapshot', waitMs),
    ...transferParts(payload, transferMs, bytesPerSecond, roundTripMs),
    part('replica', 'load', Math.max(0, (loadMs ?? 0) - ACK_PERIOD_MS)),
    part('unclear', 'first-ack', Math.min(ACK_PERIOD_MS, loadMs ?? 0)),
    part('unclear', 'catch-up', catchUpMs),
  ];
  const { transfer } = payload;
  return {
    totalMs: parts.reduce((sum, each) => sum + each.ms, 0),
    waitMs,
    transferMs,
    loadMs,
    catchUpMs,
    bytes: payload.bytes,
    bytesPerSecond,
    roundTripMs,
    idleMs: transfer?.idleMs ?? null,
    unacknowledgedMs: transfer?.unacknowledgedMs ?? null,
    zeroWindowMs: transfer?.zeroWindowMs ?? null,
    retransmittedBytes: transfer?.retransmittedBytes ?? null,
    maxFlightBytes: transfer?.maxFlightBytes ?? null,
    writtenBytes: payload.writtenBytes,
    ...verdict(parts),
  };
}

function part(side: BoundBy, reason: BoundReason, time: number | null): Part {
  return { side, reason, ms: time ?? 0 };
}

function ms(from: number, to: number): number {
  return Math.max(0, to - from) / 1000;
}

/** What the transfer's time went to. */
function transferParts(
  payload: Payload,
  transferMs: number,
  bytesPerSecond: number | null,
  roundTripMs: number | null,
): Part[] {
  const { transfer } = payload;
  if (transfer === null) return [part('unclear', 'sending', transferMs)];
  const { idleMs, unacknowledgedMs, zeroWindowMs, retransmittedBytes, maxFlightBytes } = transfer;
  const sending = Math.max(0, transferMs - idleMs - unacknowledgedMs - zeroWindowMs);
  const perTrip = ((bytesPerSecond ?? 0) * (roundTripMs ?? 0)) / 1000;
  const fillsWindow =
    roundTripMs !== null && roundTripMs >= LEAST_WINDOW_TRIP_MS && perTrip >= WINDOW_SHARE * maxFlightBytes;
  const isLossy = retransmittedBytes > LOSS_SHARE * payload.bytes;
  return [
    part('master', 'slow-source', idleMs),
    part('network', isLossy ? 'losses' : 'round-trips', unacknowledgedMs),
    part('replica', 'zero-window', zeroWindowMs),
    fillsWindow ? part('network', 'window', sending) : part('unclear', 'sending', sending),
  ];
}

/** The side that took half of the time or more, and the largest of its parts. */
function verdict(parts: readonly Part[]): Pick<SyncAnatomy, 'boundBy' | 'reason' | 'reasonMs'> {
  const total = parts.reduce((sum, each) => sum + each.ms, 0);
  const largest = (among: readonly Part[]): Part => among.reduce((a, b) => (b.ms > a.ms ? b : a));
  if (total < SHORT_MS) return { boundBy: 'unclear', reason: 'short', reasonMs: total };
  for (const side of ['master', 'network', 'replica'] as const) {
    const own = parts.filter((each) => each.side === side);
    const spent = own.reduce((sum, each) => sum + each.ms, 0);
    if (spent >= BOUND_SHARE * total)
      return { boundBy: side, reason: largest(own).reason, reasonMs: largest(own).ms };
  }
  const { reason, ms: reasonMs } = largest(parts);
  return { boundBy: 'unclear', reason, reasonMs };
}
