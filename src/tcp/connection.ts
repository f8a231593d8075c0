import { formatAddress } from '../packet/address.js';
import type { TcpSegment } from '../packet/segment.js';
import { ACK, FIN, RST, SYN } from '../packet/segment.js';
import { type EarlyHost, EarlySegments, type EarlyShared } from './early-segments.js';
import type { FlowHost } from './flow-host.js';
import { GONE } from './gone-flow.js';
import { EARLY_GRACE_US } from './limits.js';
import { Flow } from './reassembly.js';
import { IN_USE, KEPT_LONGEST, LITTLE_LOST, NOTHING_LOST, type RecencyList } from './recency.js';
import { sequenceAfter } from './sequence.js';
import type { ClosedHow, ConnectionInfo, Direction, LossCounters, StreamConsumer } from './types.js';

/** Stands in before a consumer is opened and after it was closed. */
const NO_CONSUMER: StreamConsumer = { data: () => {}, gap: () => {}, closed: () => {} };

/** What connections of one tracker share, and where their consumers come from. */
export interface ConnectionContext extends EarlyShared {
  /** Time of the last packet, µs. */
  now: number;
  open(connection: ConnectionInfo): StreamConsumer;
}

/** One TCP connection: its two ends, its two directions, and how it began and ended. Side 0 is the opener. */
export class Connection implements ConnectionInfo, FlowHost, EarlyHost {
  // What each packet needs comes first, to lie in the first cache lines of the object.
  /** Nothing is delivered any more; kept to recognise late segments. */
  ended = false;
  opened = false;
  /** Bytes from the opener, and bytes to it. */
  flow0: Flow;
  flow1: Flow;
  consumer: StreamConsumer = NO_CONSUMER;
  /** The handshake, or its first half, was captured a moment ago at most: what else there is of it may yet come. */
  starting = true;
  /** Its first packet was captured less than a grace ago. */
  private isYoung = true;
  /** See `keep` of ConnectionInfo. */
  private isKept = false;
  /** What was captured too early; null: nothing. */
  early: EarlySegments | null = null;
  /** Place in the connection table. */
  slot = -1;
  /** Sequence numbers of the SYNs, as in Flow, once the flows are gone: to know a SYN that comes again. */
  private goneInitial0: number | null = null;
  private goneInitial1: number | null = null;

  openedAt: number | null = null;
  /** Time of the latest SYN of the opener, µs. */
  synAt: number | null = null;
  closedBy: Direction | null = null;
  closedHow: ClosedHow | null = null;
  closedAt: number | null = null;

  /** Address words and ports of both sides, as in TcpSegment. */
  private opener0 = 0;
  private opener1 = 0;
  private opener2 = 0;
  private opener3 = 0;
  private target0 = 0;
  private target1 = 0;
  private target2 = 0;
  private target3 = 0;
  private openerPort = 0;
  private targetPort = 0;

  /** `id` counts connections from 1; `fromOpener`: the segment's source is side 0. `midstream`: no SYN has been captured. */
  constructor(
    readonly shared: ConnectionContext,
    readonly id: number,
    segment: TcpSegment,
    fromOpener: boolean,
    public midstream: boolean,
    /** Packet time of its first packet, µs. */
    readonly firstAt: number,
  ) {
    this.setEnds(segment, fromOpener);
    this.flow0 = new Flow(this, 0);
    this.flow1 = new Flow(this, 1);
  }

  /** `fromOpener`: the segment's source is side 0. */
  private setEnds(segment: TcpSegment, fromOpener: boolean): void {
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
  }

  /** Before anything was delivered: who was thought to be the opener is the other side. */
  turn(segment: TcpSegment, fromOpener: boolean): void {
    this.setEnds(segment, fromOpener);
    const { flow0, flow1 } = this;
    this.flow0 = flow1;
    this.flow1 = flow0;
    flow0.direction = 1;
    flow1.direction = 0;
    this.early?.turn();
  }

  /** A segment of `side`, in the order of the capture. It waits when it follows something that may yet be captured. */
  arrive(side: Direction, segment: TcpSegment, time: number, packet: number): void {
    const flow = side === 0 ? this.flow0 : this.flow1;
    flow.heard = true;
    flow.isAudible = true;
    if (this.isYoung) this.age(time);
    // While something waits, its own time decides.
    if (this.starting && (this.hasBegun || (this.early === null && time - this.firstAt >= EARLY_GRACE_US)))
      this.starting = false;
    if (this.early === null) {
      if (!this.isEarly(side, segment)) {
        this.take(side, segment, time, packet);
        return;
      }
      this.early = new EarlySegments(this);
    }
    this.early.arrive(side, segment, time, packet);
    if (this.early?.count === 0) this.early = null;
  }

  /** It is `time` (µs): after a grace, a direction of which nothing was captured is one that is not captured. */
  age(time: number): void {
    if (!this.isYoung || time - this.firstAt < EARLY_GRACE_US) return;
    this.isYoung = false;
    this.flow0.isAudible = this.flow0.heard;
    this.flow1.isAudible = this.flow1.heard;
  }

  /** The segment follows something that was not captured so far. */
  isEarly(side: Direction, segment: TcpSegment): boolean {
    const { flags } = segment;
    if ((flags & SYN) !== 0) return false;
    if (this.starting) {
      // Without a SYN, an ACK that nothing came before tells where the directions stand, and needs not wait.
      const isAckAlone = segment.payloadLength === 0 && (flags & (FIN | RST)) === 0;
      if (!this.midstream || this.early !== null || !isAckAlone) return true;
    }
    const flow = side === 0 ? this.flow0 : this.flow1;
    const peer = side === 0 ? this.flow1 : this.flow0;
    if ((flags & ACK) !== 0 && peer.isBehind(segment.acknowledgment | 0)) return true;
    return (flags & RST) !== 0 && flow.isBehind(segment.sequence | 0);
  }

  /** A segment whose turn it is. */
  take(side: Direction, segment: TcpSegment, time: number, packet: number): void {
    const { flow0, flow1 } = this;
    const flow = side === 0 ? flow0 : flow1;
    const peer = side === 0 ? flow1 : flow0;
    const { flags, payloadLength } = segment;
    if ((flags & RST) !== 0) {
      this.end(time, packet, side);
      return;
    }
    const syn = (flags & SYN) !== 0;
    const sequence = sequenceAfter(segment.sequence, syn ? 1 : 0);
    if ((flags & ACK) !== 0) peer.acknowledge(segment.acknowledgment | 0, syn ? -1 : segment.window, time);
    // First what this packet's ACK proves of the other direction: that was said before.
    if (peer.pending) peer.settle(time, packet);
    if (payloadLength > 0) flow.receive(segment, sequence, time, packet);
    if ((flags & FIN) !== 0 && !syn) flow.receiveFin(sequenceAfter(sequence, payloadLength), time);
    if (flow.pending) flow.settle(time, packet);
    if (flow0.fin >= 0 || flow1.fin >= 0) this.checkFins(time, packet);
  }

  /** How much is lost when it is forgotten. */
  get worth(): RecencyList {
    if (this.ended) return NOTHING_LOST;
    if (this.isKept) return KEPT_LONGEST;
    const { flow0, flow1 } = this;
    // A SYN alone may be one of a flood.
    const hasSpoken = flow0.highest > 0 || flow1.highest > 0 || this.early !== null;
    return hasSpoken && (flow0.wanted || flow1.wanted) ? IN_USE : LITTLE_LOST;
  }

  /** Both directions are known to begin where their SYNs say. */
  private get hasBegun(): boolean {
    return this.flow0.initial !== null && this.flow1.initial !== null;
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

  /** It has ended and its flows are gone: there is nothing to take from a SYN that comes again. */
  get isGone(): boolean {
    return this.flow0 === GONE;
  }

  /** Sequence number of that side's SYN (signed 32-bit); null: not known. */
  initial(side: Direction): number | null {
    if (this.isGone) return side === 0 ? this.goneInitial0 : this.goneInitial1;
    return this.flow(side).initial;
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

  keep(isKept: boolean): void {
    this.isKept = isKept;
  }

  setWanted(direction: Direction, wanted: boolean): void {
    this.flow(direction).setWanted(wanted);
  }

  /** A connection picked up in the middle is not opened before its first payload: an idle one says nothing. */
  open(): void {
    if (this.opened || this.ended) return;
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
    if (this.early !== null) {
      const { early } = this;
      this.early = null;
      early.flush();
    }
    if (this.ended) return;
    this.ended = true;
    const isClosed = resetBy !== null || this.flow0.fin >= 0 || this.flow1.fin >= 0;
    this.flow0.end(time, packet, isClosed);
    this.flow1.end(time, packet, isClosed);
    this.noteFirstFin();
    if (resetBy !== null) this.noteClose(resetBy, 'rst', time);
    const { consumer } = this;
    this.consumer = NO_CONSUMER;
    consumer.closed(time);
  }

  release(): void {
    if (!this.ended || this.isGone) return;
    this.goneInitial0 = this.flow0.initial;
    this.goneInitial1 = this.flow1.initial;
    this.flow0 = GONE;
    this.flow1 = GONE;
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
