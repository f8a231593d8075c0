import type { BufferPool } from './buffer-pool.js';
import { ONE_WAY_BYTES, ONE_WAY_US, REORDER_PIECE_OVERHEAD } from './limits.js';

/** Bytes that wait for the bytes before them, at stream positions `start` to `end`. */
export interface Piece {
  start: number;
  end: number;
  /** Own copy of the bytes; null: seen on the wire but snapped off by the capture. */
  bytes: Uint8Array | null;
  /** Time (µs) and number of the packet that brought them. */
  time: number;
  packet: number;
  /** The piece begins where its TCP segment began. */
  segmentStart: boolean;
}

/**
 * Out-of-order data of one direction: pieces sorted by position, without overlap. The first copy of a byte wins; a
 * snapped-off piece gives way to a captured one.
 */
export class ReorderBuffer {
  readonly pieces: Piece[] = [];
  /** Payload and bookkeeping held, in bytes. */
  size = 0;

  /** Time (µs) and packet at which everything below the first hole had been delivered. */
  time = 0;
  packet = 0;

  /** Since `begin`, bytes inserted that were seen for the first time, seen before, and seen before with other content. */
  added = 0;
  repeated = 0;
  conflicting = 0;

  constructor(private readonly pool: BufferPool) {}

  get first(): Piece | undefined {
    return this.pieces[0];
  }

  /** The counts of the segment to be inserted start at 0. */
  begin(): void {
    this.added = 0;
    this.repeated = 0;
    this.conflicting = 0;
  }

  /** Data was deliverable at `time`, unless what came before it was only so later. */
  deliveredAt(time: number, packet: number): void {
    if (time < this.time) return;
    this.time = time;
    this.packet = packet;
  }

  /** Copies positions `start` to `end` in. Their first byte is `bytes[offset]`; `bytes` is null for a snapped-off range. */
  insert(
    start: number,
    end: number,
    bytes: Uint8Array | null,
    offset: number,
    time: number,
    packet: number,
    segmentStart: boolean,
  ): void {
    const { pieces } = this;
    const origin = offset - start;
    const put = (index: number, from: number, to: number): void => {
      const copy = bytes === null ? null : copyOf(bytes, origin + from, origin + to);
      this.splice(index, 0, {
        start: from,
        end: to,
        bytes: copy,
        time,
        packet,
        segmentStart: segmentStart && from === start,
      });
    };
    let index = this.firstEndingAfter(start);
    let at = start;
    while (at < end) {
      const piece = pieces[index];
      if (piece === undefined || piece.start >= end) {
        put(index, at, end);
        this.added += end - at;
        return;
      }
      if (piece.start > at) {
        put(index, at, piece.start);
        this.added += piece.start - at;
        at = piece.start;
        index++;
        continue;
      }
      const stop = Math.min(end, piece.end);
      this.repeated += stop - at;
      if (bytes !== null && piece.bytes === null) {
        index = this.cut(index, at, stop);
        put(index, at, stop);
      } else if (bytes !== null && piece.bytes !== null) {
        this.conflicting += differences(piece.bytes, at - piece.start, bytes, origin + at, stop - at);
      }
      at = stop;
      index++;
    }
  }

  /** In a capture without ACKs: enough data, or old enough data (`time` is now, µs), to give up the first hole. */
  waitedEnough(time: number): boolean {
    return this.size > ONE_WAY_BYTES || time - this.pieces[0]!.time >= ONE_WAY_US;
  }

  /** Takes the first piece out. */
  shift(): Piece | undefined {
    const piece = this.pieces.shift();
    if (piece !== undefined) this.account(piece, -1);
    return piece;
  }

  clear(): void {
    this.pool.used -= this.size;
    this.size = 0;
    this.pieces.length = 0;
  }

  /** Takes `from` to `to` out of the snapped-off piece at `index`; returns where the replacement goes. */
  private cut(index: number, from: number, to: number): number {
    const piece = this.pieces[index]!;
    this.splice(index, 1);
    if (piece.end > to) this.splice(index, 0, { ...piece, start: to, segmentStart: false });
    if (piece.start === from) return index;
    this.splice(index, 0, { ...piece, end: from });
    return index + 1;
  }

  private splice(index: number, remove: 0 | 1, piece?: Piece): void {
    if (remove === 1) this.account(this.pieces[index]!, -1);
    if (piece === undefined) {
      this.pieces.splice(index, remove);
      return;
    }
    this.account(piece, 1);
    if (index === this.pieces.length) this.pieces.push(piece);
    else this.pieces.splice(index, remove, piece);
  }

  private account(piece: Piece, sign: 1 | -1): void {
    const cost = sign * (REORDER_PIECE_OVERHEAD + (piece.bytes === null ? 0 : piece.bytes.length));
    this.size += cost;
    this.pool.used += cost;
  }

  private firstEndingAfter(position: number): number {
    const { pieces } = this;
    // Nearly always the new piece goes to the end.
    if (pieces.length === 0 || pieces[pieces.length - 1]!.end <= position) return pieces.length;
    let low = 0;
    let high = pieces.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pieces[middle]!.end > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Not `bytes.slice`: on a Buffer that shares memory. */
function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start);
  copy.set(bytes.subarray(start, end));
  return copy;
}

function differences(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): number {
  let count = 0;
  for (let i = 0; i < length; i++) if (a[aStart + i] !== b[bStart + i]) count++;
  return count;
}
