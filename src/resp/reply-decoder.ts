import { KEPT_REPLY_BYTES, MAX_LENGTH_DIGITS } from './limits.js';

const CR = 0x0d;
const LF = 0x0a;

/** What a ReplyDecoder tells. */
export interface ReplySink {
  /**
   * One whole top-level reply. `text` is its first line with the type byte and without CRLF, as Latin-1, cut to
   * KEPT_REPLY_BYTES; elements and bulk bodies are passed over. Return true to stop: the bytes behind belong to someone else.
   */
  reply(text: string, time: number, packet: number): boolean;
  /** A bare newline between replies (a keepalive). */
  newline(time: number, packet: number): void;
}

/**
 * Incremental decoder of replies, RESP2 and RESP3 (https://redis.io/docs/latest/develop/reference/protocol-spec): enough to pair
 * them with requests. With `rawBulk` set, a `$…` line is delivered as soon as it is complete and its body is left to the caller,
 * as the payload of a synchronisation wants it.
 */
export class ReplyDecoder {
  rawBulk = false;
  readonly #sink: ReplySink;
  #line = '';
  #first = '';
  #inLine = false;
  /** Elements of aggregates still to come before the top-level reply is whole. */
  #elements = 0;
  /** Bytes of a bulk body still to come, its CRLF included. */
  #bulkLeft = 0;

  constructor(sink: ReplySink) {
    this.#sink = sink;
  }

  /** True between replies. */
  get idle(): boolean {
    return !this.#inLine && this.#elements === 0 && this.#bulkLeft === 0;
  }

  /** Expect a reply at the next byte, whatever came before. */
  restart(): void {
    this.#inLine = false;
    this.#elements = 0;
    this.#bulkLeft = 0;
    this.#line = '';
    this.#first = '';
  }

  /** The text of a line that was begun, and forget it: what a hole in the capture left of a reply. */
  takePartial(): string {
    const text = this.#elements === 0 ? this.#line : '';
    this.restart();
    return text;
  }

  /** Decodes bytes[start, end); returns the index where it stopped: `end`, or earlier when the sink asked to. */
  data(bytes: Uint8Array, start: number, end: number, time: number, packet: number): number {
    let at = start;
    while (at < end) {
      if (this.#bulkLeft > 0) {
        const take = Math.min(this.#bulkLeft, end - at);
        this.#bulkLeft -= take;
        at += take;
        if (this.#bulkLeft === 0 && this.#elementDone(time, packet)) return at;
        continue;
      }
      const byte = bytes[at++]!;
      if (byte === LF) {
        if (!this.#inLine) {
          if (this.#elements === 0) this.#sink.newline(time, packet);
        } else if (this.#lineDone(time, packet)) return at;
      } else if (byte !== CR) {
        this.#inLine = true;
        if (this.#line.length < KEPT_REPLY_BYTES) this.#line += String.fromCharCode(byte);
      }
    }
    return at;
  }

  #lineDone(time: number, packet: number): boolean {
    const line = this.#line;
    this.#line = '';
    this.#inLine = false;
    const topLevel = this.#elements === 0;
    if (topLevel) this.#first = line;
    const type = line[0]!;
    if (topLevel && this.rawBulk && type === '$') return this.#sink.reply(line, time, packet);
    const number = lengthOf(line);
    if ((type === '$' || type === '=' || type === '!') && number >= 0) {
      this.#bulkLeft = number + 2;
      this.#elements = topLevel ? 1 : this.#elements;
      return false;
    }
    if (number > 0 && '*~>%|'.includes(type)) {
      // A map has two elements a pair; attributes come before the reply that they describe.
      const elements = type === '%' ? number * 2 : type === '|' ? number * 2 + 1 : number;
      this.#elements = (topLevel ? 0 : this.#elements - 1) + elements;
      return false;
    }
    if (topLevel) this.#elements = 1;
    return this.#elementDone(time, packet);
  }

  /** One element is whole: true when that completed a top-level reply and the sink wants to stop. */
  #elementDone(time: number, packet: number): boolean {
    this.#elements--;
    if (this.#elements > 0) return false;
    this.#elements = 0;
    return this.#sink.reply(this.#first, time, packet);
  }
}

/** The decimal number behind the type byte, or -1. */
function lengthOf(line: string): number {
  if (line.length < 2 || line.length > MAX_LENGTH_DIGITS + 1) return -1;
  const number = Number(line.slice(1));
  return Number.isInteger(number) ? number : -1;
}
