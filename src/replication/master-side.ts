import type { ConnectionInfo } from '../tcp/types.js';
import type { Acknowledgements } from './acknowledgements.js';
import type { Context, LiveSession } from './context.js';
import type { PayloadHeader } from './decision.js';
import type { Dialogue } from './dialogue.js';
import type { Phase, Session } from './model.js';
import { PayloadReader } from './payload.js';
import type { SessionEvents } from './session-events.js';
import { comparableHistory } from './sibling-bytes.js';
import { CommandStream, type StreamListener } from './stream.js';
import { TransferWatch } from './transfer-watch.js';

const STAR = 0x2a;

/** Length of `+CONTINUE <replid>` and its CRLF, and of the bare line before 4.0. */
const CONTINUE_BYTES = 53;
const BARE_CONTINUE_BYTES = 11;

/** The session that a MasterSide belongs to. */
export interface MasterSideHost extends LiveSession, StreamListener {
  readonly session: Session;
  readonly connection: ConnectionInfo;
  readonly context: Context;
  readonly dialogue: Dialogue;
  readonly events: SessionEvents;
  readonly acks: Acknowledgements;
  reach(phase: Phase): void;
  publish(): void;
  /** Bytes of the stream have come. */
  streamed(time: number, packet: number): void;
}

/**
 * What the master of a session says: first replies, then (after a full sync was granted) payload, then stream. Where a hole took
 * what announces the next of them, the bytes behind it are asked what they are.
 */
export class MasterSide {
  payload: PayloadReader | null = null;
  stream: CommandStream | null = null;
  readonly #host: MasterSideHost;
  #watch: TransferWatch | null = null;
  /** Stream position of the payload's first byte; whether its end was told. */
  #payloadPosition = 0;
  #payloadTold = false;
  /** Stream position up to which everything was delivered, and of the last hole in the dialogue. */
  #delivered = 0;
  #holeAt = 0;
  #holeBytes = 0;
  /** Something that the replica said since the payload began is missing: its first ACK, perhaps. */
  #repliesLost = false;

  constructor(host: MasterSideHost) {
    this.#host = host;
  }

  /** Bytes of the master, in stream order. */
  data(bytes: Uint8Array, start: number, end: number, position: number, time: number, packet: number): void {
    const base = position - start;
    this.#delivered = base + end;
    let at = start;
    while (at < end) {
      const stream = this.stream;
      if (stream !== null && base + at >= stream.base) {
        stream.data(bytes, at, end, base + at, time, packet);
        this.#host.streamed(time, packet);
        return;
      }
      if (this.payload !== null && !this.payload.isOver) {
        this.#watch?.goesOn(base + at, time);
        at = this.payload.data(bytes, at, end, time, packet);
        this.#watch?.sentUpTo(base + at);
      } else if (stream !== null) at = Math.min(end, stream.base - base);
      else if (this.#host.dialogue.holed && this.#guess(bytes, at, end, base + at, time, packet)) continue;
      else {
        at = this.#host.dialogue.data(bytes, at, end, time, packet);
        this.#takeTurn(base + at, time, packet);
      }
      this.#endPayload(base + at, time, packet);
    }
  }

  /** Bytes of the replica were not captured. */
  requestsLost(): void {
    this.#repliesLost = true;
  }

  /** `length` bytes of the master at `position` were not captured. */
  gap(position: number, length: number, time: number, packet: number): void {
    const end = position + length;
    this.#delivered = end;
    if (this.payload !== null && !this.payload.isOver) {
      this.#watch?.goesOn(position, time);
      position += this.payload.gap(length, time, packet);
      this.#watch?.sentUpTo(position);
      this.#endPayload(position, time, packet);
    }
    if (this.stream !== null) {
      const from = Math.max(position, this.stream.base);
      if (from < end) this.stream.gap(from, end - from, time, packet);
    } else if (this.payload === null) {
      this.#host.dialogue.gap(time, packet);
      this.#holeAt = position;
      this.#holeBytes = length;
      // The line that was cut may have been the last one of the dialogue; where its successor begins is not known then.
      this.#takeTurn(end, time, packet);
      (this.stream as CommandStream | null)?.lose(end);
    }
  }

  /**
   * Something of the dialogue is missing: do these bytes show what it was? An RDB, or what is no line, follows a payload's header; an
   * array follows CONTINUE, since it answers no request of a handshake. True when they began a payload or the stream.
   */
  #guess(
    bytes: Uint8Array,
    at: number,
    end: number,
    position: number,
    time: number,
    packet: number,
  ): boolean {
    const { dialogue } = this.#host;
    if (!dialogue.isBetweenLines) return false;
    const asked = dialogue.undecided;
    const first = bytes[at]!;
    if (dialogue.awaitsPayload ? !beginsLine(first) : asked !== null && startsRdb(bytes, at, end)) {
      if (asked !== null) dialogue.answeredUnseen('FULLRESYNC', time, packet);
      this.#startPayload(null, position, time, packet);
      return true;
    }
    if (first !== STAR || asked === null || asked.offset === null || asked.offset < 1) return false;
    if (mayUseTwoConnections(this.#host.session) && this.#holeBytes !== CONTINUE_BYTES) return false;
    dialogue.answeredUnseen('CONTINUE', time, packet);
    dialogue.takeTurn();
    // Where it may have been either the longer one is supposed: ACKs can raise what is then too low.
    const { handshake, requestsLost } = this.#host.session;
    const hasId = requestsLost || handshake.capabilities.includes('psync2');
    const line = hasId ? CONTINUE_BYTES : BARE_CONTINUE_BYTES;
    const from = Math.min(position, this.#holeAt + line);
    this.#startStream(from, null, time, packet);
    this.#host.acks.suppose(asked.offset - 1, this.stream!, time);
    if (from < position) this.stream!.gap(from, position - from, time, packet);
    return true;
  }

  /** What the dialogue's last line led to begins at `position`. */
  #takeTurn(position: number, time: number, packet: number): void {
    const turn = this.#host.dialogue.takeTurn();
    if (turn === null) return;
    if (turn.to === 'payload') this.#startPayload(turn.header, position, time, packet);
    else this.#startStream(position, turn.start, time, packet);
  }

  /** `header` null: it was not captured. */
  #startPayload(header: PayloadHeader | null, position: number, time: number, packet: number): void {
    this.#payloadPosition = position;
    this.#repliesLost = false;
    const known = header !== null;
    this.payload = new PayloadReader(header, known ? time : null, known ? packet : null, {
      asOf: time,
      details: this.#host.context.payloadDetails(),
      watcher: this.#host.context.observer?.payload?.(this.#host.session) ?? null,
    });
    this.#host.session.payload = this.payload.facts;
    if (known) {
      this.#watch = new TransferWatch(this.#host.connection, this.#host.master, time);
      this.payload.facts.transfer = this.#watch.facts;
    }
    this.#host.reach('transfer');
    this.#host.events.emit(time, packet, { event: 'payload.started', payload: this.payload.facts });
  }

  /** The connection is over, or the capture is. */
  close(): void {
    this.payload?.abandon();
    const { complete = false, finishedAt = null, finishPacket = null } = this.payload?.facts ?? {};
    if (complete && finishedAt !== null) this.#endPayload(this.#delivered, finishedAt, finishPacket!);
  }

  /** Goes over to the stream, from `position` on, once the payload is over. */
  #endPayload(position: number, time: number, packet: number): void {
    const payload = this.payload;
    if (payload === null || !payload.isOver || this.#payloadTold) return;
    this.#payloadTold = true;
    this.#host.events.emit(time, packet, { event: 'payload.finished', payload: payload.facts });
    if (this.stream === null) this.#startStream(position, this.#grantedOffset(), time, packet);
    const database = payload.facts.rdb?.streamDb ?? -1;
    if (database >= 0 && this.stream!.commands === 0) this.stream!.database = database;
  }

  /** The offset at which the stream after this session's payload begins; null: SYNC, or the RDB connection of two. */
  #grantedOffset(): number | null {
    const sync = this.#host.session.syncs.findLast(
      (s) => s.decision === 'FULLRESYNC' || s.decision === 'SYNC',
    );
    return sync?.decision === 'FULLRESYNC' && this.#host.session.channel === 'main'
      ? sync.grantedOffset
      : null;
  }

  /** The line that granted the sync was lost; the payload's header says the same (4.0+). */
  #offsetOfHeader(): number | null {
    const asked = this.#host.session.syncs.at(-1);
    if (asked?.decision !== 'FULLRESYNC' || this.#host.session.channel !== 'main') return null;
    if (this.#host.session.payload?.form === null) return null; // where the stream began behind it is not known
    return this.payload?.rdb()?.replOffset ?? null;
  }

  /** The command stream begins at `position`; `start` is the offset of the byte before it, if known. */
  #startStream(position: number, start: number | null, time: number, packet: number): void {
    const { syncs } = this.#host.session;
    const last = syncs.at(-1);
    this.#adopt(new CommandStream(this.#host.context, position, last?.command === 'SYNC'));
    // The second connection of a two-connection sync ends with its payload.
    const isSecond = this.#host.session.channel === 'rdb';
    if (!isSecond) this.#host.session.onlineAt = time;
    // Redis 8 opens the stream before anything is known to be granted: online is who gets a byte of it.
    if (last?.decision !== 'DUALCHANNEL') this.#host.reach('online');
    if (start !== null) this.begin(start, time);
    else {
      this.#host.acks.suppose(this.#offsetOfHeader(), this.stream!, time);
      this.#host.context.streamBegins(this.#host);
    }
    if (!isSecond) this.#host.events.emit(time, packet, { event: 'stream.started', start });
  }

  /** The stream's start offset is known. */
  begin(start: number, time: number): void {
    this.#host.acks.begin(start, this.stream!, time);
    this.#host.context.streamBegins(this.#host);
    this.#follow(start);
  }

  /** Lets the stream be compared with others of its history. */
  #follow(start: number): void {
    const { context, session, dialogue, connection, master } = this.#host;
    const replid = context.follower === null ? null : comparableHistory(session, dialogue.holed);
    if (replid === null) return;
    const isSound = (): boolean => connection.loss(master).conflictingBytes === 0;
    this.stream!.follow(context.follower!.follow(session, replid, isSound), start);
  }

  #adopt(stream: CommandStream): void {
    this.stream = stream;
    stream.listener = this.#host;
    const watcher = this.#host.context.observer?.stream?.(this.#host.session);
    if (watcher) stream.watch(watcher, (bytes) => this.offsetOf(bytes));
    const counter = this.#host.context.observer?.counter?.(this.#host.session);
    if (counter) stream.count(counter);
  }

  /** Replication offset of the stream's byte number `bytes` (from 1); null while the start is not known. */
  offsetOf(bytes: number): number | null {
    const { start } = this.#host.session.offsets;
    return start === null ? null : start + bytes;
  }

  /** `stream` was followed so far, after `opaqueBytes` of what must have been a payload. */
  join(stream: CommandStream, opaqueBytes: number): void {
    const { session, context } = this.#host;
    if (opaqueBytes > 0) {
      const watcher = context.observer?.payload?.(session) ?? null;
      const payload = new PayloadReader(null, null, null, { asOf: null, details: null, watcher });
      payload.facts.bytes = opaqueBytes;
      payload.endsAfter(opaqueBytes);
      session.payload = payload.facts;
    }
    this.#adopt(stream);
  }

  /**
   * An ACK before a stream was seen to begin. Where all that the replica has received (`received`: a stream position) was captured it
   * says nothing: some tools acknowledge from the beginning. Else what announced the stream, or ended the payload, was not captured.
   */
  onlineByAck(received: number, time: number, packet: number): void {
    const payload = this.payload;
    if (payload === null) {
      if (!this.#host.dialogue.holed && received <= this.#delivered && !this.#host.connection.midstream)
        return;
    } else {
      if (payload.facts.form === 'length') return; // its end is certain
      if (
        payload.facts.form === 'eof-mark' &&
        payload.facts.missingBytes === 0 &&
        received <= this.#delivered &&
        !payload.endsWithMark
      )
        return;
    }
    // Where the first ACK may have been lost, this one tells of more than the payload's end.
    const isExact = payload === null || !this.#repliesLost || payload.endsWithMark;
    const known = payload === null || (payload.facts.form !== null && isExact);
    this.#startStream(received, known ? this.#grantedOffset() : null, time, packet);
    this.#host.publish();
    // Behind a payload nothing is said before the first ACK, so the next byte begins a command.
    if (payload === null || !isExact) this.stream!.lose(received);
    if (isExact) payload?.endsAfter(received - this.#payloadPosition);
    else payload.endsBefore(received - this.#payloadPosition);
    this.#endPayload(received, time, packet);
  }
}

/** The master may have answered that the payload comes on a second connection; behind that line the stream begins as well (Redis 8). */
function mayUseTwoConnections({ handshake }: Session): boolean {
  return handshake.capabilities.some((name) => name === 'dual-channel' || name === 'rdb-channel-repl');
}

/** True for a byte with which a master's line may begin while a payload is due: newline, header, error. */
function beginsLine(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d || byte === 0x24 || byte === 0x2d;
}

/** True when the bytes begin an RDB file. */
function startsRdb(bytes: Uint8Array, at: number, end: number): boolean {
  const magic = bytes[at] === 0x52 ? 'REDIS0' : 'VALKEY';
  if (end - at < magic.length) return false;
  for (let i = 0; i < magic.length; i++) if (bytes[at + i] !== magic.charCodeAt(i)) return false;
  return true;
}
