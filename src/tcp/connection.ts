import { formatAddress } from '../packet/address.js';
import type { TcpSegment } from '../packet/segment.js';
import type { FlowHost, Shared } from './flow-host.js';
import { Flow } from './reassembly.js';
import type { ClosedHow, ConnectionInfo, Direction, LossCounters, StreamConsumer } from './types.js';

/** Stands in before a consumer is opened and after it was closed. */
const NO_CONSUMER: StreamConsumer = { data: () => {}, gap: () => {}, closed: () => {} };

/** What connections of one tracker share, and where their consumers come from. */
export interface ConnectionContext extends Shared {
  /** Time of the last packet, µs. */
  now: number;
  open(connection: ConnectionInfo): StreamConsumer;
}

/** One TCP connection: its two ends, its two directions, and how it began and ended. Side 0 is the opener. */
export class Connection implements ConnectionInfo, FlowHost {
  // What each packet needs comes first, to lie in the first cache lines of the object.
  /** Nothing is delivered any more; kept to recognise late segments. */
  ended = false;
  opened = false;
  /** Bytes from the opener, and bytes to it. */
  readonly flow0: Flow;
  readonly flow1: Flow;
  consumer: StreamConsumer = NO_CONSUMER;
  packets = 0;
  /** Place in the connection table. */
  slot = -1;

  openedAt: number | null = null;
  /** Time of the latest SYN of the opener, µs. */
  synAt: number | null = null;
  closedBy: Direction | null = null;
  closedHow: ClosedHow | null = null;
  closedAt: number | null = null;

  /** Address words and ports of both sides, as in TcpSegment. */
  readonly opener0: number;
  readonly opener1: number;
  readonly opener2: number;
  readonly opener3: number;
  readonly target0: number;
  readonly target1: number;
  readonly target2: number;
  readonly target3: number;
  readonly openerPort: number;
  readonly targetPort: number;

  /** `id` counts connections from 1; `fromOpener`: the segment's source is side 0. */
  constructor(
    readonly shared: ConnectionContext,
    readonly id: number,
    segment: TcpSegment,
    fromOpener: boolean,
    readonly midstream: boolean,
  ) {
    this.opener0 = fromOpener ? segment.source0 : segment.destination0;
    this.opener1 = fromOpener ? segment.source1 : segment.destination1;
    this.opener2 = fromOpener ? segment.source2 : segment.destination2;
    this.opener3 = fromOpener ? segment.source3 : segment.destination3;
    this.target0 = fromOpener ? segment.destination0 : segment.source0;
    this.target1 = fromOpener ? segment.destination1 : segment.source1;
    this.target2 = fromOpener ? segment.destination2 : segment.source2;
    this.target3 = fromOpener ? segment.destination3 : segment.source3;
    this.openerPort = fromOpener ? segment.sourcePort : segment.destinationPort;
    this.targetPort = fromOpener ? segment.destinationPort : segment.sourcePort;
    this.flow0 = new Flow(this, 0);
    this.flow1 = new Flow(this, 1);
  }

  address(side: Direction): string {
    return side === 0
      ? formatAddress(this.opener0, this.opener1, this.opener2, this.opener3)
      : formatAddress(this.target0, this.target1, this.target2, this.target3);
  }

  port(side: Direction): number {
    return side === 0 ? this.openerPort : this.targetPort;
  }

  /** The bytes that flow in that direction. */
  flow(direction: Direction): Flow {
    return direction === 0 ? this.flow0 : this.flow1;
  }

  loss(direction: Direction): LossCounters {
    return this.flow(direction).lossState().counters;
  }

  zeroWindowMs(direction: Direction): number {
    return this.flow(direction).zeroWindowMs(this.shared.now);
  }

  acknowledged(direction: Direction): number {
    const { acked, fin } = this.flow(direction);
    // The FIN takes a sequence number but is no byte of the stream.
    return fin >= 0 && acked > fin ? fin : acked;
  }

  sinceAcknowledged(direction: Direction): number {
    return ((this.shared.now | 0) - this.flow(direction).ackTick) >>> 0;
  }

  get roundTripUs(): number | null {
    const { flow1, synAt } = this;
    return synAt === null || flow1.initial === null || flow1.acked < 0
      ? null
      : (flow1.firstAckTick - (synAt | 0)) >>> 0;
  }

  setWanted(direction: Direction, wanted: boolean): void {
    this.flow(direction).setWanted(wanted);
  }

  /** A connection picked up in the middle is not opened before its first payload: an idle one says nothing. */
  open(): void {
    if (this.opened) return;
    this.opened = true;
    this.shared.counters.connections++;
    this.consumer = this.shared.open(this);
  }

  /** Ends the connection once both FINs were reached. `time` and `packet`: of the current packet. */
  checkFins(time: number, packet: number): void {
    this.noteFirstFin();
    if (this.flow0.finished && this.flow1.finished) this.end(time, packet);
  }

  /** Delivers what is left, then closes the consumer. `resetBy`: who sent the RST, if that is why. */
  end(time: number, packet: number, resetBy: Direction | null = null): void {
    if (this.ended) return;
    this.ended = true;
    this.flow0.end(time, packet);
    this.flow1.end(time, packet);
    this.noteFirstFin();
    if (resetBy !== null) this.noteClose(resetBy, 'rst', time);
    const { consumer } = this;
    this.consumer = NO_CONSUMER;
    consumer.closed(time);
  }

  /** A FIN counts when the stream has reached it, with the time at which it was sent. */
  private noteFirstFin(): void {
    const { flow0, flow1 } = this;
    if (this.closedBy !== null || !(flow0.finished || flow1.finished)) return;
    const first = flow1.fin < 0 || (flow0.fin >= 0 && flow0.finTime <= flow1.finTime) ? 0 : 1;
    this.noteClose(first, 'fin', first === 0 ? flow0.finTime : flow1.finTime);
  }

  private noteClose(by: Direction, how: ClosedHow, time: number): void {
    if (this.closedBy !== null) return;
    this.closedBy = by;
    this.closedHow = how;
    this.closedAt = time;
  }
}
