/**
 * Why a decision fell as it did: finer than the contract's `cause`, from everything that the capture has shown until then (earlier
 * sessions, other links). docs/causes.md tells what each code means and what it rests on.
 */
export type WhyCode =
  // A full sync of a replica that asked for nothing (`? -1`).
  | 'first-contact'
  | 'history-lost'
  | 'cache-dropped'
  | 'slaveof-dropped'
  | 'full-sync-failed'
  | 'refused-before'
  // A full sync of a replica that asked for another history than it was given.
  | 'not-an-id'
  | 'first-attach'
  | 'former-master'
  | 'node-restarted'
  | 'promoted-meanwhile'
  | 'master-restarted'
  | 'other-server'
  | 'backlog-freed'
  | 'other-master'
  | 'upstream-changed'
  | 'diverged-after-failover'
  | 'id-too-old'
  | 'failover-backlog-miss'
  | 'run-id-changed'
  // A full sync within the same history.
  | 'backlog-too-short'
  | 'no-backlog'
  | 'master-went-back'
  | 'replica-miscounted'
  // Continued.
  | 'resumed'
  | 'two-connection-stream'
  | 'promoted'
  | 'failover-command'
  | 'master-restarted-with-history'
  | 'upstream-switched'
  // Refused, by the error text.
  | 'loading'
  | 'no-master-link'
  | 'failing-over'
  | 'master-down'
  | 'busy'
  | 'auth-required'
  | 'wrong-password'
  | 'no-permission'
  | 'psync-unknown'
  | 'snapshot-failed'
  | 'bad-request'
  // Without PSYNC.
  | 'psync-refused'
  | 'old-replica'
  | 'sync-client'
  | 'dump-client'
  | 'unknown';

export interface Why {
  code: WhyCode;
  /** What else remains possible, most probable first; empty where the evidence settles it. */
  orElse: WhyCode[];
  /** Numbers and ids that it rests on, beside what the sync itself says; times in ms, null: not known. */
  evidence: Record<string, string | number | null>;
}

export function why(code: WhyCode, evidence: Why['evidence'] = {}, orElse: WhyCode[] = []): Why {
  return { code, orElse, evidence };
}
