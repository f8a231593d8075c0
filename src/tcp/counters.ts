/** What the tracker did with the whole capture; losses of a connection are in its own counters. */
export class TcpCounters {
  /** Segments given in. */
  segments = 0;
  /** Connections a consumer was opened for. */
  connections = 0;
  /** Open connections dropped because the table was full. */
  evicted = 0;
  /** Closed connections, or ones that nobody reads or that showed no data, forgotten because the table was full: no loss. */
  forgotten = 0;
  /** Segments with payload after the connection had ended: late retransmissions, or data after a reset. */
  lateSegments = 0;
  /** Holes given up because a reorder buffer was full, not because the bytes were known to be lost. */
  bufferOverflows = 0;
  /** Segments captured too early that did not wait to the end, because too many waited. */
  earlyOverflows = 0;
}
