import { escapeText } from './escape.js';
import type { SyncFacts } from './sync-facts.js';
import { bytesText, countText } from './units.js';
import { shortId, whyText } from './why-text.js';

/** Words for what a replica asked, what it was told, and why. Facts: replication-wire.md 4.2 (docs/). */

/** Columns an error text of the wire may take. */
const ERROR_COLUMNS = 120;

function errorText(sync: SyncFacts): string {
  return sync.error === null ? 'no error text' : escapeText(sync.error.replace(/^-/, ''), ERROR_COLUMNS);
}

/** `PSYNC ? -1`, `PSYNC 48f9e4f8… 5,736`, `SYNC`. */
export function requestText(sync: SyncFacts): string {
  if (sync.command === 'SYNC') return 'SYNC';
  const offset = sync.offset === null ? '?' : countText(sync.offset);
  return `PSYNC ${shortId(sync.replid)} ${offset}${sync.failover ? ' FAILOVER' : ''}`;
}

/** `FULLRESYNC 15b88be2… at 0`, `CONTINUE`, `REFUSED`, …; `no answer yet` while there is none. */
export function decisionText(sync: SyncFacts): string {
  const at = sync.grantedOffset === null ? '' : ` at ${countText(sync.grantedOffset)}`;
  const id = sync.grantedReplid === null ? '' : ` ${shortId(sync.grantedReplid)}`;
  switch (sync.decision) {
    case null:
      return 'no answer yet';
    case 'FULLRESYNC':
      return `FULLRESYNC${id}${at}`;
    case 'CONTINUE':
      return `CONTINUE${sync.cause === 'replid-switched' || sync.cause === 'failover' ? id : ''}`;
    case 'SYNC':
      return `payload follows${id === '' ? '' : ','}${id}${at}`;
    case 'DUALCHANNEL':
      return `DUALCHANNEL${id}${at}`;
    case 'REFUSED':
      return 'REFUSED';
  }
}

function mismatchText(sync: SyncFacts): string {
  if (sync.offset === 1) return 'first attach of a node with a history of its own';
  const granted = sync.grantedReplid === null ? 'another one' : shortId(sync.grantedReplid);
  return `replication id mismatch: asked ${shortId(sync.replid)}, the master's history is ${granted}`;
}

function backlogText(sync: SyncFacts): string {
  if (sync.missedBytes === null) return 'backlog miss: further back than the backlog holds';
  return `backlog miss: ${countText(sync.missedBytes)} bytes back, more than the backlog holds`;
}

function aheadText(sync: SyncFacts): string {
  if (sync.offset === null || sync.grantedOffset === null) return 'ahead of the master';
  return `ahead of the master by ${bytesText(sync.offset - 1 - sync.grantedOffset)}: it holds writes the master does not`;
}

/** Why, in one sentence; empty when there is nothing to add. `channel` is that of the session. */
export function causeText(sync: SyncFacts, channel: 'main' | 'rdb' = 'main'): string {
  if (sync.decision === null) return '';
  if (channel === 'rdb' && sync.error === null) return 'the snapshot of a two-connection sync';
  return whyText(sync) ?? causeAloneText(sync);
}

/** What the request and its answer tell by themselves. */
function causeAloneText(sync: SyncFacts): string {
  switch (sync.cause) {
    case 'first-sync':
      return 'first sync: the replica holds no history';
    case 'continued':
      return 'continued: all missed bytes were in the backlog';
    case 'replid-mismatch':
      return mismatchText(sync);
    case 'backlog-miss':
      return backlogText(sync);
    case 'offset-ahead':
      return aheadText(sync);
    case 'replid-switched':
      return `replid switched: ${shortId(sync.replid)} lives on as ${shortId(sync.grantedReplid)}`;
    case 'legacy-sync':
      return 'legacy SYNC: no offsets, no partial resync possible';
    case 'rdb-only':
      return 'payload only: a dump client such as redis-cli --rdb';
    case 'failover':
      return 'failover: the old master asked its replica to take over';
    case 'not-ready':
      return `not ready: ${errorText(sync)}`;
    case 'auth':
      return `auth: ${errorText(sync)}`;
    case 'unsupported':
      return `unsupported: ${errorText(sync)}`;
    default:
      if (sync.decision === 'DUALCHANNEL') return 'not continued: a full sync over two connections';
      return sync.error === null ? 'cause not known from this capture' : `error: ${errorText(sync)}`;
  }
}
