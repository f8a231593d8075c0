import type { Session, Sync } from '../../replication/model.js';
import { type Why, why } from '../../replication/why.js';
import type { Ground } from './ground.js';
import { continued } from './why-continued.js';
import { askedForNothing } from './why-first.js';
import { otherHistory } from './why-mismatch.js';
import { refused } from './why-refused.js';
import { sameHistory } from './why-same.js';

/** Why an answered sync fell as it did; its `cause` is known. null: nothing to say beyond the cause. */
export function whyOf(sync: Sync, session: Session, ground: Ground): Why | null {
  switch (sync.cause) {
    case 'first-sync':
      return sync.decision === null ? null : askedForNothing(sync, session, ground);
    case 'replid-mismatch':
      return otherHistory(sync, session, ground);
    case 'backlog-miss':
    case 'offset-ahead':
      return sameHistory(sync, session, ground);
    case 'continued':
    case 'replid-switched':
    case 'failover':
      return continued(sync, session, ground);
    case 'not-ready':
    case 'auth':
    case 'unsupported':
      return refused(sync, session, ground);
    case 'legacy-sync':
      if (session.syncs.some((other) => other !== sync && other.decision === 'REFUSED'))
        return why('psync-refused');
      // 2.6 announces its port; 2.4 does not, and neither do tools.
      return session.handshake.listeningPort === null
        ? why('sync-client', {}, ['old-replica'])
        : why('old-replica');
    case 'rdb-only':
      return why('dump-client');
    default:
      return null;
  }
}
