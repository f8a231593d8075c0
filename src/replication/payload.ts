import { createHash, type Hash } from 'node:crypto';
import { RdbDecoder } from '../rdb/decoder.js';
import { MARK_BYTES, type PayloadHeader } from './decision.js';
import type { Payload, RdbFacts } from './model.js';
import type { PayloadWatcher } from './observer.js';
import { rdbFacts } from './rdb-facts.js';

/** Payload bytes gathered before they are hashed: one call a segment would cost more than the hashing. */
const STAGE_BYTES = 16 * 1024;
/** The stage begins with this much, since thousands of payloads may be under way at once. */
const FIRST_STAGE_BYTES = 1024;

/** Bytes before the end mark that tell it from the same text inside a value where the RDB cannot be read: EOF opcode and CRC64. */
export const TRAILER_BYTES = 9;
export const EOF_OPCODE = 0xff;

/** A mark whose beginning fell into a hole is believed from this many bytes on. */
const LEAST_MARK_TAIL = 8;

export interface PayloadOptions {
  /** Packet time (µs) at which an expiry counts as past; null: not known. */
  asOf: number | null;
  /** How many of the biggest keys are remembered; null: auxiliary fields are not kept either. */
  details: number | null;
  watcher: PayloadWatcher | null;
}

/**
 * Follows one payload from behind its header line to its last byte: counts, hashes, decodes the RDB. Length form: that many bytes. Mark
 * form: up to the 40-byte mark of the header. Unknown form (joined inside, or the header was lost): up to the end of the RDB when its
 * beginning was captured, else until the owner says so.
 */
export class PayloadReader {
  readonly facts: Payload;
  readonly #mark: Buffer | null;
  #hash: Hash | null = createHash('sha256');
  /** null once the payload is over: it takes as much as all else of a link. */
  #rdb: RdbDecoder | null;
  readonly #detailed: boolean;
  readonly #watcher: PayloadWatcher | null;
  #stage: Buffer;
  /** Bytes in the stage, and how many of them were hashed already. */
  #staged = 0;
  #hashed = 0;
  /** Stage index of the first byte behind the last hole, or -1 when it has left the stage. */
  #afterGap = -1;
  /** No more bytes belong to the payload: it is complete, or was given up. */
  #over: boolean;
  /** Bytes up to behind the mark, once they are known. */
  #end: number | null = null;
  /** Payload bytes before the latest hole, or -1. */
  #holeAt = -1;
  /** Packet time and number of the latest bytes. */
  #lastTime = 0;
  #lastPacket = 0;
  /** Of an unknown form: the RDB has ended; bytes of a mark that follows it still to come, or -1 while the next byte has not told. */
  #markLeft = -1;

  /** `header` null: it was not captured. */
  constructor(
    header: PayloadHeader | null,
    time: number | null,
    packet: number | null,
    { asOf, details, watcher }: PayloadOptions,
  ) {
    this.#watcher = watcher;
    this.#detailed = details !== null;
    this.#rdb = new RdbDecoder({
      level: 'keys',
      top: details ?? 0,
      asOf: asOf === null ? null : asOf / 1000,
      ...(watcher?.key && { sink: { key: (key) => watcher.key?.(key) } }),
    });
    const length = header?.form === 'length' ? header.bytes : null;
    this.#mark = header?.form === 'eof-mark' ? Buffer.from(header.mark, 'latin1') : null;
    this.#stage = Buffer.allocUnsafe(FIRST_STAGE_BYTES);
    this.facts = {
      form: length !== null ? 'length' : this.#mark !== null ? 'eof-mark' : null,
      declaredBytes: length,
      bytes: 0,
      complete: false,
      startedAt: time,
      startPacket: packet,
      finishedAt: null,
      finishPacket: null,
      lastAt: null,
      sha256: null,
      loadedAt: null,
      missingBytes: 0,
      rdb: null,
      transfer: null,
      writtenBytes: null,
      caughtUpAt: null,
    };
    this.#over = false;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Takes what belongs to the payload of bytes[start, end) and returns the index behind it; `isOver` tells the end. */
  data(bytes: Uint8Array, start: number, end: number, time: number, packet: number): number {
    this.#lastTime = time;
    this.facts.lastAt = time;
    this.#lastPacket = packet;
    let at = start;
    while (at < end && !this.#over) {
      if (this.facts.form === null && this.#rdb!.endPosition !== null)
        at = this.#behindRdb(bytes, at, end, time, packet);
      else if (this.#mark !== null) at = this.#upToMark(bytes, at, end, time, packet);
      else at = this.#upToLength(bytes, at, end, time, packet);
    }
    return at;
  }

  #upToLength(bytes: Uint8Array, at: number, end: number, time: number, packet: number): number {
    const { facts } = this;
    const whole = facts.declaredBytes ?? this.#end;
    const before = facts.bytes;
    at = this.#take(bytes, at, end, whole);
    if (facts.bytes === whole) {
      if (facts.form === null) this.#giveUp(time, packet);
      else this.#finish(this.#staged, time, packet);
    } else if (facts.form === null && this.#rdb!.endPosition !== null) {
      // What was taken behind the RDB's end is given back: it has yet to show what it is.
      const behind = facts.bytes - this.#rdb!.endPosition;
      at -= behind;
      facts.bytes -= behind;
      this.#staged -= Math.min(behind, facts.bytes + behind - before);
    }
    if (this.#staged === STAGE_BYTES) this.#flush();
    return at;
  }

  #upToMark(bytes: Uint8Array, at: number, end: number, time: number, packet: number): number {
    const { facts } = this;
    const before = this.#staged;
    at = this.#take(bytes, at, end, this.#end);
    const mark = this.#findMark(before, at === end);
    if (mark >= 0) {
      const behind = this.#staged - (mark + MARK_BYTES);
      facts.bytes -= behind + MARK_BYTES;
      this.#finish(mark, time, packet);
      return at - behind;
    }
    if (facts.bytes === this.#end) this.#finishWithoutMark(time, packet);
    else if (this.#staged === STAGE_BYTES) this.#flush();
    return at;
  }

  /** Behind an RDB whose header line was lost: a mark is hexadecimal, a stream begins with `*` or a newline. */
  #behindRdb(bytes: Uint8Array, at: number, end: number, time: number, packet: number): number {
    if (this.#markLeft < 0) this.#markLeft = isHexDigit(bytes[at]!) ? MARK_BYTES : 0;
    const take = Math.min(this.#markLeft, end - at);
    this.#markLeft -= take;
    if (this.#markLeft > 0) return at + take;
    this.facts.form = take > 0 ? 'eof-mark' : 'length';
    this.#finish(this.#staged, time, packet);
    return at + take;
  }

  /** Stages, counts and decodes what there is room for of bytes[at, end), up to `whole` payload bytes. Returns the index behind it. */
  #take(bytes: Uint8Array, at: number, end: number, whole: number | null): number {
    const { facts } = this;
    let take = Math.min(end - at, STAGE_BYTES - this.#staged);
    if (whole !== null) take = Math.min(take, whole - facts.bytes);
    this.#rdb!.feed(bytes, at, at + take);
    if (this.#staged + take > this.#stage.length) this.#growStage(this.#staged + take);
    this.#stage.set(bytes.subarray(at, at + take), this.#staged);
    this.#staged += take;
    facts.bytes += take;
    return at + take;
  }

  #growStage(needed: number): void {
    const grown = Buffer.allocUnsafe(Math.min(STAGE_BYTES, Math.max(needed, 4 * this.#stage.length)));
    this.#stage.copy(grown, 0, 0, this.#staged);
    this.#stage = grown;
  }

  /** A hole of `length` bytes: returns how many of them the payload accounts for. */
  gap(length: number, time: number, packet: number): number {
    const { facts } = this;
    const whole = facts.declaredBytes ?? this.#end;
    const mine = whole === null ? length : Math.min(length, whole - facts.bytes);
    if (mine > 0) {
      this.#holeAt = facts.bytes;
      this.#hash = null;
      this.#rdb!.end();
      this.#staged = 0;
      this.#hashed = 0;
      this.#afterGap = 0;
    }
    facts.bytes += mine;
    facts.missingBytes += mine;
    if (facts.bytes === facts.declaredBytes) this.#finish(0, time, packet);
    else if (facts.bytes === this.#end) this.#finishWithoutMark(time, packet);
    return mine;
  }

  /**
   * The replica has acknowledged, and until then nothing follows the payload: all of it, mark included, is `bytes` long. What is
   * still to come of them (a hole, or the other direction was captured first) is taken as usual.
   */
  endsAfter(bytes: number): void {
    if (this.#over || this.facts.form === 'length') return;
    if (this.endsWithMark && this.facts.bytes === bytes) {
      this.#finishAtMark();
      return;
    }
    this.#end = bytes;
    if (this.facts.form === null && this.#rdb!.endPosition === this.facts.bytes && this.#markLeft < 0) {
      this.facts.form = 'length';
      this.#finish(this.#staged, null, null);
    } else if (this.facts.form === null) this.#giveUp(null, null);
    else if (this.facts.bytes >= bytes) this.#finishWithoutMark(null, null);
  }

  /** It has ended, and the stream begun, somewhere in the `bytes` sent so far: only what comes before the latest hole is certainly its own. */
  endsBefore(bytes: number): void {
    if (this.#over) return;
    if (this.#holeAt >= 0) this.facts.bytes = Math.min(bytes, this.#holeAt);
    this.#giveUp(null, null);
  }

  /** The connection ended inside the payload, or the capture did. */
  abandon(): void {
    if (this.#over) return;
    if (this.endsWithMark) this.#finishAtMark();
    else this.#giveUp(null, null);
  }

  /**
   * What has come so far ends with the mark, and nothing is missing of it. To a replica that is the end, whatever the RDB says: a
   * damaged one may ask for more.
   */
  get endsWithMark(): boolean {
    const mark = this.#mark;
    if (mark === null || this.#over || this.#staged < MARK_BYTES) return false;
    return this.#stage.subarray(this.#staged - MARK_BYTES, this.#staged).equals(mark);
  }

  #finishAtMark(): void {
    this.facts.bytes -= MARK_BYTES;
    this.#finish(this.#staged - MARK_BYTES, this.#lastTime, this.#lastPacket);
  }

  /** What is known of the RDB so far; null while nothing is. */
  rdb(): RdbFacts | null {
    return this.#rdb === null ? this.facts.rdb : rdbFacts(this.#rdb.facts, this.#detailed);
  }

  /** Nothing is missing, and all so far follows the format. */
  #isReadable(): boolean {
    return this.facts.missingBytes === 0 && this.#rdb!.facts.error === null;
  }

  /** Index of the end mark in the stage, or -1. New bytes begin at `from`. */
  #findMark(from: number, spanEnds: boolean): number {
    const mark = this.#mark!;
    const view = this.#stage.subarray(0, this.#staged);
    // The same text can stand inside a value (a later replication id equals the mark): as long as the RDB can be read, the mark stands
    // behind its end. Else it is the one that follows a trailer or, as replicas have it, is the last that is sent.
    const rdbEnd = this.#rdb!.endPosition;
    let at = Math.max(0, from - MARK_BYTES + 1);
    for (;;) {
      at = view.indexOf(mark, at);
      if (at < 0) break;
      const position = this.facts.bytes - this.#staged + at;
      const trailer = at - TRAILER_BYTES;
      const plausible =
        (trailer >= 0 && view[trailer] === EOF_OPCODE) || (spanEnds && at + MARK_BYTES === this.#staged);
      if (rdbEnd !== null ? position === rdbEnd : plausible && !this.#isReadable()) return at;
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
    this.#digest(until);
    this.#stage.copyWithin(0, this.#staged - keep, this.#staged);
    this.#staged = keep;
    this.#hashed = Math.max(0, keep - MARK_BYTES);
    this.#afterGap = -1;
  }

  /** Bytes of the stage up to `until` are the payload's: hashed, and given to who wants them. */
  #digest(until: number): void {
    if (this.#hash === null || until <= this.#hashed) return;
    this.#hash.update(this.#stage.subarray(this.#hashed, until));
    this.#watcher?.bytes?.(this.#stage, this.#hashed, until);
  }

  #finish(stageEnd: number, time: number | null, packet: number | null): void {
    this.#digest(stageEnd);
    this.facts.complete = true;
    this.facts.sha256 = this.#hash?.digest('hex') ?? null;
    this.#giveUp(time, packet);
  }

  /** The end is known, the mark was not seen: the last 40 bytes were it. */
  #finishWithoutMark(time: number | null, packet: number | null): void {
    if (this.facts.form === 'eof-mark') {
      this.facts.bytes = Math.max(0, this.facts.bytes - MARK_BYTES);
      this.facts.complete = true;
    }
    this.#giveUp(time, packet);
  }

  #giveUp(time: number | null, packet: number | null): void {
    this.#over = true;
    this.facts.finishedAt = time;
    this.facts.finishPacket = packet;
    this.#rdb!.end();
    this.facts.rdb = this.rdb();
    this.#rdb = null;
    this.#hash = null;
    this.#stage = Buffer.alloc(0);
    this.#watcher?.end(this.facts);
  }
}

/** Marks are forty lower-case hexadecimal digits. */
export function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66);
}
