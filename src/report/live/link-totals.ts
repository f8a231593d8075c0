import { type LiveLinkDocument, sumOf } from './earlier-sessions.js';
import type { SessionSum } from './session-sums.js';

/**
 * What is counted of each link, as totals since the capture began. Where INFO and redis_exporter have a number for the same thing the
 * name is theirs (`replica_resyncs_full`); see https://github.com/oliver006/redis_exporter, exporter/exporter.go.
 */

export interface LinkTotal {
  metric: string;
  help: string;
  total: (link: LiveLinkDocument) => number;
}

/** A total over the sessions of a link. */
function sum(name: SessionSum): LinkTotal['total'] {
  return (link) => sumOf(link, name);
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
    total: sum('denied'),
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
    total: sum('streamBytes'),
  },
  {
    metric: 'stream_commands_total',
    help: 'Commands of the command stream.',
    total: sum('streamCommands'),
  },
  {
    metric: 'acks_total',
    help: 'REPLCONF ACK received from the replica.',
    total: sum('acks'),
  },
  {
    metric: 'payloads_total',
    help: 'RDB payloads that were sent to their end.',
    total: sum('payloads'),
  },
  {
    metric: 'payload_bytes_total',
    help: 'Bytes of RDB payloads, of those under way as well.',
    total: sum('payloadBytes'),
  },
  {
    metric: 'payload_wait_seconds_total',
    help: 'Time from the decision to the header of the payload: the master makes its snapshot.',
    total: sum('waitSeconds'),
  },
  {
    metric: 'payload_transfer_seconds_total',
    help: 'Time from the header to the last byte of the payload.',
    total: sum('transferSeconds'),
  },
  {
    metric: 'payload_load_seconds_total',
    help: 'Time from the last byte of the payload to the first ACK: the replica loads.',
    total: sum('loadSeconds'),
  },
  {
    metric: 'capture_gaps_total',
    help: 'Holes in the connections of the link: lost by the capture, not by the network.',
    total: sum('gaps'),
  },
  {
    metric: 'capture_missing_bytes_total',
    help: 'Bytes in these holes.',
    total: sum('missingBytes'),
  },
  {
    metric: 'retransmitted_bytes_total',
    help: 'Bytes sent again: lost by the network.',
    total: sum('retransmittedBytes'),
  },
  {
    metric: 'out_of_order_segments_total',
    help: 'TCP segments that came before an earlier one.',
    total: sum('outOfOrderSegments'),
  },
  {
    metric: 'zero_window_seconds_total',
    help: 'Time in which a receiver of the link took no more data.',
    total: sum('zeroWindowSeconds'),
  },
  {
    metric: 'stream_decode_errors_total',
    help: 'Times the decoder lost its place in the commands and found it again.',
    total: sum('decoderResyncs'),
  },
  {
    metric: 'payload_decode_errors_total',
    help: 'Payloads whose content does not follow the RDB format.',
    total: sum('payloadErrors'),
  },
];
