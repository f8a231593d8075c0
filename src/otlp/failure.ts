import { rdbSessionOf } from '../replication/channels.js';
import type { Payload, Session, Sync } from '../replication/model.js';
import { causeText } from '../report/causes.js';
import { bytesText } from '../report/units.js';

/** Why a sync came to nothing. */
export interface SyncFailure {
  /** Which span shows it, besides the root; channel: one of the other connection of a two-connection sync. */
  in: 'handshake' | 'decision' | 'wait' | 'payload' | 'channel';
  /** `error.type`: one of few words. */
  type: string;
  message: string;
}

/** What failed of a sync, or of a session that asked for none; null: nothing did, or it goes on. */
export function failureOf(session: Session, sync: Sync | null): SyncFailure | null {
  if (sync === null) {
    const isRejected = session.handshake.auth === 'rejected';
    return isRejected ? { in: 'handshake', type: 'auth-rejected', message: 'AUTH was rejected' } : null;
  }
  if (sync.decision === 'REFUSED') {
    const type = sync.why?.code ?? sync.cause ?? 'refused';
    return { in: 'decision', type, message: causeText(sync, session.channel) };
  }
  // Of an earlier request on the same connection nothing more is known than its answer.
  if (session.syncs.at(-1) !== sync) return null;
  const isClosed = session.closedAt !== null;
  if (sync.decision === null)
    return isClosed ? { in: 'decision', type: 'no-answer', message: 'closed before an answer' } : null;
  const { payload } = session;
  if (payload !== null) return payloadFailure(payload, isClosed && session.phase !== 'online');
  if (isClosed && session.phase === 'waiting' && sync.decision !== 'DUALCHANNEL')
    return { in: 'wait', type: 'no-payload', message: 'closed before the payload began' };
  const other = rdbSessionOf(session);
  const failure = other === null ? null : failureOf(other, other.syncs.at(-1) ?? null);
  return failure === null ? null : { ...failure, in: 'channel' };
}

function payloadFailure(payload: Payload, isOver: boolean): SyncFailure | null {
  const { bytes, declaredBytes, complete, rdb } = payload;
  if (!complete && isOver) {
    const of = declaredBytes === null ? '' : ` of ${bytesText(declaredBytes)}`;
    return { in: 'payload', type: 'payload-aborted', message: `broken off after ${bytesText(bytes)}${of}` };
  }
  return rdb?.checksum === 'invalid'
    ? { in: 'payload', type: 'checksum-invalid', message: 'the checksum of the payload is invalid' }
    : null;
}
