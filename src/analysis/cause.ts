import type { Session, Sync } from '../replication/model.js';

/**
 * Enters `cause` (and `missedBytes`) of an answered sync: what the request, the answer and what this session told before say about
 * why it fell so. Rules: masterTryPartialResynchronization() of the servers, read from outside (replication-wire notes, 4.2).
 */
export function findCause(sync: Sync, session: Session): void {
  switch (sync.decision) {
    case 'CONTINUE':
      if (sync.failover) sync.cause = 'failover';
      else if (sync.replid === null || sync.grantedReplid === null) sync.cause = 'unknown';
      else sync.cause = sync.grantedReplid === sync.replid ? 'continued' : 'replid-switched';
      break;
    case 'SYNC':
      if (session.channel === 'main' && session.handshake.rdbOnly) sync.cause = 'rdb-only';
      // Who only wants the payload says so before, and asks for nothing else first.
      else if (session.channel === 'main' && session.requestsLost && session.syncs[0] === sync)
        sync.cause = 'unknown';
      else sync.cause = 'legacy-sync';
      break;
    case 'FULLRESYNC':
      fullResync(sync, session);
      break;
    case 'DUALCHANNEL':
      sync.cause = sync.replid === '?' ? 'first-sync' : 'unknown';
      break;
    default: // a refusal is told by its error text alone
      break;
  }
}

function fullResync(sync: Sync, session: Session): void {
  const { replid, offset, grantedReplid, grantedOffset } = sync;
  if (session.handshake.rdbOnly && session.channel === 'main') sync.cause = 'rdb-only';
  else if (replid === '?') sync.cause = 'first-sync';
  else if (replid === null || grantedReplid === null) sync.cause = 'unknown';
  else if (replid !== grantedReplid) sync.cause = 'replid-mismatch';
  else if (offset === null || grantedOffset === null) sync.cause = 'unknown';
  else if (offset - 1 > grantedOffset) sync.cause = 'offset-ahead';
  else {
    sync.cause = 'backlog-miss';
    sync.missedBytes = grantedOffset + 1 - offset;
  }
}
