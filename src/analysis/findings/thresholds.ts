/**
 * From when on something is a finding. Where a server has a setting for it the default is the server's own, named beside it; give
 * the values that are configured and the findings say what those would do. Times in ms, sizes in bytes.
 */
export interface Thresholds {
  /** `repl-timeout`: either side closes a connection that was silent for so long. */
  replTimeoutMs: number;
  /** `repl-ping-replica-period`: a master says something at least this often. */
  pingPeriodMs: number;
  /** PING periods without a byte from the master. */
  missedPings: number;
  /** Hard and soft limit of `client-output-buffer-limit replica`. */
  outputHardBytes: number;
  outputSoftBytes: number;
  /** Age of the oldest byte that the replica has not applied when it acknowledges: the `lag.high` event's, half of min-replicas-max-lag. */
  lagMs: number;
  /** Time between two ACKs; replicas send one a second (replicationCron): two are missing. */
  ackLateMs: number;
  /** Time without any ACK: `min-replicas-max-lag`, from which on a master no longer counts a replica as good. */
  ackSilenceMs: number;
  /** Full resyncs of a link in a row that came to nothing; one that came up counts when it was lost within `stableMs` (repl-timeout). */
  loopSyncs: number;
  stableMs: number;
  /** Part of `repl-timeout` that a transfer and the loading after it may take together. */
  transferShare: number;
  /** Attempts to sync that were refused for their password or their permissions. */
  authFailures: number;
  /** Time for which a master refuses because it is not ready; as long as repl-timeout. */
  notReadyMs: number;
  /** One command of a stream: `repl-backlog-size`, which it then overwrites alone. */
  bigCommandBytes: number;
  /** Single keys deleted in a second. */
  deletesPerSecond: number;
  /** Part of the keys held before that a master which began anew may still have for its replicas' data to count as lost. */
  emptiedShare: number;
  /** Part of a connection's bytes that were sent again. */
  retransmittedShare: number;
  /** How far the time of a packet may be before that of the one before it: queues of a network card and cores disagree by less. */
  clockStepMs: number;
  /** `min-replicas-to-write`; null: not asked about. */
  minReplicas: number | null;
  /** `min-replicas-max-lag`. */
  minReplicasMaxLagMs: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_THRESHOLDS: Thresholds = {
  replTimeoutMs: 60_000,
  pingPeriodMs: 10_000,
  missedPings: 3,
  outputHardBytes: 256 * MIB,
  outputSoftBytes: 64 * MIB,
  lagMs: 5_000,
  ackLateMs: 3_000,
  ackSilenceMs: 10_000,
  loopSyncs: 3,
  stableMs: 60_000,
  transferShare: 0.5,
  authFailures: 2,
  notReadyMs: 60_000,
  bigCommandBytes: MIB,
  deletesPerSecond: 1_000,
  emptiedShare: 0.1,
  retransmittedShare: 0.01,
  clockStepMs: 100,
  minReplicas: null,
  minReplicasMaxLagMs: 10_000,
};
