import type { Finding } from '../../replication/model.js';
import { plural } from '../units.js';
import { Evidence, type Wording, type Words } from './evidence.js';
import * as link from './wording-link.js';
import * as sync from './wording-sync.js';

/** What each code means, as one sentence with its numbers, and what to do. */
const WORDING: Readonly<Record<string, Wording>> = {
  'backlog-overflow': sync.backlogOverflow,
  'resync-loop': sync.resyncLoop,
  'transfer-aborted': sync.transferAborted,
  'transfer-slow': sync.transferSlow,
  'output-buffer-limit': sync.outputBufferLimit,
  'checksum-invalid': sync.checksumInvalid,
  'rdb-aux-mismatch': sync.rdbAuxMismatch,
  'master-emptied': sync.masterEmptied,
  'failover-cost': sync.failoverCost,
  'replica-frozen': link.replicaFrozen,
  'lag-high': link.lagHigh,
  'acks-late': link.acksLate,
  'acks-missing': link.acksMissing,
  'ping-missing': link.pingMissing,
  drift: link.drift,
  divergence: link.divergence,
  'min-replicas': link.minReplicas,
  'auth-failed': link.authFailed,
  'not-ready': link.notReady,
  'expiry-storm': link.expiryStorm,
  'big-command': link.bigCommand,
  'network-loss': link.networkLoss,
  'capture-drops': link.captureDrops,
  'capture-clock': link.captureClock,
  'capture-one-direction': link.captureOneDirection,
};

/** Codes that have words. */
export const WORDED_CODES: readonly string[] = Object.keys(WORDING);

/** A finding in words, safe to print. */
export function findingWords({ code, evidence }: Pick<Finding, 'code' | 'evidence'>): Words {
  const read = new Evidence(evidence);
  const words = WORDING[code]?.(read) ?? { message: code, advice: null };
  const further = read.count('further');
  return further === 0
    ? words
    : { ...words, message: `${words.message} (and ${plural(further, 'time')} more)` };
}
