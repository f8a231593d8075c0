import { MAX_INLINE_BYTES } from '../../resp/limits.js';
import type { Command } from '../data/reply.js';
import { readDecimal } from './decimal.js';
import { splitInline } from './inline-words.js';
import { MAX_BULK_BYTES, MAX_REQUEST_ARGUMENTS, MAX_REQUEST_BYTES } from './limits.js';

const STAR = 0x2a;
const DOLLAR = 0x24;
const CR = 0x0d;
const LF = 0x0a;

/** Room a parser begins with, and goes back to once a longer request has passed. */
const FIRST_ROOM = 16 * 1024;

/** What a RequestParser tells. What it hands over belongs to the receiver. */
export interface RequestSink {
  /** A whole request, at least one word; raw is it as it came, and the words lie in it (those of an inline request do not). */
  command(command: Command, raw: Uint8Array): void;
  /** A request without words, which servers skip: a bare newline (a keepalive), a blank line, `*0`. */
  newline(raw: Uint8Array): void;
  /** No request: reason is what servers answer behind `-ERR Protocol error: `. Nothing more comes. */
  broken(reason: string): void;
}

/**
 * Takes requests out of a stream of bytes, multibulk and inline, fed in spans of any size. (The decoder in src/resp passes over
 * values; this one is for those who execute them.) Every length is checked before it is used; a request is bounded by limits.ts.
 */
export class RequestParser {
  readonly #sink: RequestSink;
  /** What is not parsed yet: #room[#start, #end), where the request at hand begins at #start. */
  #room = Buffer.allocUnsafe(FIRST_ROOM);
  #start = 0;
  #end = 0;
  /** The next thing to parse lies here. */
  #at = 0;
  /** Words of the multibulk request at hand still to come; -1 at its beginning. */
  #wordsLeft = -1;
  /** Bytes of the word at #at, once its length is read; else -1. */
  #wordBytes = -1;
  /** Beginning and end of the words read, counted from the request's first byte. */
  #ranges: number[] = [];
  #stopped = false;

  constructor(sink: RequestSink) {
    this.#sink = sink;
  }

  /** Bytes of a request that is not whole yet. */
  get held(): number {
    return this.#end - this.#start;
  }

  /** Nothing more is told, from within a call of the sink as well. */
  stop(): void {
    this.#stopped = true;
  }

  feed(bytes: Uint8Array): void {
    if (this.#stopped) return;
    this.#append(bytes);
    while (!this.#stopped && this.#at < this.#end && this.#step());
    this.#compact();
  }

  #append(bytes: Uint8Array): void {
    const length = this.#end + bytes.length;
    if (length > this.#room.length) {
      const room = Buffer.allocUnsafe(Math.max(length, this.#room.length * 2));
      this.#room.copy(room, 0, 0, this.#end);
      this.#room = room;
    }
    this.#room.set(bytes, this.#end);
    this.#end = length;
  }

  /** Moves the beginning of the request at hand to the front. */
  #compact(): void {
    if (this.#start === 0) return;
    const rest = this.#room.subarray(this.#start, this.#end);
    if (rest.length <= FIRST_ROOM && this.#room.length > FIRST_ROOM) {
      this.#room = Buffer.allocUnsafe(FIRST_ROOM);
      this.#room.set(rest);
    } else this.#room.copyWithin(0, this.#start, this.#end);
    this.#at -= this.#start;
    this.#end = rest.length;
    this.#start = 0;
  }

  /** Parses one line or word. @returns false when more bytes are needed. */
  #step(): boolean {
    if (this.#wordBytes >= 0) return this.#word();
    if (this.#wordsLeft > 0) return this.#wordLength();
    return this.#room[this.#at] === STAR ? this.#arrayLength() : this.#inline();
  }

  #inline(): boolean {
    const line = this.#line('too big inline request');
    if (line === null) return false;
    const words = splitInline(line);
    if (words === null) return this.#broken('unbalanced quotes in request');
    this.#requestDone(words);
    return true;
  }

  #arrayLength(): boolean {
    const line = this.#line('too big mbulk count string');
    if (line === null) return false;
    const count = lengthIn(line);
    if (count === null || count > MAX_REQUEST_ARGUMENTS) return this.#broken('invalid multibulk length');
    this.#wordsLeft = count;
    if (count <= 0) this.#requestDone([]);
    return true;
  }

  #wordLength(): boolean {
    const type = this.#room[this.#at]!;
    if (type !== DOLLAR) return this.#broken(`expected '$', got '${String.fromCharCode(type)}'`);
    const line = this.#line('too big bulk count string');
    if (line === null) return false;
    const length = lengthIn(line);
    const most = Math.min(MAX_BULK_BYTES, MAX_REQUEST_BYTES - (this.#at - this.#start));
    if (length === null || length < 0 || length > most) return this.#broken('invalid bulk length');
    this.#wordBytes = length;
    return true;
  }

  #word(): boolean {
    const after = this.#at + this.#wordBytes;
    if (after + 2 > this.#end) return false;
    this.#ranges.push(this.#at - this.#start, after - this.#start);
    this.#at = after + 2;
    this.#wordBytes = -1;
    this.#wordsLeft--;
    if (this.#wordsLeft === 0) this.#requestDone(null);
    return true;
  }

  /** Passes the line at #at. @returns it without its end, borrowed; null when it is not whole yet, or too long. */
  #line(tooLong: string): Uint8Array | null {
    const lf = this.#room.subarray(0, this.#end).indexOf(LF, this.#at);
    const end = lf < 0 ? this.#end : lf;
    if (end - this.#at > MAX_INLINE_BYTES) this.#broken(tooLong);
    if (lf < 0 || this.#stopped) return null;
    const line = this.#room.subarray(this.#at, lf > this.#at && this.#room[lf - 1] === CR ? lf - 1 : lf);
    this.#at = lf + 1;
    return line;
  }

  /** The request [#start, #at) is whole; words: those of an inline one, null for those in #ranges. */
  #requestDone(words: Uint8Array[] | null): void {
    const raw = Uint8Array.from(this.#room.subarray(this.#start, this.#at));
    const command = words ?? wordsAt(raw, this.#ranges);
    this.#start = this.#at;
    this.#wordsLeft = -1;
    this.#ranges = [];
    if (command.length === 0) this.#sink.newline(raw);
    else this.#sink.command(command, raw);
  }

  #broken(reason: string): false {
    this.#stopped = true;
    this.#sink.broken(reason);
    return false;
  }
}

/** The number behind the type byte of `*3` or `$5`. */
function lengthIn(line: Uint8Array): number | null {
  return readDecimal(String.fromCharCode(...line.subarray(1, 32)));
}

function wordsAt(raw: Uint8Array, ranges: readonly number[]): Uint8Array[] {
  const words: Uint8Array[] = [];
  for (let i = 0; i < ranges.length; i += 2) words.push(raw.subarray(ranges[i]!, ranges[i + 1]!));
  return words;
}
