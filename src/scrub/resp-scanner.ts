import { MAX_LENGTH_DIGITS } from '../resp/limits.js';

/** What a RespScanner tells. Positions are stream positions; `head` is borrowed until the call returns. */
export interface ScanSink {
  /** A line of its own (an inline command, a simple reply, an error), at [from, to) without its line end; its first bytes. */
  line(head: Uint8Array, from: number, to: number): void;
  /** A bulk, at [from, to), the one numbered `place` (from 0) of a value of `count`; its first bytes. */
  bulk(place: number, count: number, head: Uint8Array, from: number, to: number): void;
  /** A value with its parts is over. */
  done(): void;
  /** Bytes [from, to) belong to no value: where a hole took what they belong to. */
  skipped(from: number, to: number): void;
  /** A line that announces a bulk begins a payload instead: the scanner stops behind it. */
  isPayload?(line: string): boolean;
}

const LF = 0x0a;
const CR = 0x0d;
const STAR = 0x2a;
const DOLLAR = 0x24;

/** Bytes kept of a bulk or line: as many as passwords are looked for in. */
export const HEAD_BYTES = 4096;

const TYPE = 0;
const LINE = 1;
const BODY = 2;
const LOST = 3;

/** Types whose line is followed by a body, and by other values (two for each pair of a map). */
const WITH_BODY = '$=!';
const WITH_PARTS = '*~>%|';

/** Finds where the parts of RESP values lie in one direction of a connection, requests and replies alike; keeps heads of them only. */
export class RespScanner {
  readonly #sink: ScanSink;
  #state = TYPE;
  #place = 0;
  #count = 0;
  /** Parts still to come, those of nested values among them. */
  #left = 0;
  /** Bytes of a body still to come, its line end included; and where it began. */
  #bodyLeft = 0;
  #from = 0;
  #head = new Uint8Array(256);
  #headLength = 0;
  /** Where the scanner lost its place. */
  #lostAt = 0;
  /** The last bytes seen while lost, to find a request's beginning in. */
  #window = '';

  readonly #restarts: boolean;

  /**
   * @param lost true: it is not known whether a value begins here.
   * @param restarts lines other than those of arrays are found again as well, at the beginning of a segment: replies.
   */
  constructor(sink: ScanSink, position: number, lost: boolean, restarts: boolean) {
    this.#sink = sink;
    this.#restarts = restarts;
    if (!lost) return;
    this.#lose(position);
  }

  /** bytes[start, end), the first at `position`. Returns the index where it stopped: `end`, or behind the line of a payload. */
  data(bytes: Uint8Array, start: number, end: number, position: number): number {
    const base = position - start;
    let at = start;
    while (at < end) {
      switch (this.#state) {
        case TYPE: {
          const byte = bytes[at]!;
          if (byte === LF || byte === CR) {
            at++;
            break;
          }
          if (!isTypeByte(byte) && (this.#left > 0 || !isLetter(byte))) {
            this.#lose(base + at);
            break;
          }
          this.#begin(base + at, LINE);
          break;
        }
        case LINE: {
          const byte = bytes[at++]!;
          if (byte === LF) {
            if (this.#lineDone(base + at)) return at;
          } else if (byte !== CR) this.#keep(bytes, at - 1, at);
          if (base + at - this.#from > MOST_LINE) this.#lose(this.#from);
          break;
        }
        case BODY: {
          const take = Math.min(this.#bodyLeft, end - at);
          this.#keep(bytes, at, at + Math.min(take, Math.max(0, this.#bodyLeft - 2)));
          this.#bodyLeft -= take;
          at += take;
          if (this.#bodyLeft > 0) break;
          this.#sink.bulk(
            this.#place++,
            this.#count,
            this.#head.subarray(0, this.#headLength),
            this.#from,
            base + at - 2,
          );
          this.#partDone();
          break;
        }
        default: {
          this.#window = (this.#window + String.fromCharCode(bytes[at]!)).slice(-WINDOW);
          at++;
          const found = BEGINNING.exec(this.#window);
          if (found === null) break;
          const begins = base + at - (this.#window.length - found.index);
          this.#sink.skipped(this.#lostAt, begins);
          this.#resume(found[0], begins);
        }
      }
    }
    return at;
  }

  /** `length` bytes at `position` are missing. */
  gap(position: number, length: number): void {
    if (this.#state === BODY && length <= this.#bodyLeft - 2) {
      this.#bodyLeft -= length;
      return;
    }
    this.#cut(position);
    if (this.#state !== LOST) this.#lose(position + length);
  }

  /** A segment begins at `position`, where a request may begin; of replies, any line that looks like one. */
  segment(first: number, position: number): void {
    if (this.#state !== LOST) return;
    if (this.#restarts && isTypeByte(first) && first !== STAR) {
      this.#sink.skipped(this.#lostAt, position);
      this.#state = TYPE;
    } else this.#window = '\n';
  }

  /** No more comes. */
  end(position: number): void {
    if (this.#state === LOST) this.#sink.skipped(this.#lostAt, position);
    else this.#cut(position);
  }

  /** What was begun goes no further: a bulk, or a line that is none of lengths, is told as far as it came. */
  #cut(position: number): void {
    const head = this.#head.subarray(0, this.#headLength);
    if (this.#state === BODY) this.#sink.bulk(this.#place, this.#count, head, this.#from, position);
    else if (this.#state === LINE && this.#left === 0 && head.length > 0 && !isLength(head))
      this.#sink.line(head, this.#from, position);
    if (this.#state !== LOST) this.#sink.done();
  }

  #begin(position: number, state: number): void {
    this.#state = state;
    this.#from = position;
    this.#headLength = 0;
  }

  #lose(position: number): void {
    this.#state = LOST;
    this.#lostAt = position;
    this.#left = 0;
    this.#window = '';
  }

  /** What was found is the first line of a request and the type of its first part. */
  #resume(text: string, position: number): void {
    this.#left = 0;
    this.#begin(position, LINE);
    this.#keep(Buffer.from(text.slice(0, text.indexOf('\r')), 'latin1'), 0, text.indexOf('\r'));
    this.#lineDone(position + text.indexOf('$'));
    this.#begin(position + text.indexOf('$'), LINE);
    this.#keep(Uint8Array.of(DOLLAR), 0, 1);
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    const take = Math.min(to - from, HEAD_BYTES - this.#headLength);
    if (take <= 0) return;
    if (this.#headLength + take > this.#head.length) {
      const grown = new Uint8Array(HEAD_BYTES);
      grown.set(this.#head.subarray(0, this.#headLength));
      this.#head = grown;
    }
    this.#head.set(bytes.subarray(from, from + take), this.#headLength);
    this.#headLength += take;
  }

  /** True when the scanner stops behind this line. */
  #lineDone(behind: number): boolean {
    const head = this.#head.subarray(0, this.#headLength);
    const type = String.fromCharCode(head[0] ?? 0);
    this.#state = TYPE;
    if (
      this.#headLength > MAX_LENGTH_DIGITS + 1 ||
      !(WITH_BODY.includes(type) || WITH_PARTS.includes(type))
    ) {
      if (type === '$' && this.#left === 0 && this.#sink.isPayload?.(latin1(head))) return true;
      if (this.#left === 0) {
        this.#sink.line(head, this.#from, head.length < HEAD_BYTES ? this.#from + head.length : behind - 1);
        this.#sink.done();
      } else this.#partDone();
      return false;
    }
    if (type === '$' && this.#left === 0 && this.#sink.isPayload?.(latin1(head))) return true;
    const number = Number(latin1(head.subarray(1)));
    if (!Number.isInteger(number)) {
      this.#lose(this.#from);
      return false;
    }
    if (this.#left === 0) {
      this.#place = 0;
      this.#count = WITH_BODY.includes(type) ? 1 : number;
      this.#left = 1;
    }
    if (WITH_BODY.includes(type) && number >= 0) {
      this.#begin(behind, BODY);
      this.#bodyLeft = number + 2;
    } else if (WITH_PARTS.includes(type) && number > 0)
      this.#left += type === '%' || type === '|' ? 2 * number - 1 : number - 1;
    else this.#partDone();
    return false;
  }

  #partDone(): void {
    this.#state = TYPE;
    if (--this.#left > 0) return;
    this.#left = 0;
    this.#sink.done();
  }
}

/** A request begins, behind the end of what was before it or at the first byte that is looked at. */
const BEGINNING = /(?<=\n)\*[1-9]\d{0,6}\r\n\$(?=$)/;
const WINDOW = 16;
/** Longest inline request (64 KiB) or reply line, and its type byte. */
const MOST_LINE = 64 * 1024 + 1;

function isLength(head: Uint8Array): boolean {
  return head[0] === STAR || head[0] === DOLLAR;
}

function isTypeByte(byte: number): boolean {
  return byte === STAR || byte === DOLLAR || '+-:,_#(=!%~>|'.includes(String.fromCharCode(byte));
}

function isLetter(byte: number): boolean {
  const folded = byte | 0x20;
  return folded >= 0x61 && folded <= 0x7a;
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
