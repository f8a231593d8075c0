import { createHash, type Hash } from 'node:crypto';
import { RdbHeader } from '../rdb/header.js';
import { MARK_BYTES, type PayloadHeader } from './decision.js';
import type { Payload, RdbFacts } from './model.js';

/** Payload bytes gathered before they are hashed: one call a segment would cost more than the hashing. */
const STAGE_BYTES = 16 * 1024;

/** Bytes before the end mark that are looked at to tell it from the same text inside a value: EOF opcode and CRC64. */
export const TRAILER_BYTES = 9;
export const EOF_OPCODE = 0xff;

/** A mark whose beginning fell into a hole is believed from this many bytes on. */
const LEAST_MARK_TAIL = 8;

/**
 * Follows one payload from behind its header line to its last byte: counts, hashes, reads the RDB header. Length form: that many
 * bytes. Mark form: up to the 40-byte mark of the header. Unknown form (joined inside, or the header was lost): everything is
 * payload until the owner says otherwise.
 */
export class PayloadReader {
  readonly facts: Payload;
  readonly #mark: Buffer | null;
  #hash: Hash | null;
  readonly #header = new RdbHeader();
  #stage: Buffer;
  /** Bytes in the stage, and how many of them were hashed already. */
  #staged = 0;
  #hashed = 0;
  /** Stage index of the first byte behind the last hole, or -1 when it has left the stage. */
  #afterGap = -1;
  #over = false;
  /** Bytes up to behind the mark, once they are known. */
  #end: number | null = null;

  constructor(header: PayloadHeader | null, time: number | null, packet: number | null) {
    const length = header?.form === 'length' ? header.bytes : null;
    this.#mark = header?.form === 'eof-mark' ? Buffer.from(header.mark, 'latin1') : null;
    this.#hash = header === null ? null : createHash('sha256');
    this.#stage = Buffer.allocUnsafe(header === null ? 0 : STAGE_BYTES);
    this.facts = {
      form: length !== null ? 'length' : this.#mark !== null ? 'eof-mark' : null,
      declaredBytes: length,
      bytes: 0,
      complete: length === 0,
      startedAt: time,
      startPacket: packet,
      finishedAt: null,
      finishPacket: null,
      sha256: null,
      loadedAt: null,
      missingBytes: 0,
      rdb: null,
    };
    if (header === null) this.#header.done = true;
  }

  /** Takes what belongs to the payload of bytes[start, end) and returns the index behind it; `facts.complete` tells the end. */
  data(bytes: Uint8Array, start: number, end: number, time: number, packet: number): number {
    const facts = this.facts;
    if (facts.form === null) {
      if (!this.#over) facts.bytes += end - start;
      return end;
    }
    let at = start;
    while (at < end && !this.#over) {
      let take = Math.min(end - at, STAGE_BYTES - this.#staged);
      const whole = facts.declaredBytes ?? this.#end;
      if (whole !== null) take = Math.min(take, whole - facts.bytes);
      this.#header.feed(bytes, at, at + take);
      this.#stage.set(bytes.subarray(at, at + take), this.#staged);
      const before = this.#staged;
      this.#staged += take;
      facts.bytes += take;
      at += take;
      if (facts.declaredBytes !== null) {
        if (facts.bytes === facts.declaredBytes) this.#finish(this.#staged, time, packet);
      } else {
        const mark = this.#findMark(before, at === end);
        if (mark >= 0) {
          const behind = this.#staged - (mark + MARK_BYTES);
          facts.bytes -= behind + MARK_BYTES;
          this.#finish(mark, time, packet);
          return at - behind;
        }
        if (facts.bytes === this.#end) this.#finishWithoutMark(time, packet);
      }
      if (this.#staged === STAGE_BYTES) this.#flush();
    }
    return at;
  }

  /** A hole of `length` bytes: returns how many of them the payload accounts for. */
  gap(length: number, time: number, packet: number): number {
    const facts = this.facts;
    const whole = facts.declaredBytes ?? this.#end;
    const mine = whole === null ? length : Math.min(length, whole - facts.bytes);
    facts.bytes += mine;
    facts.missingBytes += mine;
    this.#hash = null;
    this.#header.done = true;
    this.#staged = 0;
    this.#hashed = 0;
    this.#afterGap = 0;
    if (facts.bytes === facts.declaredBytes) this.#finish(0, time, packet);
    else if (facts.bytes === this.#end) this.#finishWithoutMark(time, packet);
    return mine;
  }

  /**
   * The replica has acknowledged, and until then nothing follows the payload: all of it, mark included, is `bytes` long. What is
   * still to come of them (a hole, or the other direction was captured first) is taken as usual.
   */
  endsAfter(bytes: number): void {
    if (this.facts.complete || this.facts.form === 'length') return;
    this.#end = bytes;
    if (this.facts.form === null || this.facts.bytes >= bytes) this.#finishWithoutMark(null, null);
  }

  /** The connection ended inside the payload, or the capture did. */
  abandon(): void {
    if (!this.facts.complete) this.#release(null, null);
  }

  /** True when no more bytes belong to the payload: it is complete, or was given up. */
  get isOver(): boolean {
    return this.#over;
  }

  /** What the RDB header has told so far; null while nothing is known. */
  rdb(): RdbFacts | null {
    if (this.#header.version === null) return null;
    const fields = this.#header.fields;
    return {
      version: this.#header.version,
      server: fields.get('redis-ver') ?? fields.get('valkey-ver') ?? null,
      keys: null,
      expires: null,
      databases: null,
      types: null,
      functions: null,
      checksum: 'unchecked',
      complete: false,
      replid: fields.get('repl-id') ?? null,
      replOffset: numberOf(fields.get('repl-offset')),
      streamDb: numberOf(fields.get('repl-stream-db')),
    };
  }

  /** Index of the end mark in the stage, or -1. New bytes begin at `from`. */
  #findMark(from: number, spanEnds: boolean): number {
    const mark = this.#mark!;
    const view = this.#stage.subarray(0, this.#staged);
    let at = Math.max(0, from - MARK_BYTES + 1);
    for (;;) {
      at = view.indexOf(mark, at);
      if (at < 0) break;
      // The same text can stand inside a value (a later replication id equals the mark): the real one follows the RDB's trailer
      // or, as replicas have it, is the last that is sent.
      const trailer = at - TRAILER_BYTES;
      if ((trailer >= 0 && view[trailer] === EOF_OPCODE) || (spanEnds && at + MARK_BYTES === this.#staged))
        return at;
      at++;
    }
    if (this.#afterGap < 0 || !spanEnds) return -1;
    const tail = this.#staged - this.#afterGap;
    if (tail < LEAST_MARK_TAIL || tail >= MARK_BYTES) return -1;
    return view.subarray(this.#afterGap).equals(mark.subarray(MARK_BYTES - tail))
      ? this.#staged - MARK_BYTES
      : -1;
  }

  /** Hash what cannot be part of the mark any more, and keep the rest at the front of the stage. */
  #flush(): void {
    const keep = this.#mark === null ? 0 : MARK_BYTES + TRAILER_BYTES;
    const until = this.#staged - (this.#mark === null ? 0 : MARK_BYTES);
    this.#hash?.update(this.#stage.subarray(this.#hashed, until));
    this.#stage.copyWithin(0, this.#staged - keep, this.#staged);
    this.#staged = keep;
    this.#hashed = Math.max(0, keep - MARK_BYTES);
    this.#afterGap = -1;
  }

  #finish(stageEnd: number, time: number, packet: number): void {
    this.#hash?.update(this.#stage.subarray(this.#hashed, Math.max(this.#hashed, stageEnd)));
    this.facts.complete = true;
    this.facts.sha256 = this.#hash?.digest('hex') ?? null;
    this.#release(time, packet);
  }

  /** The end is known, the mark was not seen: the last 40 bytes were it. */
  #finishWithoutMark(time: number | null, packet: number | null): void {
    if (this.facts.form === 'eof-mark') {
      this.facts.bytes = Math.max(0, this.facts.bytes - MARK_BYTES);
      this.facts.complete = true;
    }
    this.#release(time, packet);
  }

  #release(time: number | null, packet: number | null): void {
    this.#over = true;
    this.facts.finishedAt = time;
    this.facts.finishPacket = packet;
    this.facts.rdb = this.rdb();
    this.#hash = null;
    this.#stage = Buffer.alloc(0);
  }
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : null;
}
