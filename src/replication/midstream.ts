import { argumentText, readArguments } from '../resp/arguments.js';
import { PSYNC, REPLCONF, SYNC } from '../resp/command-names.js';
import type { ConnectionInfo, Direction } from '../tcp/types.js';
import type { Context } from './context.js';
import { MARK_BYTES } from './decision.js';
import { EOF_OPCODE, isHexDigit, TRAILER_BYTES } from './payload.js';
import { looksLikeAnswer } from './signatures.js';
import { CommandStream, type StreamListener } from './stream.js';

/**
 * What the probe found: `link`: one side acknowledges a stream; `handshake`: one side has begun to ask for one; `answer`: the other
 * side is just being answered such a request; `client`: an ordinary client. The bytes that told it have not been handled yet,
 * but for `client`.
 */
type Verdict = 'unknown' | 'link' | 'handshake' | 'answer' | 'client';

/** What is looked at of a span: a PSYNC or an ACK is shorter. */
const PEEK_BYTES = 256;

/** First bytes of replies: a side that sends these between commands of the other one is a server answering a client. */
const REPLY_TYPES = '+-:$_,#(%~>=!';

/**
 * A connection whose beginning was not captured: which side is the replica, if any? Both sides are read as command streams until
 * one of them says `REPLCONF ACK` (then it is the replica, and what was read of the other side is its stream), asks for a sync, or
 * until one side answers commands.
 */
export class MidstreamProbe {
  client: Direction = 0;
  readonly #context: Context;
  readonly #sides: [ProbeSide, ProbeSide];

  constructor(context: Context) {
    this.#context = context;
    this.#sides = [new ProbeSide(context), new ProbeSide(context)];
  }

  data(
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    position: number,
    time: number,
    packet: number,
  ): Verdict {
    const side = this.#sides[direction];
    const other = this.#sides[direction === 0 ? 1 : 0];
    const before = side.commands;
    if (side.mayBegin) {
      const said = side.peek(bytes, start, end);
      if (said !== 'nothing') {
        this.client = direction;
        return said === 'ack' ? 'link' : 'handshake';
      }
      if (looksLikeAnswer(bytes, start, end)) {
        this.client = direction === 0 ? 1 : 0;
        return 'answer';
      }
      if (looksLikeReply(bytes, start, end)) side.replies++;
    }
    side.data(bytes, start, end, position, time, packet);
    if (side.commands > before) this.client = direction;
    if (other.commands > 0 && side.replies > 0 && other.replies === 0) {
      this.client = direction === 0 ? 1 : 0;
      return 'client';
    }
    if (side.commands > 0 && other.replies > 0 && side.replies === 0) {
      this.client = direction;
      return 'client';
    }
    return 'unknown';
  }

  gap(direction: Direction, position: number, length: number, time: number, packet: number): void {
    this.#sides[direction].stream?.gap(position, length, time, packet);
  }

  /** The stream read so far from `master`, or one that begins where it has been acknowledged. */
  takeStream(master: Direction, connection: ConnectionInfo): CommandStream {
    const side = this.#sides[master];
    if (side.stream === null) return new CommandStream(this.#context, 0, false);
    if (side.commands > 0 || !side.endsPayload) return side.stream;
    return new CommandStream(this.#context, Math.max(0, connection.acknowledged(master)), false);
  }

  /** Bytes of `master` that were no commands, if they were the rest of a payload. */
  opaqueBytes(master: Direction): number {
    const { stream, first, endsPayload } = this.#sides[master];
    if (stream === null || !endsPayload) return 0;
    return stream.commands > 0 ? stream.base - first : stream.bytes;
  }
}

/** Bytes kept of what comes before the first command: an end mark. */
const TAIL_BYTES = MARK_BYTES;

/** One direction of a connection that may turn out to be anything. */
class ProbeSide implements StreamListener {
  stream: CommandStream | null = null;
  /** Spans that were lines of replies. */
  replies = 0;
  /** Commands other than what a replica says. */
  commands = 0;
  /** Stream position of the first byte captured. */
  first = 0;
  /** What came before the first command, or everything while there was none, ends like a payload does. */
  endsPayload = false;
  readonly #context: Context;
  #tail = new Uint8Array(0);

  constructor(context: Context) {
    this.#context = context;
  }

  /** True where the next byte begins a command, or may do so for all that is known. Elsewhere it is part of a value. */
  get mayBegin(): boolean {
    return this.stream === null || this.stream.mayBegin;
  }

  /** What the first command of a span says, when it is one that only a replica sends. */
  peek(bytes: Uint8Array, start: number, end: number): 'nothing' | 'ack' | 'sync' {
    while (start < end && (bytes[start] === 0x0a || bytes[start] === 0x0d)) start++; // a keepalive before it
    const list = readArguments(bytes, start, Math.min(end, start + PEEK_BYTES), 2);
    const [first, firstEnd] = list.ranges;
    if (first === undefined || firstEnd === undefined) return 'nothing';
    const name = this.#context.names.id(bytes, first, firstEnd, false);
    if (name === REPLCONF) {
      const word = argumentText(bytes, list, 1, 8)?.toLowerCase();
      return word === 'ack' ? 'ack' : word === 'getack' ? 'nothing' : 'sync';
    }
    // A line of other text may begin with such a word: it is a request when it is all there is.
    const asks = (name === PSYNC && list.count <= 4) || (name === SYNC && list.count === 1);
    return asks && bytes[end - 1] === 0x0a ? 'sync' : 'nothing';
  }

  data(bytes: Uint8Array, start: number, end: number, position: number, time: number, packet: number): void {
    if (this.stream === null) {
      this.first = position;
      this.stream = new CommandStream(this.#context, position, false);
      this.stream.listener = this;
      if (bytes[start] !== 0x2a) this.stream.lose(position);
    }
    const { stream } = this;
    const wasOpaque = stream.commands === 0;
    stream.data(bytes, start, end, position, time, packet);
    if (!wasOpaque || (stream.commands > 0 && stream.foundAt === null)) return;
    const lead = stream.commands > 0 ? start + stream.foundAt! - position : end;
    // The command may have begun in the span before.
    if (lead < start) this.#tail = this.#tail.subarray(0, Math.max(0, this.#tail.length - (start - lead)));
    this.endsPayload = this.#endsLikePayload(bytes, start, Math.max(start, lead));
    if (this.endsPayload && stream.commands > 0) stream.rebase(stream.foundAt!);
  }

  streamCommand(): void {
    this.commands++;
  }

  streamDeletes(): void {}

  streamNewline(): void {}

  streamFound(): void {}

  /** What came up to bytes[end] ends with an end mark, or with an RDB's EOF opcode and checksum. */
  #endsLikePayload(bytes: Uint8Array, start: number, end: number): boolean {
    const joined = new Uint8Array(this.#tail.length + Math.min(TAIL_BYTES, end - start));
    joined.set(this.#tail);
    joined.set(bytes.subarray(Math.max(start, end - TAIL_BYTES), end), this.#tail.length);
    const tail = joined.subarray(Math.max(0, joined.length - TAIL_BYTES));
    this.#tail = tail.slice();
    if (tail.length >= TRAILER_BYTES && tail[tail.length - TRAILER_BYTES] === EOF_OPCODE) return true;
    return tail.length === TAIL_BYTES && tail.every(isHexDigit);
  }
}

/** True for a span that begins with the type of a reply and ends with the end of a line. */
function looksLikeReply(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    REPLY_TYPES.includes(String.fromCharCode(bytes[start]!)) && bytes[end - 1] === 0x0a && end - start > 2
  );
}
