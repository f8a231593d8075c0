import { argumentText, readArguments } from '../resp/arguments.js';
import { PSYNC, REPLCONF, SYNC } from '../resp/command-names.js';
import type { ConnectionInfo, Direction } from '../tcp/types.js';
import type { Context } from './context.js';
import { CommandStream, type StreamListener } from './stream.js';

/**
 * What the probe found: `link`: one side acknowledges a stream; `handshake`: one side has begun to ask for one; `client`: an
 * ordinary client. The bytes that told it have not been handled yet when they came from `client`.
 */
type Verdict = 'unknown' | 'link' | 'handshake' | 'client';

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
    if (side.peek(bytes, start, end) !== 'nothing') {
      // The session machine handles this span itself, from its first byte.
      this.client = direction;
      return side.peeked === 'ack' ? 'link' : 'handshake';
    }
    if (REPLY_TYPES.includes(String.fromCharCode(bytes[start]!))) side.replies++;
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
    const { stream } = this.#sides[master];
    if (stream !== null && stream.commands > 0) return stream;
    const from = Math.max(0, connection.acknowledged(master));
    const begun = new CommandStream(this.#context, stream === null ? 0 : from);
    if (stream !== null) {
      begun.unbased = true;
      begun.lose(from);
    }
    return begun;
  }

  /** Bytes of `master` that were no commands: the rest of a payload. */
  opaqueBytes(master: Direction): number {
    const { stream, first } = this.#sides[master];
    if (stream === null) return 0;
    return stream.commands > 0 ? stream.base - first : stream.bytes;
  }
}

/** One direction of a connection that may turn out to be anything. */
class ProbeSide implements StreamListener {
  stream: CommandStream | null = null;
  /** Spans that began like a reply. */
  replies = 0;
  /** Commands other than what a replica says. */
  commands = 0;
  first = 0;
  peeked: 'nothing' | 'ack' | 'sync' = 'nothing';
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** What the first command of a span says, when the span begins one that only a replica sends. */
  peek(bytes: Uint8Array, start: number, end: number): 'nothing' | 'ack' | 'sync' {
    this.peeked = 'nothing';
    if (this.stream !== null && !this.stream.mayBegin) return 'nothing'; // inside a command: part of a value
    const list = readArguments(bytes, start, Math.min(end, start + PEEK_BYTES), 2);
    const first = list.ranges;
    if (first.length === 0) return 'nothing';
    const name = this.#context.names.id(bytes, first[0]!, first[1]!);
    if (name === PSYNC || name === SYNC) this.peeked = 'sync';
    else if (name === REPLCONF) {
      const word = argumentText(bytes, list, 1, 8)?.toLowerCase();
      this.peeked = word === 'ack' ? 'ack' : word === 'getack' ? 'nothing' : 'sync';
    }
    return this.peeked;
  }

  data(bytes: Uint8Array, start: number, end: number, position: number, time: number, packet: number): void {
    if (this.stream === null) {
      this.first = position;
      this.stream = new CommandStream(this.#context, position);
      this.stream.listener = this;
      this.stream.unbased = true;
      if (bytes[start] !== 0x2a) this.stream.lose(position);
    }
    this.stream.data(bytes, start, end, position, time, packet);
  }

  streamCommand(): void {
    this.commands++;
  }

  streamNewline(): void {}

  streamFound(): void {}
}
