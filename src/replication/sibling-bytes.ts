import { rdbSessionOf } from './channels.js';
import { latestGrant } from './grants.js';
import type { Session } from './model.js';

/** Takes the bytes of one command stream, each at its replication offset. What was not captured is left out. */
export interface OffsetBytes {
  /** bytes[start, end), borrowed until the call returns; the first of them has replication offset `offset`. Time in µs. */
  data(bytes: Uint8Array, start: number, end: number, offset: number, time: number, packet: number): void;
}

/** Who compares the streams of one history. Asked once for each stream whose offsets are certain. */
export interface HistoryFollower {
  /** @param isSound false: some bytes of the connection were captured twice, with different content. */
  follow(session: Session, replid: string, isSound: () => boolean): OffsetBytes;
}

/** Capability of KeyDB: its active replicas are not sent what came from them, so siblings rightly differ. */
const ACTIVE_REPLICA = 'activeExpire';

/**
 * The replication id under which the stream of this session may be compared with others byte by byte; null where that would not be
 * safe. Bytes at an offset are the same for all links of one replication id from 4.0 on (a chained replica passes them on as they
 * are); a master before that never names the id in its CONTINUE nor in its payload. Where the stream begins must be known for
 * certain: a guess that is one byte off would make every sibling look different.
 * @param holed something the master said before the stream is missing.
 */
export function comparableHistory(session: Session, holed: boolean): string | null {
  const { offsets, syncs, payload, handshake } = session;
  if (session.channel === 'rdb' || session.joinedMidstream || holed || offsets.basis !== 'handshake')
    return null;
  if (handshake.capabilities.includes(ACTIVE_REPLICA)) return null;
  const last = syncs.at(-1);
  if (last?.decision === 'CONTINUE') return last.grantedReplid;
  if (last?.decision === 'DUALCHANNEL') return replidOfOtherChannel(session);
  if (last?.decision !== 'FULLRESYNC' || payload === null || last.grantedReplid === null) return null;
  const isWhole = payload.complete && payload.finishedAt !== null;
  const endIsCertain =
    payload.form === 'length' || (payload.form === 'eof-mark' && payload.missingBytes === 0);
  return isWhole && endIsCertain && payload.rdb?.replid === last.grantedReplid ? last.grantedReplid : null;
}

/** Redis 8 RDB channel: id and offset of the stream were granted on the other connection. */
function replidOfOtherChannel(session: Session): string | null {
  const beside = rdbSessionOf(session);
  const sync = beside === null ? null : latestGrant(beside);
  return sync !== null && sync.grantedOffset === session.offsets.start ? sync.grantedReplid : null;
}
