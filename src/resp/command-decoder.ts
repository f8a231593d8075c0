import { readArguments } from './arguments.js';
import type { CommandNames } from './command-names.js';
import { CommandSearch } from './command-search.js';
import { KeptCommand } from './kept-command.js';
import { MAX_ARGUMENTS, MAX_INLINE_BYTES, MAX_LENGTH_DIGITS } from './limits.js';

const STAR = 0x2a;
const DOLLAR = 0x24;
const CR = 0x0d;
const LF = 0x0a;

/** What a CommandDecoder tells. Positions are stream positions (bytes). */
export interface CommandSink {
  /**
   * A whole command has passed. Its first `kept` bytes are bytes[from, from + kept), borrowed until the call returns; `length`
   * is what it had on the wire and `end` the stream position behind it. `name` is its id, subcommand included where one counts.
   */
  command(
    name: number,
    bytes: Uint8Array,
    from: number,
    kept: number,
    length: number,
    end: number,
    time: number,
    packet: number,
  ): void;
  /** A bare newline between commands (a keepalive). */
  newline(position: number, time: number, packet: number): void;
  /** The bytes at `position` are no command: the decoder has lost its place. */
  lost(position: number, time: number, packet: number): void;
  /** A command boundary was found again, `skipped` bytes after the place was lost. */
  found(position: number, skipped: number, time: number, packet: number): void;
}

// States of the decoder: what the next byte belongs to.
const START = 0;
const ARRAY_LENGTH = 1;
const BULK_TYPE = 2;
const BULK_LENGTH = 3;
const BULK_BODY = 4;
const INLINE = 5;
const LOST = 6;

/**
 * Incremental decoder of requests: multibulk arrays of bulk strings, and inline lines. Fed spans of any size. A command that lies
 * wholly within a span is recognised in place; only one that crosses spans has its beginning copied (KEPT_COMMAND_BYTES).
 * Values are skipped by their length.
 */
export class CommandDecoder {
  readonly #names: CommandNames;
  readonly #sink: CommandSink;
  readonly #learn: boolean;
  readonly #inline: boolean;
  #state = START;
  #number = 0;
  #digits = 0;
  /** The CR behind the digits has come. */
  #atReturn = false;
  #argumentsLeft = 0;
  /** Bytes of the current bulk still to come, its CRLF included. */
  #bulkLeft = 0;
  /** Stream position of the current command's first byte, or of the place where the decoder got lost. */
  #start = 0;
  readonly #kept = new KeptCommand();
  #search: CommandSearch | null = null;

  /**
   * @param options.learn count names that were not met before, and subcommands; without it they are OTHER.
   * @param options.inline accept inline lines between the arrays: requests, and the streams of servers before 2.8.
   */
  constructor(names: CommandNames, sink: CommandSink, options: { learn: boolean; inline: boolean }) {
    this.#names = names;
    this.#sink = sink;
    this.#learn = options.learn;
    this.#inline = options.inline;
  }

  /** True at a command boundary. */
  get idle(): boolean {
    return this.#state === START;
  }

  get isLost(): boolean {
    return this.#state === LOST;
  }

  /** What was kept of the command that has begun; null between commands. Borrowed. */
  get begun(): Uint8Array | null {
    if (this.#state === START || this.#state === LOST) return null;
    return this.#kept.bytes.subarray(0, this.#kept.length);
  }

  /** Forget the place: look for a command boundary from the next byte on. */
  lose(position: number): void {
    this.#state = LOST;
    this.#search?.forget();
    this.#start = position;
  }

  /** Expect a command at the next byte. */
  restart(): void {
    this.#state = START;
  }

  /** The bytes [start, end) of the stream, the first one at stream position `position`. */
  data(bytes: Uint8Array, start: number, end: number, position: number, time: number, packet: number): void {
    let at = start;
    const base = position - start;
    while (at < end) {
      const next = this.#state === START ? this.#whole(bytes, at, end, base, time, packet) : -1;
      at = next >= 0 ? next : this.#resume(bytes, at, end, base, time, packet);
    }
  }

  /** `length` bytes at `position` are missing. Inside a bulk the place is kept; anywhere else it is lost. */
  gap(position: number, length: number, time: number, packet: number): void {
    if (this.#state === BULK_BODY && length <= this.#bulkLeft - 2) {
      this.#bulkLeft -= length;
      this.#kept.break();
      return;
    }
    this.#search?.forget();
    if (this.#state === LOST) return;
    const start = this.#state === START ? position : this.#start;
    this.lose(start);
    this.#sink.lost(start, time, packet);
  }

  /**
   * Command at `at`: index behind it when it is wholly in the span; `end` when the span ends within one of its arguments; else -1, for
   * #resume.
   */
  #whole(bytes: Uint8Array, at: number, end: number, base: number, time: number, packet: number): number {
    if (bytes[at] !== STAR) return -1;
    let i = at + 1;
    let count = 0;
    let digit = i < end ? bytes[i]! - 0x30 : -1;
    while (digit >= 0 && digit <= 9 && i - at <= 7) {
      count = count * 10 + digit;
      digit = ++i < end ? bytes[i]! - 0x30 : -1;
    }
    if (count === 0 || i + 1 >= end || bytes[i] !== CR || bytes[i + 1] !== LF) return -1;
    i += 2;
    let nameStart = 0;
    let nameEnd = 0;
    let secondStart = 0;
    let secondEnd = 0;
    for (let n = 0; n < count; n++) {
      if (i >= end || bytes[i] !== DOLLAR) return -1;
      i++;
      let length = 0;
      const digits = i;
      digit = i < end ? bytes[i]! - 0x30 : -1;
      while (digit >= 0 && digit <= 9 && i - digits < 9) {
        length = length * 10 + digit;
        digit = ++i < end ? bytes[i]! - 0x30 : -1;
      }
      const body = i + 2;
      const after = body + length;
      if (i === digits || body > end || bytes[i] !== CR || bytes[i + 1] !== LF) return -1;
      if (after + 2 > end) return this.#keepPart(bytes, at, end, base, count - n, after + 2 - end);
      if (bytes[after] !== CR || bytes[after + 1] !== LF) return -1;
      if (n === 0) {
        nameStart = body;
        nameEnd = after;
      } else if (n === 1) {
        secondStart = body;
        secondEnd = after;
      }
      i = after + 2;
    }
    let name = this.#names.id(bytes, nameStart, nameEnd, this.#learn);
    if (this.#learn && this.#names.isContainer(name))
      name = this.#names.subcommand(name, bytes, nameStart, nameEnd, secondStart, secondEnd);
    this.#sink.command(name, bytes, at, i - at, i - at, base + i, time, packet);
    return i;
  }

  /** The span ends within an argument of the command at `at`, `bulkLeft` bytes before the argument's end. */
  #keepPart(
    bytes: Uint8Array,
    at: number,
    end: number,
    base: number,
    argumentsLeft: number,
    bulkLeft: number,
  ): number {
    if (bulkLeft === 1 && bytes[end - 1] !== CR) return -1;
    this.#start = base + at;
    this.#kept.begin();
    this.#kept.add(bytes, at, end);
    this.#argumentsLeft = argumentsLeft;
    this.#bulkLeft = bulkLeft;
    this.#state = BULK_BODY;
    return end;
  }

  /** Byte-wise decoding from whatever state, until a command boundary or the end of the span. */
  #resume(bytes: Uint8Array, at: number, end: number, base: number, time: number, packet: number): number {
    while (at < end) {
      switch (this.#state) {
        case START: {
          const byte = bytes[at]!;
          if (byte === LF || byte === CR) {
            if (byte === LF) this.#sink.newline(base + at, time, packet);
            return at + 1;
          }
          this.#start = base + at;
          this.#kept.begin();
          if (byte === STAR) this.#expectNumber(ARRAY_LENGTH);
          else if (this.#inline && isLetter(byte)) {
            this.#state = INLINE;
            break;
          } else {
            this.#lose(time, packet);
            break;
          }
          this.#kept.add(bytes, at, at + 1);
          at++;
          break;
        }
        case ARRAY_LENGTH:
        case BULK_LENGTH: {
          const byte = bytes[at]!;
          this.#kept.add(bytes, at, at + 1);
          at++;
          if (byte >= 0x30 && byte <= 0x39 && this.#digits < MAX_LENGTH_DIGITS && !this.#atReturn) {
            this.#number = this.#number * 10 + byte - 0x30;
            this.#digits++;
          } else if (byte === LF && this.#atReturn) this.#numberDone();
          else if (byte === CR && this.#digits > 0 && !this.#atReturn) this.#atReturn = true;
          else this.#lose(time, packet);
          if (this.idle) return at;
          break;
        }
        case BULK_TYPE:
          if (bytes[at] !== DOLLAR) {
            this.#lose(time, packet);
            break;
          }
          this.#kept.add(bytes, at, at + 1);
          at++;
          this.#expectNumber(BULK_LENGTH);
          break;
        case BULK_BODY: {
          const take = Math.min(this.#bulkLeft, end - at);
          this.#kept.add(bytes, at, at + take);
          const isSound = endsWithLine(bytes, at, this.#bulkLeft, take);
          this.#bulkLeft -= take;
          at += take;
          if (!isSound) {
            this.#lose(time, packet);
            break;
          }
          if (this.#bulkLeft > 0) break;
          if (--this.#argumentsLeft > 0) {
            this.#state = BULK_TYPE;
            break;
          }
          this.#state = START;
          this.#emitKept(base + at, time, packet);
          return at;
        }
        case INLINE: {
          let line = at;
          while (line < end && bytes[line] !== LF) line++;
          if (line < end) line++;
          this.#kept.add(bytes, at, line);
          at = line;
          if (bytes[at - 1] === LF) {
            this.#state = START;
            this.#emitKept(base + at, time, packet);
            return at;
          }
          if (base + at - this.#start > MAX_INLINE_BYTES) this.#lose(time, packet);
          break;
        }
        case LOST: {
          this.#search ??= new CommandSearch(this.#inline);
          const found = this.#search.find(bytes, at, end);
          if (found < 0) return end;
          const { carried } = this.#search;
          const position = base + found - carried.length;
          this.#state = START;
          this.#sink.found(position, position - this.#start, time, packet);
          this.data(carried, 0, carried.length, position, time, packet);
          return found;
        }
      }
    }
    return at;
  }

  #expectNumber(state: number): void {
    this.#state = state;
    this.#number = 0;
    this.#digits = 0;
    this.#atReturn = false;
  }

  #numberDone(): void {
    if (this.#state === BULK_LENGTH) {
      this.#bulkLeft = this.#number + 2;
      this.#state = BULK_BODY;
    } else if (this.#number === 0 || this.#number > MAX_ARGUMENTS) {
      this.#state = START; // `*0`: an empty request, which servers skip
    } else {
      this.#argumentsLeft = this.#number;
      this.#state = BULK_TYPE;
    }
  }

  #lose(time: number, packet: number): void {
    this.#state = LOST;
    this.#search?.forget();
    this.#sink.lost(this.#start, time, packet);
  }

  /** A command that came in several spans is complete: name it from its kept beginning. */
  #emitKept(end: number, time: number, packet: number): void {
    const { bytes, length } = this.#kept;
    if (length === end - this.#start && this.#whole(bytes, 0, length, this.#start, time, packet) === length)
      return;
    const list = readArguments(bytes, 0, length, 2);
    const [first = 0, firstEnd = 0, second = 0, secondEnd = 0] = list.ranges;
    let name = this.#names.id(bytes, first, firstEnd, this.#learn);
    if (this.#learn && this.#names.isContainer(name))
      name = this.#names.subcommand(name, bytes, first, firstEnd, second, secondEnd);
    this.#sink.command(name, bytes, 0, length, end - this.#start, end, time, packet);
  }
}

/** False when the CR or the LF that end a bulk are among its next `take` bytes, `left` before its end, and are something else. */
function endsWithLine(bytes: Uint8Array, at: number, left: number, take: number): boolean {
  const rest = left - take;
  if (rest > 1) return true;
  if (left > 1 && bytes[at + left - 2] !== CR) return false;
  return rest === 1 || bytes[at + left - 1] === LF;
}

function isLetter(byte: number): boolean {
  const folded = byte | 0x20;
  return folded >= 0x61 && folded <= 0x7a;
}
