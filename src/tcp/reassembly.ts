import type { TcpSegment } from '../packet/segment.js';
import type { BufferHolder } from './buffer-pool.js';
import type { FlowHost } from './flow-host.js';
import { MAX_WINDOW } from './limits.js';
import { Losses } from './losses.js';
import type { Piece } from './reorder-buffer.js';
import { ReorderBuffer } from './reorder-buffer.js';
import { sequenceAfter, sequenceDistance } from './sequence.js';
import { LIVE, RESUMING, StreamPosition, UNKNOWN } from './stream-position.js';
import type { Direction } from './types.js';
import { ZeroWindow } from './zero-window.js';

/**
 * Reassembly of one direction. In-order segments pass straight through; others wait in a buffer until the hole below them is
 * filled, or is known never to be (see `settle`). State is brought up to date before each call of the consumer, which may
 * call `setWanted` from there.
 */
export class Flow extends StreamPosition implements BufferHolder {
  /** See `setWanted` of ConnectionInfo. */
  wanted = true;
  /** A packet of this direction was captured; and this may yet be so, or is. */
  heard = false;
  isAudible = true;
  /** Out-of-order data; null when there is none. */
  private reorder: ReorderBuffer | null = null;
  private zeroWindow: ZeroWindow | null = null;
  /** Bytes by which `acked` last rose. */
  private lastStep = 0;
  private losses: Losses | null = null;

  constructor(
    private readonly host: FlowHost,
    /** Which way the bytes flow. */
    public direction: Direction,
  ) {
    super();
  }

  /** Something waits for a hole to be filled or given up. */
  get pending(): boolean {
    return this.reorder !== null || this.fin > this.next;
  }

  /** Payload of a segment whose first byte has number `sequence` (signed 32-bit). `time` in µs. */
  receive(segment: TcpSegment, sequence: number, time: number, packet: number): void {
    const length = segment.payloadLength;
    if (this.state < LIVE) {
      if (!this.anchorAtData(sequence, length)) return;
      this.host.open();
    }
    const start = this.next + sequenceDistance(this.nextSequence, sequence);
    if (!this.wanted) {
      if (start + length > this.next) this.jump(start + length);
      return;
    }
    const captured = segment.payloadEnd - segment.payloadStart;
    if (
      start === this.next &&
      captured === length &&
      this.reorder === null &&
      this.fin < 0 &&
      this.state === LIVE
    ) {
      this.highest = start + length;
      this.highestTick = time | 0;
      this.deliver(segment.bytes, segment.payloadStart, segment.payloadEnd, time, packet, true);
      return;
    }
    this.receiveAny(segment, start, start + captured, start + length, time, packet);
  }

  /** A FIN whose own sequence number is `sequence` (signed 32-bit). */
  receiveFin(sequence: number, time: number): void {
    if (this.state === UNKNOWN) this.anchorAt(sequence);
    const position = this.positionOf(sequence);
    if (this.fin >= 0 || position < this.next) return;
    this.fin = position;
    this.finTime = time;
    if (!this.wanted || this.state === RESUMING) this.jump(position);
  }

  /** The peer's ACK number (signed 32-bit) and window field; `window` -1: not to be looked at. */
  acknowledge(acknowledgment: number, window: number, time: number): void {
    if (this.state === UNKNOWN) {
      // When the SYN of the peer was seen, this is the ACK of this side's SYN, and of nothing else yet.
      if (this.host.midstream) this.anchorAt(acknowledgment);
      else this.begin(sequenceAfter(acknowledgment, -1));
    }
    const position = this.next + sequenceDistance(this.nextSequence, acknowledgment);
    if (position < this.acked) return;
    if (position > this.acked) {
      if (position - Math.max(this.highest, this.acked) > MAX_WINDOW) return;
      this.ackTick = time | 0;
      if (this.acked < 0) this.firstAckTick = this.ackTick;
      this.lastStep = position - this.acked;
      this.acked = position;
    }
    if (window === 0) {
      this.zeroWindow ??= new ZeroWindow();
      this.zeroWindow.close(time);
    } else if (this.zeroWindow !== null && window > 0) this.zeroWindow.open(time);
  }

  /**
   * Gives up holes that will not be filled: acknowledged by the receiver, or, when the capture has no ACKs at all, with much or old
   * data above them. Call it after each packet while `pending`. An ACK that came early has been held back (see Connection).
   */
  settle(time: number, packet: number): void {
    if (this.acked < 0) {
      while (this.reorder?.waitedEnough(time)) this.giveUpHole();
      return;
    }
    while (this.reorder !== null && this.reorder.first!.start <= this.acked) this.giveUpHole();
    const toFin = this.reorder === null && this.fin > this.next && this.wanted;
    if (toFin && this.fin <= this.acked) this.gapTo(this.fin, time, packet);
  }

  /** True when `sequence` lies beyond what was delivered, of a direction that is read and of which packets were captured. */
  isBehind(sequence: number): boolean {
    if (!this.isAudible || !this.isLive) return false;
    const ahead = sequenceDistance(this.nextSequence, sequence);
    if (ahead <= 0 || ahead > MAX_WINDOW) return false;
    return this.fin < 0 || this.next < this.fin;
  }

  /** Bytes before `sequence` that were not captured will not be: what was, is delivered, the rest are gaps. */
  giveUpTo(sequence: number, time: number, packet: number): void {
    if (!this.isBehind(sequence)) return;
    const until = this.positionOf(sequence);
    while (this.reorder !== null && this.reorder.first!.start <= until) this.giveUpHole();
    const end = this.fin >= 0 ? Math.min(until, this.fin) : until;
    // One byte beyond the data is rather a FIN that was not captured.
    if (this.isLive && end > this.next && (end - this.next > 1 || this.reorder !== null || this.fin >= 0))
      this.gapTo(end, time, packet);
  }

  /**
   * The connection is over: delivers what is buffered, then reports bytes known to exist but never captured. `isClosed`: an end has
   * closed it, the capture is not merely over.
   */
  end(time: number, packet: number, isClosed: boolean): void {
    this.release();
    this.zeroWindow?.open(time);
    if (!this.wanted || this.state === UNKNOWN || this.state === RESUMING) return;
    let until = this.fin >= 0 ? this.fin : this.acked;
    // The last byte that was acknowledged alone, or is all that is missing, is rather a FIN that was not captured; and of a direction
    // that was not captured at all the last ACK of a closed connection counts one.
    if (this.fin < 0 && (until - this.next === 1 || (isClosed && (this.lastStep === 1 || !this.heard))))
      until--;
    if (until > this.next) this.gapTo(until, time, packet);
  }

  release(): void {
    while (this.reorder !== null) this.giveUpHole();
  }

  setWanted(wanted: boolean): void {
    if (this.wanted === wanted) return;
    this.wanted = wanted;
    if (this.state < LIVE) return;
    if (wanted) {
      this.state = RESUMING;
      return;
    }
    this.dropBuffer();
    this.jump(Math.max(this.next, this.highest, this.fin));
  }

  /** The losses of this direction; made when first asked for. */
  lossState(): Losses {
    this.losses ??= new Losses();
    return this.losses;
  }

  zeroWindowMs(now: number): number {
    return this.zeroWindow === null ? 0 : this.zeroWindow.milliseconds(now);
  }

  /** Any segment that the fast path does not take: positions `from` to `to`, captured up to `capturedTo`. */
  private receiveAny(
    segment: TcpSegment,
    from: number,
    capturedTo: number,
    to: number,
    time: number,
    packet: number,
  ): void {
    const end = this.fin >= 0 ? Math.min(to, this.fin) : to;
    if (end <= this.next || end <= from) {
      this.countRepeated(from, end, this.highest);
      return;
    }
    if (this.state === RESUMING) {
      if (from > this.next) this.jump(from);
      this.state = LIVE;
    } else if (from < this.next) this.countRepeated(from, this.next, this.highest);
    const reached = this.next;
    const start = Math.max(from, reached);
    const captured = Math.max(start, Math.min(capturedTo, end));
    const offset = segment.payloadStart + (start - from);
    const newest = this.highest;
    const delay = ((time | 0) - this.highestTick) >>> 0;
    this.saw(end, time);
    if (start > this.next && this.reorder === null && start <= this.acked) {
      this.gapTo(start, time, packet);
      if (!this.isLive) return;
    }
    let filled = Math.min(end, newest) - start;
    if (start === this.next && (this.reorder === null || end <= this.reorder.first!.start)) {
      if (filled > 0) this.lossState().filled(filled, delay);
      const stop = offset + (captured - start);
      if (stop > offset) this.deliver(segment.bytes, offset, stop, time, packet, start === from);
      if (this.isLive && this.next < end) this.gapTo(end, time, packet);
    } else {
      const buffer = this.reorder ?? this.openBuffer();
      buffer.begin();
      if (captured > start) {
        buffer.insert(start, captured, segment.bytes, offset, time, packet, start === from);
      }
      if (end > captured) buffer.insert(captured, end, null, 0, time, packet, false);
      filled = buffer.added - Math.max(0, end - Math.max(newest, start));
      if (filled > 0) this.lossState().filled(filled, delay);
      if (buffer.repeated > 0) {
        this.countRepeated(end - buffer.repeated, end, newest);
        this.lossState().counters.conflictingBytes += buffer.conflicting;
      }
    }
    this.drain(time, packet);
    if (this.next > reached) this.reorder?.deliveredAt(time, packet);
    this.keepWithinLimits();
  }

  private get isLive(): boolean {
    return this.wanted && this.state === LIVE;
  }

  /** One old byte at the end of what was seen is a keep-alive or window probe (RFC 9293, 3.8.4 and 3.8.6.1), or its repair. */
  private countRepeated(from: number, to: number, newest: number): void {
    if (to <= from || (to - from === 1 && to === newest)) return;
    this.lossState().repeated(from, to);
  }

  private deliver(
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    packet: number,
    segmentStart: boolean,
  ): void {
    const position = this.next;
    const length = end - start;
    this.next = position + length;
    this.nextSequence = (this.nextSequence + length) | 0;
    this.host.consumer.data(this.direction, bytes, start, end, position, time, packet, segmentStart);
  }

  private gapTo(until: number, time: number, packet: number): void {
    const position = this.next;
    this.jump(until);
    this.lossState().gap(position, until);
    this.host.consumer.gap(this.direction, position, until - position, time, packet);
  }

  /** Delivers what follows without a hole: the packet that filled the hole made it deliverable. */
  private drain(time: number, packet: number): void {
    while (this.reorder !== null && this.reorder.first!.start === this.next) {
      this.pass(this.takeFirst(this.reorder), time, packet);
    }
  }

  /** The first hole stays empty. What is above it was deliverable when it came, in the order of the stream. */
  private giveUpHole(): void {
    const buffer = this.reorder!;
    buffer.deliveredAt(buffer.first!.time, buffer.first!.packet);
    this.gapTo(buffer.first!.start, buffer.time, buffer.packet);
    while (this.reorder === buffer && buffer.first!.start === this.next) {
      const piece = this.takeFirst(buffer);
      buffer.deliveredAt(piece.time, piece.packet);
      this.pass(piece, buffer.time, buffer.packet);
    }
  }

  private pass(piece: Piece, time: number, packet: number): void {
    if (piece.bytes === null) this.gapTo(piece.end, time, packet);
    else this.deliver(piece.bytes, 0, piece.bytes.length, time, packet, piece.segmentStart);
  }

  private takeFirst(buffer: ReorderBuffer): Piece {
    const piece = buffer.shift()!;
    if (buffer.first === undefined) this.dropBuffer();
    return piece;
  }

  private openBuffer(): ReorderBuffer {
    const buffer = new ReorderBuffer(this.host.shared.pool);
    this.host.shared.pool.add(this);
    this.reorder = buffer;
    return buffer;
  }

  private dropBuffer(): void {
    if (this.reorder === null) return;
    this.reorder.clear();
    this.reorder = null;
    this.host.shared.pool.remove(this);
  }

  private keepWithinLimits(): void {
    const { limits, pool, counters } = this.host.shared;
    while (
      this.reorder !== null &&
      (this.reorder.size > limits.maxReorderBytes || this.reorder.pieces.length > limits.maxReorderPieces)
    ) {
      counters.bufferOverflows++;
      this.giveUpHole();
    }
    if (pool.used > limits.maxReorderBytesTotal) {
      counters.bufferOverflows += pool.reduceTo(limits.maxReorderBytesTotal);
    }
  }
}
