import type { LinkState } from './link-state.js';

/**
 * What is told of each link as of now. Names that redis_exporter has for the same thing are its own (`master_repl_offset`,
 * `slave_repl_offset`, `master_link_up`, `master_sync_in_progress`).
 */

export interface LinkGauge {
  metric: string;
  help: string;
  value: (state: LinkState) => number | null;
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

export const LINK_GAUGES: readonly LinkGauge[] = [
  {
    metric: 'master_link_up',
    help: '1 while the link is open and online.',
    value: ({ phase }) => (phase === 'online' ? 1 : 0),
  },
  {
    metric: 'master_sync_in_progress',
    help: '1 while a full resync is under way: waiting, transfer or loading.',
    value: ({ phase }) => (phase === 'waiting' || phase === 'transfer' || phase === 'loading' ? 1 : 0),
  },
  {
    metric: 'replica_port_announced',
    help: '1 where the replica told its port; 0: the link is named by its connection, and will be by that port when it comes back.',
    value: ({ link }) => (link.replicaPortAnnounced ? 1 : 0),
  },
  {
    metric: 'master_repl_offset',
    help: 'Offset of the last stream byte seen on this link.',
    value: ({ masterOffset }) => masterOffset,
  },
  {
    metric: 'slave_repl_offset',
    help: 'Offset last acknowledged by the replica.',
    value: ({ replicaOffset }) => replicaOffset,
  },
  {
    metric: 'lag_bytes',
    help: 'Bytes sent and not acknowledged; up to a second of writes on a sound link, as replicas acknowledge once a second.',
    value: ({ lagBytes }) => lagBytes,
  },
  {
    metric: 'lag_seconds',
    help: 'Age of the oldest byte that is not acknowledged; up to one on a sound link.',
    value: ({ lagMs }) => seconds(lagMs),
  },
  {
    metric: 'lag_max_bytes',
    help: 'Highest lag_bytes of the link so far, between scrapes as well.',
    value: ({ link }) => link.lag.maxBytes,
  },
  {
    metric: 'lag_max_seconds',
    help: 'Highest lag_seconds of the link so far, between scrapes as well.',
    value: ({ link }) => seconds(link.lag.maxMs),
  },
  {
    metric: 'behind_max_bytes',
    help: 'Highest lag right after an ACK so far: what the replica had not applied when it spoke; 0 on a sound link.',
    value: ({ link }) => link.behind.maxBytes,
  },
  {
    metric: 'behind_max_seconds',
    help: 'Age that goes with behind_max_bytes.',
    value: ({ link }) => seconds(link.behind.maxMs),
  },
  {
    metric: 'ack_age_seconds',
    help: 'Time since the last ACK: what INFO replication and redis_exporter (connected_slave_lag_seconds) call lag.',
    value: ({ ackAgeMs }) => seconds(ackAgeMs),
  },
  {
    metric: 'offset_drift_bytes',
    help: 'Acknowledged minus sent offset, both at rest; 0 on a sound link.',
    value: ({ session }) => session?.drift ?? null,
  },
  {
    metric: 'payload_last_bytes',
    help: 'Size of the latest RDB payload.',
    value: ({ payload }) => payload?.bytes ?? null,
  },
  {
    metric: 'payload_last_wait_seconds',
    help: 'Time for which the latest RDB payload was waited for.',
    value: ({ payload }) => seconds(payload?.waitMs ?? null),
  },
  {
    metric: 'payload_last_transfer_seconds',
    help: 'Time the latest RDB payload took to be sent.',
    value: ({ payload }) => seconds(payload?.transferMs ?? null),
  },
  {
    metric: 'payload_last_load_seconds',
    help: 'Time from the last byte of the latest RDB payload to the first ACK.',
    value: ({ payload }) => seconds(payload?.loadMs ?? null),
  },
];
