import type { LinkDocument, SessionDocument, SyncDocument } from '../document.js';

/**
 * What is counted of each link, as totals since the capture began. Where INFO and redis_exporter have a number for the same thing the
 * name is theirs (`replica_resyncs_full`); see https://github.com/oliver006/redis_exporter, exporter/exporter.go.
 */

export interface LinkTotal {
  metric: string;
  help: string;
  total: (link: LinkDocument) => number;
}

/** A total over the sessions of a link. */
function sum(of: (session: SessionDocument) => number): LinkTotal['total'] {
  return (link) => link.sessions.reduce((total, session) => total + of(session), 0);
}

/** As INFO's sync_partial_err: the replica offered a history and was sent a payload all the same. */
function isDenied({ command, replid, decision }: SyncDocument): boolean {
  return command === 'PSYNC' && replid !== '?' && (decision === 'FULLRESYNC' || decision === 'DUALCHANNEL');
}

/** Seconds of a payload's part, zero while not known. */
function payloadSeconds(part: 'waitMs' | 'transferMs' | 'loadMs'): LinkTotal['total'] {
  return sum(({ payload }) => (payload?.[part] ?? 0) / 1000);
}

export const LINK_TOTALS: readonly LinkTotal[] = [
  {
    metric: 'replica_resyncs_full_total',
    help: 'Full resyncs (FULLRESYNC or SYNC), as INFO sync_full.',
    total: (link) => link.fullResyncs,
  },
  {
    metric: 'replica_partial_resync_accepted_total',
    help: 'Sessions resumed without a payload, as INFO sync_partial_ok.',
    total: (link) => link.partialResyncs,
  },
  {
    metric: 'replica_partial_resync_denied_total',
    help: 'Partial resyncs asked for and answered by a full one, as INFO sync_partial_err.',
    total: sum(({ syncs }) => syncs.filter(isDenied).length),
  },
  {
    metric: 'refused_syncs_total',
    help: 'PSYNC and SYNC requests answered by an error.',
    total: (link) => link.refusedSyncs,
  },
  { metric: 'reconnects_total', help: 'Connections after the first one.', total: (link) => link.reconnects },
  {
    metric: 'stream_bytes_total',
    help: 'Bytes of the command stream: those that count into the offset.',
    total: sum(({ stream }) => stream.bytes),
  },
  {
    metric: 'stream_commands_total',
    help: 'Commands of the command stream.',
    total: sum(({ stream }) => stream.commands),
  },
  {
    metric: 'acks_total',
    help: 'REPLCONF ACK received from the replica.',
    total: sum(({ acks }) => acks.count),
  },
  {
    metric: 'payloads_total',
    help: 'RDB payloads that were sent to their end.',
    total: sum(({ payload }) => (payload?.complete === true ? 1 : 0)),
  },
  {
    metric: 'payload_bytes_total',
    help: 'Bytes of RDB payloads, of those under way as well.',
    total: sum(({ payload }) => payload?.bytes ?? 0),
  },
  {
    metric: 'payload_wait_seconds_total',
    help: 'Time from the decision to the header of the payload: the master makes its snapshot.',
    total: payloadSeconds('waitMs'),
  },
  {
    metric: 'payload_transfer_seconds_total',
    help: 'Time from the header to the last byte of the payload.',
    total: payloadSeconds('transferMs'),
  },
  {
    metric: 'payload_load_seconds_total',
    help: 'Time from the last byte of the payload to the first ACK: the replica loads.',
    total: payloadSeconds('loadMs'),
  },
  {
    metric: 'capture_gaps_total',
    help: 'Holes in the connections of the link: lost by the capture, not by the network.',
    total: sum(({ loss }) => loss.gaps),
  },
  {
    metric: 'capture_missing_bytes_total',
    help: 'Bytes in these holes.',
    total: sum(({ loss }) => loss.missingBytes),
  },
  {
    metric: 'retransmitted_bytes_total',
    help: 'Bytes sent again: lost by the network.',
    total: sum(({ loss }) => loss.retransmittedBytes),
  },
  {
    metric: 'out_of_order_segments_total',
    help: 'TCP segments that came before an earlier one.',
    total: sum(({ loss }) => loss.outOfOrderSegments),
  },
  {
    metric: 'zero_window_seconds_total',
    help: 'Time in which a receiver of the link took no more data.',
    total: sum(({ loss }) => loss.zeroWindowMs / 1000),
  },
  {
    metric: 'stream_decode_errors_total',
    help: 'Times the decoder lost its place in the commands and found it again.',
    total: sum(({ loss }) => loss.resyncs),
  },
  {
    metric: 'payload_decode_errors_total',
    help: 'Payloads whose content does not follow the RDB format.',
    total: sum(({ payload }) => (payload?.rdb?.error == null ? 0 : 1)),
  },
];
