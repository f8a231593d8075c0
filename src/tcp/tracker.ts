import type { TcpSegment } from '../packet/segment.js';
import { ACK, FIN, RST, SYN } from '../packet/segment.js';
import { BufferPool } from './buffer-pool.js';
import { Connection, type ConnectionContext } from './connection.js';
import { ConnectionTable, connectionHash } from './connection-table.js';
import { TcpCounters } from './counters.js';
import { DuplicateFilter } from './duplicate-filter.js';
import { synBelongs, takeSyn } from './handshake.js';
import { DEFAULT_TCP_LIMITS, type TcpLimits } from './limits.js';
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
      open: (connection) => options.open(connection),
    };
  }

  /** One segment; it is not kept. `time` in µs, `packet` counted from 1. */
  segment(segment: TcpSegment, time: number, packet: number): void {
    this.counters.segments++;
    this.lastPacket = packet;
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
    connection.packets++;
    this.context.now = time;
    if ((flags & RST) !== 0) connection.end(time, packet, side);
    else {
      const syn = (flags & SYN) !== 0;
      const sequence = sequenceAfter(segment.sequence, syn ? 1 : 0);
      if ((flags & ACK) !== 0) peer.acknowledge(segment.acknowledgment | 0, syn ? -1 : segment.window, time);
      // First what this packet's ACK proves of the other direction: that was said before.
      if (peer.pending) peer.settle(time, packet);
      if (payloadLength > 0) flow.receive(segment, sequence, time, packet);
      if ((flags & FIN) !== 0 && !syn) flow.receiveFin(sequenceAfter(sequence, payloadLength), time);
      if (flow.pending) flow.settle(time, packet);
      if (flow0.fin >= 0 || flow1.fin >= 0) connection.checkFins(time, packet);
    }
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
        takeSyn(known, side, segment, time);
        return known;
      }
      this.table.remove(known);
      known.end(time, this.lastPacket);
    }
    const answer = syn && (flags & ACK) !== 0;
    const hash = connectionHash(segment);
    this.makeRoom(hash, time);
    const connection = new Connection(this.context, ++this.created, segment, !answer, !syn);
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

  private makeRoom(hash: number, time: number): void {
    const full = this.table.size >= this.context.limits.maxConnections;
    const victim = this.table.crowding(hash) ?? (full ? this.table.leastUseful() : null);
    if (victim === null) return;
    if (victim.ended || !victim.opened) this.counters.forgotten++;
    else this.counters.evicted++;
    this.table.remove(victim);
    victim.end(time, this.lastPacket);
  }
}
