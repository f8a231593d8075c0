import type { TcpSegment } from '../packet/segment.js';
import { ACK, RST, SYN } from '../packet/segment.js';
import { BufferPool } from './buffer-pool.js';
import { Connection, type ConnectionContext } from './connection.js';
import { ConnectionTable, connectionHash } from './connection-table.js';
import { TcpCounters } from './counters.js';
import { DuplicateFilter } from './duplicate-filter.js';
import { synBelongs, takeSyn } from './handshake.js';
import { DEFAULT_TCP_LIMITS, EARLY_GRACE_US, type TcpLimits } from './limits.js';
import { IN_USE } from './recency.js';
import { sequenceAfter } from './sequence.js';
import type { ConnectionInfo, StreamConsumer } from './types.js';

export interface TcpTrackerOptions {
  /** Called once a connection: at its SYN, or at the first payload when that was not captured. */
  open(connection: ConnectionInfo): StreamConsumer;
  limits?: Partial<TcpLimits>;
}

/**
 * From TCP segments in capture order to ordered byte spans per connection (see StreamConsumer). Does no I/O and knows no
 * clock but the packets'. Checksums, windows and segment sizes are not enforced: captures on the host itself (offload,
 * loopback) have them all "wrong".
 */
export class TcpTracker {
  readonly counters = new TcpCounters();
  private readonly context: ConnectionContext;
  private readonly table = new ConnectionTable();
  private readonly copies = new DuplicateFilter();
  private created = 0;
  private lastPacket = 0;

  constructor(options: TcpTrackerOptions) {
    this.context = {
      limits: { ...DEFAULT_TCP_LIMITS, ...options.limits },
      counters: this.counters,
      pool: new BufferPool(),
      now: 0,
      waiting: new Set(),
      earlyBytes: 0,
      open: (connection) => options.open(connection),
    };
  }

  /** One segment; it is not kept. `time` in µs, `packet` counted from 1. */
  segment(segment: TcpSegment, time: number, packet: number): void {
    this.counters.segments++;
    this.lastPacket = packet;
    if (this.context.waiting.size > 0) this.expire(time);
    const { flags, payloadLength } = segment;
    let connection = this.table.find(segment);
    if (connection === null || (flags & SYN) !== 0) {
      connection = this.admit(connection, segment, time);
      if (connection === null) return;
      this.table.find(segment);
    }
    const { side } = this.table;
    const { flow0, flow1 } = connection;
    const flow = side === 0 ? flow0 : flow1;
    const peer = side === 0 ? flow1 : flow0;
    if (connection.ended) {
      if (payloadLength > 0) this.counters.lateSegments++;
      this.table.touch(connection);
      return;
    }
    // Nobody asks for the losses of what nobody reads.
    if (flow.wanted || peer.wanted) {
      if (this.copies.isCopy(connection.id * 2 + side, segment, time)) {
        flow.lossState().counters.duplicatePackets++;
        return;
      }
    }
    this.context.now = time;
    connection.arrive(side, segment, time, packet);
    this.table.touch(connection);
  }

  /** The capture is over, at `time` (µs): ends all connections in the order in which they began. */
  finish(time: number): void {
    const connections = this.table.all().sort((a, b) => a.id - b.id);
    for (const connection of connections) {
      this.table.remove(connection);
      connection.end(time, this.lastPacket);
    }
  }

  /** The connection of a segment that has none yet, or of a SYN; null: the segment is not worth one. */
  private admit(known: Connection | null, segment: TcpSegment, time: number): Connection | null {
    const { flags } = segment;
    if ((flags & RST) !== 0) return known;
    const syn = (flags & SYN) !== 0;
    if (known !== null) {
      const { side } = this.table;
      if (synBelongs(known, side, segment)) {
        if (known.isGone) return known;
        const fromOpener = (flags & ACK) === 0;
        const turned = known.midstream && fromOpener !== (side === 0);
        if (turned) {
          known.turn(segment, fromOpener);
          this.table.turn(known, segment, fromOpener);
        }
        takeSyn(known, turned ? (side === 0 ? 1 : 0) : side, segment, time);
        known.open();
        return known;
      }
      this.table.remove(known);
      known.end(time, this.lastPacket);
    }
    const answer = syn && (flags & ACK) !== 0;
    const hash = connectionHash(segment);
    this.makeRoom(hash, time);
    const connection = new Connection(this.context, ++this.created, segment, !answer, !syn, time);
    this.table.insert(connection, segment, hash, !answer);
    if (syn) {
      // What the answer acknowledges tells the SYN that was not captured.
      if (answer) connection.flow0.begin(sequenceAfter(segment.acknowledgment, -1));
      connection.flow(answer ? 1 : 0).begin(segment.sequence);
      if (!answer) {
        connection.openedAt = time;
        connection.synAt = time;
      }
      connection.open();
    }
    return connection;
  }

  /** Nothing of what the longest waiting segments follow was captured in time. */
  private expire(time: number): void {
    for (const connection of this.context.waiting) {
      const { early } = connection;
      if (early === null || time - early.since < EARLY_GRACE_US) return;
      early.expire(time);
      if (early.count === 0) connection.early = null;
    }
  }

  private makeRoom(hash: number, time: number): void {
    const full = this.table.size >= this.context.limits.maxConnections;
    const victim = this.table.crowding(hash) ?? (full ? this.table.leastUseful() : null);
    if (victim === null) return;
    if (victim.worth < IN_USE) this.counters.forgotten++;
    else this.counters.evicted++;
    this.table.remove(victim);
    victim.end(time, this.lastPacket);
  }
}
