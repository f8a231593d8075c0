import { MAX_HELD_COMMAND_BYTES } from './limits.js';
import type { RawCommand, StreamWatcher } from './observer.js';

/** Bytes of a span's end that the decoder may come back to while it looks for a command: see resp/resync.ts. */
const LOST_TAIL_BYTES = 1024;

const FIRST_BYTES = 4096;
/** What was grown beyond this for one command is given back. */
const KEPT_BYTES = 1024 * 1024;
const NO_BYTES = new Uint8Array(0);

/**
 * Puts the raw bytes of a stream's commands together for a watcher. The decoder keeps only their beginnings; here the bytes since the
 * last command's end are held, up to MAX_HELD_COMMAND_BYTES. Positions are stream positions. Spans are borrowed for `data` … `done`.
 */
export class StreamTap {
  readonly #watcher: StreamWatcher;
  readonly #limit: number;
  /** What is held begins at this position; everything from there up to the span is there. */
  #heldFrom = 0;
  #held: Uint8Array = NO_BYTES;
  #heldLength = 0;
  #span: Uint8Array = NO_BYTES;
  #spanFrom = 0;
  /** Position behind the last command. */
  #behind = 0;
  /** Bytes of holes since a command was whole or found. */
  #gapBytes = 0;
  /** Where what was held became too much, or -1. */
  #overflowAt = -1;

  /** @param limit bytes held of one command. */
  constructor(watcher: StreamWatcher, position: number, limit = MAX_HELD_COMMAND_BYTES) {
    this.#watcher = watcher;
    this.#limit = limit;
    this.#heldFrom = position;
    this.#behind = position;
  }

  /** bytes[start, end) at `position` are about to be decoded. */
  data(bytes: Uint8Array, start: number, end: number, position: number): void {
    this.#span = bytes.subarray(start, end);
    this.#spanFrom = position;
    if (this.#heldFrom + this.#heldLength !== position) this.#letGo(position);
  }

  /** They were decoded; `lost`: the decoder looks for a command. */
  done(lost: boolean): void {
    const end = this.#spanFrom + this.#span.length;
    const from = lost ? Math.max(this.#heldFrom, end - LOST_TAIL_BYTES) : this.#behind;
    if (from >= this.#spanFrom) {
      this.#letGo(from);
      this.#hold(this.#span.subarray(Math.min(from, end) - this.#spanFrom));
    } else {
      this.#dropUpTo(from);
      this.#hold(this.#span);
    }
    this.#span = NO_BYTES;
  }

  /** `length` bytes at `position` are missing. */
  gap(position: number, length: number): void {
    this.#watcher.missing('gap', length);
    this.#gapBytes += length;
    this.#letGo(position + length);
  }

  /** The decoder found a command again, `skipped` bytes (holes included) after it had lost its place. */
  found(position: number, skipped: number): void {
    this.#behind = position;
    const captured = skipped - this.#gapBytes;
    if (captured > 0) this.#watcher.missing('skipped', captured);
    this.#gapBytes = 0;
  }

  /** A command of `length` bytes ends at `end`. */
  command(length: number, end: number, facts: Omit<RawCommand, 'parts'>): void {
    const from = end - length;
    this.#behind = end;
    this.#gapBytes = 0;
    if (from < this.#heldFrom) {
      this.#watcher.missing(this.#overflowAt > from ? 'oversized' : 'broken', length);
      return;
    }
    const parts: Uint8Array[] = [];
    const held = this.#heldFrom + this.#heldLength;
    if (from < held)
      parts.push(this.#held.subarray(from - this.#heldFrom, Math.min(end, held) - this.#heldFrom));
    if (end > this.#spanFrom)
      parts.push(this.#span.subarray(Math.max(from, this.#spanFrom) - this.#spanFrom, end - this.#spanFrom));
    this.#watcher.command({ ...facts, parts });
  }

  #letGo(position: number): void {
    this.#heldFrom = position;
    this.#heldLength = 0;
    if (this.#held.length > KEPT_BYTES) this.#held = NO_BYTES;
  }

  #dropUpTo(position: number): void {
    const drop = Math.min(this.#heldLength, position - this.#heldFrom);
    if (drop <= 0) return;
    this.#held.copyWithin(0, drop, this.#heldLength);
    this.#heldFrom += drop;
    this.#heldLength -= drop;
  }

  #hold(bytes: Uint8Array): void {
    const needed = this.#heldLength + bytes.length;
    if (needed > this.#limit) {
      this.#overflowAt = this.#heldFrom + needed;
      this.#letGo(this.#overflowAt);
      return;
    }
    if (needed > this.#held.length) {
      const grown = new Uint8Array(Math.max(FIRST_BYTES, needed, 2 * this.#held.length));
      grown.set(this.#held.subarray(0, this.#heldLength));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#heldLength);
    this.#heldLength = needed;
  }
}
