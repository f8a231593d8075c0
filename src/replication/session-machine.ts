import { argumentText, readArguments } from '../resp/arguments.js';
import { PSYNC, REPLCONF, REPLCONF_GETACK, SYNC } from '../resp/command-names.js';
import type { ConnectionInfo, Direction } from '../tcp/types.js';
import { type Ack, Acknowledgements, readAck } from './acknowledgements.js';
import type { Context, LiveSession } from './context.js';
import type { PayloadHeader } from './decision.js';
import { Dialogue, type DialogueOwner } from './dialogue.js';
import { LAG_HIGH_US, LAG_RECOVERED_US, MAX_TEXT } from './limits.js';
import type { Phase, Session, Sync } from './model.js';
import { PayloadReader } from './payload.js';
import { auxMismatch } from './rdb-mismatch.js';
import { newSession, takeConnection } from './session.js';
import { SessionEvents } from './session-events.js';
import { CommandStream, type StreamListener } from './stream.js';

const PHASES: readonly Phase[] = ['connected', 'handshake', 'waiting', 'transfer', 'online'];

const ONLINE = PHASES.length - 1;

const STAR = 0x2a;

/** Words read of a request: the longest handshake command has eleven (the RDB channel of Redis 8). */
const MAX_WORDS = 32;

/** Length of `+CONTINUE <replid>` and its CRLF, and of the bare line before 4.0. */
const CONTINUE_BYTES = 53;
const BARE_CONTINUE_BYTES = 11;

/**
 * One replication session, from the handshake to the command stream. Its Conversation feeds it the replica's requests and the
 * master's spans; the latter are first replies, then (after a full sync was granted) payload, then stream:
 *
 *   dialogue ──FULLRESYNC, SYNC──▶ payload ──its last byte──▶ stream
 *      └──────────CONTINUE──────────────────────────────────────▲
 */
export class SessionMachine implements LiveSession, DialogueOwner, StreamListener {
  readonly session: Session;
  readonly connection: ConnectionInfo;
  /** The side that is (or wants to be) the replica, and the other one. */
  readonly client: Direction;
  readonly master: Direction;
  readonly dialogue: Dialogue;
  /** True once it has announced itself as a replica or asked for a sync: its connection is a link. */
  isReplica = false;
  /** Whether it is one shows with the answer: its request could be a word of another text protocol. */
  tentative = false;
  /** Packet time of the last byte, µs. */
  lastTime: number;

  readonly #context: Context;
  readonly #events: SessionEvents;
  readonly #acks: Acknowledgements;
  /** What the master's bytes are at the moment: the last of these that is set. */
  #payload: PayloadReader | null = null;
  /** Stream position of the payload's first byte; whether its end was told. */
  #payloadPosition = 0;
  #payloadTold = false;
  /** Stream position of the master up to which everything was delivered, and of its last hole in the dialogue. */
  #delivered = 0;
  #holeAt = 0;
  #lagIsHigh = false;
  /** Index of the furthest phase. */
  #phase = 0;
  #stream: CommandStream | null = null;

  constructor(context: Context, connection: ConnectionInfo, client: Direction, time: number, packet: number) {
    this.#context = context;
    this.connection = connection;
    this.client = client;
    this.master = client === 0 ? 1 : 0;
    this.lastTime = time;
    this.session = newSession(connection, client, time);
    this.#events = new SessionEvents(context, this.session);
    this.#acks = new Acknowledgements(context, this.session);
    this.dialogue = new Dialogue(this.session, this.#events, this);
    this.#events.emit(time, packet, {
      event: connection.midstream ? 'connection.joined' : 'connection.opened',
    });
  }

  get channelId(): string | null {
    return this.dialogue.clientId;
  }

  // ---- the replica ----------------------------------------------------------------------------------------------------------

  /** A request of the replica, by its name's id. Its first `kept` bytes are bytes[from, from + kept). */
  request(
    name: number,
    bytes: Uint8Array,
    from: number,
    kept: number,
    length: number,
    time: number,
    packet: number,
  ): void {
    this.lastTime = time;
    const list = readArguments(bytes, from, from + kept, MAX_WORDS);
    const words: string[] = [];
    for (let i = 0; i * 2 < list.ranges.length; i++) words.push(argumentText(bytes, list, i, MAX_TEXT)!);
    const base = this.#context.names.base(name);
    const ack = base === REPLCONF ? readAck(words) : null;
    if (ack !== null) {
      this.#acknowledged(ack, time, packet);
      this.#events.command(
        'replica',
        bytes,
        from,
        kept,
        length,
        ack.offset,
        this.#behindBytes(),
        time,
        packet,
      );
      return;
    }
    this.#reach('handshake');
    if (base === PSYNC || base === SYNC) this.dialogue.requestSync(base, words, time, packet);
    else if (this.dialogue.request(base, words, time, packet)) this.isReplica = true;
  }

  /** A bare newline of the replica: it flushes or loads. */
  requestNewline(time: number, packet: number): void {
    this.#keepalive('replica', time, packet);
  }

  syncRequested(): void {
    this.#reach('waiting');
    if (this.tentative) return;
    this.isReplica = true;
    this.publish();
  }

  syncAnswered(sync: Sync): void {
    if (this.tentative) {
      this.tentative = false;
      this.isReplica = true;
      this.publish();
    }
    this.#context.decided(this.session, sync);
    // Its request was captured late: the stream has begun, and now its offset is known.
    if (sync.decision === 'CONTINUE' && sync.offset !== null && this.#stream !== null)
      this.#begin(sync.offset - 1, this.lastTime);
  }

  // ---- the master -----------------------------------------------------------------------------------------------------------

  /** Bytes of the master, in stream order. */
  data(bytes: Uint8Array, start: number, end: number, position: number, time: number, packet: number): void {
    this.lastTime = time;
    const base = position - start;
    this.#delivered = base + end;
    let at = start;
    while (at < end) {
      const stream = this.#stream;
      if (stream !== null && base + at >= stream.base) {
        if (this.#phase !== ONLINE) this.#reach('online');
        stream.data(bytes, at, end, base + at, time, packet);
        if (this.#events.wanted) this.#watchLag(time, packet);
        return;
      }
      if (this.#payload !== null && !this.#payload.isOver)
        at = this.#payload.data(bytes, at, end, time, packet);
      else if (stream !== null) at = Math.min(end, stream.base - base);
      else if (this.dialogue.holed && this.#guess(bytes, at, end, base + at, time, packet)) continue;
      else {
        at = this.dialogue.data(bytes, at, end, time, packet);
        this.#takeTurn(base + at, time, packet);
      }
      this.#endPayload(base + at, time, packet);
    }
  }

  /** `length` bytes of the master at `position` were not captured. */
  gap(position: number, length: number, time: number, packet: number): void {
    this.lastTime = time;
    const end = position + length;
    this.#delivered = end;
    this.#events.emit(time, packet, { event: 'gap', from: 'master', missingBytes: length });
    if (this.#payload !== null && !this.#payload.isOver) {
      position += this.#payload.gap(length, time, packet);
      this.#endPayload(position, time, packet);
    }
    if (this.#stream !== null) {
      const from = Math.max(position, this.#stream.base);
      if (from < end) this.#stream.gap(from, end - from, time, packet);
    } else if (this.#payload === null) {
      this.dialogue.gap(time, packet);
      this.#holeAt = position;
      // The line that was cut may have been the last one of the dialogue; where its successor begins is not known then.
      this.#takeTurn(end, time, packet);
      (this.#stream as CommandStream | null)?.lose(end);
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
    const { dialogue } = this;
    if (!dialogue.isBetweenLines) return false;
    const asked = dialogue.undecided;
    const first = bytes[at]!;
    if (dialogue.awaitsPayload ? !beginsLine(first) : asked !== null && startsRdb(bytes, at, end)) {
      if (asked !== null) dialogue.answeredUnseen('FULLRESYNC', time, packet);
      this.#startPayload(null, position, time, packet);
      return true;
    }
    if (first !== STAR || asked === null || asked.offset === null || asked.offset < 1) return false;
    dialogue.answeredUnseen('CONTINUE', time, packet);
    dialogue.takeTurn();
    const line = this.session.handshake.capabilities.includes('psync2')
      ? CONTINUE_BYTES
      : BARE_CONTINUE_BYTES;
    const from = Math.min(position, this.#holeAt + line);
    this.#startStream(from, null, time, packet);
    this.#acks.suppose(asked.offset - 1, this.#stream!, time);
    if (from < position) this.#stream!.gap(from, position - from, time, packet);
    return true;
  }

  /** What the dialogue's last line led to begins at `position`. */
  #takeTurn(position: number, time: number, packet: number): void {
    const turn = this.dialogue.takeTurn();
    if (turn === null) return;
    if (turn.to === 'payload') this.#startPayload(turn.header, position, time, packet);
    else this.#startStream(position, turn.start, time, packet);
  }

  /** `header` null: it was not captured. */
  #startPayload(header: PayloadHeader | null, position: number, time: number, packet: number): void {
    this.#payloadPosition = position;
    const known = header !== null;
    this.#payload = new PayloadReader(header, known ? time : null, known ? packet : null, {
      asOf: time,
      details: this.#context.payloadDetails(),
      watcher: this.#context.observer?.payload?.(this.session) ?? null,
    });
    this.session.payload = this.#payload.facts;
    this.#reach('transfer');
    this.#events.emit(time, packet, { event: 'payload.started', payload: this.#payload.facts });
  }

  /** Goes over to the stream, from `position` on, once the payload is over. */
  #endPayload(position: number, time: number, packet: number): void {
    const payload = this.#payload;
    if (payload === null || !payload.isOver || this.#payloadTold) return;
    this.#payloadTold = true;
    this.#events.emit(time, packet, { event: 'payload.finished', payload: payload.facts });
    this.#compareHistory(time, packet);
    if (this.#stream === null) this.#startStream(position, this.#grantedOffset(), time, packet);
    const database = payload.facts.rdb?.streamDb ?? -1;
    if (database >= 0 && this.#stream!.commands === 0) this.#stream!.database = database;
  }

  /** Does the payload belong to the history that was granted? */
  #compareHistory(time: number, packet: number): void {
    const finding = auxMismatch(this.session);
    if (finding === null) return;
    const granted = this.session.syncs.findLast(({ decision }) => decision === 'FULLRESYNC');
    this.#context.found(this.session, finding, time, [granted?.decisionPacket ?? packet, packet]);
    this.#events.emit(time, packet, { event: 'finding', ...finding });
  }

  /** The offset at which the stream after this session's payload begins; null: SYNC, or the RDB connection of two. */
  #grantedOffset(): number | null {
    const sync = this.session.syncs.findLast((s) => s.decision === 'FULLRESYNC' || s.decision === 'SYNC');
    return sync?.decision === 'FULLRESYNC' && this.session.channel === 'main' ? sync.grantedOffset : null;
  }

  /** The line that granted the sync was lost; the payload's header says the same (4.0+). */
  #offsetOfHeader(): number | null {
    const asked = this.session.syncs.at(-1);
    if (asked?.decision !== 'FULLRESYNC' || this.session.channel !== 'main') return null;
    if (this.session.payload?.form === null) return null; // where the stream began behind it is not known
    return this.#payload?.rdb()?.replOffset ?? null;
  }

  /** The command stream begins at `position`; `start` is the offset of the byte before it, if known. */
  #startStream(position: number, start: number | null, time: number, packet: number): void {
    const { syncs } = this.session;
    const last = syncs.at(-1);
    this.#adopt(new CommandStream(this.#context, position, last?.command === 'SYNC'));
    this.session.onlineAt = time;
    // Redis 8 opens the stream before anything is known to be granted: online is who gets a byte of it.
    if (last?.decision !== 'DUALCHANNEL') this.#reach('online');
    if (start !== null) this.#begin(start, time);
    else {
      this.#acks.suppose(this.#offsetOfHeader(), this.#stream!, time);
      this.#context.streamBegins(this);
    }
    this.#events.emit(time, packet, { event: 'stream.started', start });
  }

  /** The stream's start offset is known. */
  #begin(start: number, time: number): void {
    this.#acks.begin(start, this.#stream!, time);
    this.#context.streamBegins(this);
  }

  #adopt(stream: CommandStream): void {
    this.#stream = stream;
    stream.listener = this;
    const watcher = this.#context.observer?.stream?.(this.session);
    if (watcher) stream.watch(watcher, (bytes) => this.#offsetOf(bytes));
  }

  /** Replication offset of the stream's byte number `bytes` (from 1); null while the start is not known. */
  #offsetOf(bytes: number): number | null {
    const { start } = this.session.offsets;
    return start === null ? null : start + bytes;
  }

  /** Joined mid-stream: `stream` was followed so far, after `opaqueBytes` of what must have been a payload. */
  joinStream(stream: CommandStream, opaqueBytes: number): void {
    this.isReplica = true;
    if (opaqueBytes > 0) {
      const payload = new PayloadReader(null, null, null, {
        asOf: null,
        details: null,
        watcher: this.#context.observer?.payload?.(this.session) ?? null,
      });
      payload.facts.bytes = opaqueBytes;
      payload.endsAfter(opaqueBytes);
      this.session.payload = payload.facts;
    }
    this.#adopt(stream);
    this.#reach('online');
    this.publish();
  }

  /** The start offset of a main connection's stream, as another connection was told (Redis 8 RDB channel). */
  baseFromOtherChannel(start: number): void {
    if (this.#stream !== null && this.session.offsets.basis !== 'handshake')
      this.#acks.begin(start, this.#stream, this.lastTime);
  }

  get stream(): CommandStream | null {
    return this.#stream;
  }

  // ---- stream and acknowledgements --------------------------------------------------------------------------------------------

  streamCommand(
    name: number,
    bytes: Uint8Array,
    from: number,
    kept: number,
    length: number,
    streamBytes: number,
    time: number,
    packet: number,
  ): void {
    if (!this.#events.wanted) return;
    if (name === REPLCONF_GETACK) this.#events.emit(time, packet, { event: 'getack' });
    const offset = this.#offsetOf(streamBytes);
    this.#events.command('master', bytes, from, kept, length, offset, null, time, packet);
  }

  streamNewline(time: number, packet: number): void {
    this.#keepalive('master', time, packet);
  }

  streamFound(skipped: number, time: number, packet: number): void {
    this.#events.emit(time, packet, { event: 'resync', skippedBytes: skipped });
  }

  #acknowledged(ack: Ack, time: number, packet: number): void {
    this.isReplica = true;
    const received = Math.max(0, this.connection.acknowledged(this.master));
    if (this.#stream === null) this.#onlineByAck(received, time, packet);
    const stream = this.#stream as CommandStream | null;
    if (stream !== null && this.#phase !== ONLINE) this.#reach('online');
    this.#acks.take(ack, stream, stream === null ? 0 : Math.max(0, received - stream.base), time);
    if (!this.#events.wanted) return;
    this.#watchLag(time, packet);
    const { meter } = this.#acks;
    this.#events.emit(time, packet, {
      event: 'ack',
      offset: ack.offset,
      fsyncOffset: ack.fsyncOffset,
      lagBytes: this.#behindBytes(),
      lagMs: meter?.ackLagMs ?? null,
      behindBytes: this.#behindBytes(),
    });
  }

  /** Tells when the replica has been silent about a byte for long, and when it has caught up again. */
  #watchLag(time: number, packet: number): void {
    const { meter } = this.#acks;
    if (meter === null) return;
    const age = meter.age(time);
    if (this.#lagIsHigh ? age >= LAG_RECOVERED_US : age < LAG_HIGH_US) return;
    this.#lagIsHigh = !this.#lagIsHigh;
    const lag = meter.facts(time);
    this.#events.emit(time, packet, { event: this.#lagIsHigh ? 'lag.high' : 'lag.recovered', lag });
  }

  #behindBytes(): number | null {
    return this.#acks.meter?.behindBytes ?? null;
  }

  /**
   * An ACK before a stream was seen to begin. Where all that the replica has received (`received`: a stream position) was captured it
   * says nothing: some tools acknowledge from the beginning. Else what announced the stream, or ended the payload, was not captured.
   */
  #onlineByAck(received: number, time: number, packet: number): void {
    const payload = this.#payload;
    if (payload === null) {
      if (!this.dialogue.holed && received <= this.#delivered && !this.connection.midstream) return;
    } else {
      if (payload.facts.form === 'length') return; // its end is certain
      if (
        payload.facts.form === 'eof-mark' &&
        payload.facts.missingBytes === 0 &&
        received <= this.#delivered
      )
        return;
    }
    const known = payload === null || payload.facts.form !== null;
    this.#startStream(received, known ? this.#grantedOffset() : null, time, packet);
    this.publish();
    // Behind a payload nothing is said before the first ACK, so the next byte begins a command.
    if (payload === null) this.#stream!.lose(received);
    payload?.endsAfter(received - this.#payloadPosition);
    this.#endPayload(received, time, packet);
  }

  // ---- the session as a whole -------------------------------------------------------------------------------------------------

  /** Enter the session into its link and let its events go. */
  publish(): void {
    if (this.#events.isHolding) this.#events.release(this.#context.publish(this));
  }

  /** Bring the session's facts up to date; they may be read at any time. `until`: packet time of the end, µs. */
  refresh(until: number): void {
    const { session } = this;
    takeConnection(session, this.connection, this.client);
    if (this.#stream !== null) {
      this.#stream.facts(session.stream);
      const { start } = session.offsets;
      session.offsets.end = start === null ? null : start + this.#stream.bytes;
    }
    if (session.payload !== null) session.payload.rdb ??= this.#payload?.rdb() ?? null;
    if (this.#acks.meter !== null) session.lag = this.#acks.meter.facts(session.closedAt ?? until);
  }

  /** The connection is over, or the capture is. */
  close(time: number, packet: number): void {
    this.#payload?.abandon();
    if (this.isReplica) this.publish();
    this.refresh(time);
    const { closedAt } = this.session;
    if (closedAt !== null) this.#events.emit(closedAt, packet, { event: 'connection.closed' });
  }

  #reach(phase: Phase): void {
    const reached = PHASES.indexOf(phase);
    if (reached <= PHASES.indexOf(this.session.phase)) return;
    this.session.phase = phase;
    this.#phase = reached;
  }

  #keepalive(from: 'master' | 'replica', time: number, packet: number): void {
    this.session.stream.keepaliveNewlines++;
    this.#events.emit(time, packet, { event: 'stream.keepalive', from });
  }
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
