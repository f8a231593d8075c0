import { argumentText, readArguments } from '../resp/arguments.js';
import { PSYNC, REPLCONF, SYNC } from '../resp/command-names.js';
import type { ConnectionInfo, Direction } from '../tcp/types.js';
import { type Ack, Acknowledgements, readAck } from './acknowledgements.js';
import type { Context, LiveSession } from './context.js';
import type { PayloadHeader } from './decision.js';
import { Dialogue, type DialogueOwner } from './dialogue.js';
import { MAX_TEXT } from './limits.js';
import type { Phase, Session, Sync } from './model.js';
import { PayloadReader } from './payload.js';
import { newSession, takeConnection } from './session.js';
import { SessionEvents } from './session-events.js';
import { CommandStream, type StreamListener } from './stream.js';

const PHASES: readonly Phase[] = ['connected', 'handshake', 'waiting', 'transfer', 'online'];

/** Words read of a request: the longest handshake command has nine. */
const MAX_WORDS = 32;

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
    this.isReplica = true;
    this.#reach('waiting');
    this.publish();
  }

  syncAnswered(sync: Sync): void {
    this.#context.decided(this.session, sync);
  }

  // ---- the master -----------------------------------------------------------------------------------------------------------

  /** Bytes of the master, in stream order. */
  data(bytes: Uint8Array, start: number, end: number, position: number, time: number, packet: number): void {
    this.lastTime = time;
    const base = position - start;
    let at = start;
    while (at < end) {
      const stream = this.#stream;
      if (stream !== null && base + at >= stream.base) {
        stream.data(bytes, at, end, base + at, time, packet);
        return;
      }
      if (this.#payload !== null && !this.#payload.isOver)
        at = this.#payload.data(bytes, at, end, time, packet);
      else if (stream !== null) at = Math.min(end, stream.base - base);
      else if (this.dialogue.awaitsPayload && startsRdb(bytes, at, end))
        this.#startPayload(null, base + at, time, packet);
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
    this.#events.emit(time, packet, { event: 'gap', from: 'master', missingBytes: length });
    if (this.#payload !== null && !this.#payload.isOver) {
      position += this.#payload.gap(length, time, packet);
      this.#endPayload(position, time, packet);
    }
    if (this.#stream !== null) {
      const from = Math.max(position, this.#stream.base);
      if (from < end) this.#stream.gap(from, end - from, time, packet);
    } else if (this.#payload === null && this.dialogue.gap(time, packet)) {
      // The line that was cut may have been the last one of the dialogue; where its successor begins is not known then.
      this.#takeTurn(end, time, packet);
      (this.#stream as CommandStream | null)?.lose(end);
    }
  }

  /** What the dialogue's last line led to begins at `position`. */
  #takeTurn(position: number, time: number, packet: number): void {
    const { payloadHeader, streamDue } = this.dialogue;
    if (payloadHeader !== null) this.#startPayload(payloadHeader, position, time, packet);
    else if (streamDue !== null) this.#startStream(position, streamDue.start, time, packet);
  }

  /** `header` null: it was not captured. */
  #startPayload(header: PayloadHeader | null, position: number, time: number, packet: number): void {
    this.dialogue.payloadHeader = null;
    this.#payloadPosition = position;
    this.#payload = new PayloadReader(header, header === null ? null : time, header === null ? null : packet);
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
    if (this.#stream === null) this.#startStream(position, this.#grantedOffset(), time, packet);
    const database = payload.facts.rdb?.streamDb ?? -1;
    if (database >= 0 && this.#stream!.commands === 0) this.database = database;
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
    return this.#payload?.rdb()?.replOffset ?? null;
  }

  /** The command stream begins at `position`; `start` is the offset of the byte before it, if known. */
  #startStream(position: number, start: number | null, time: number, packet: number): void {
    this.#adopt(new CommandStream(this.#context, position));
    this.session.onlineAt = time;
    this.#context.streamBegins(this);
    if (start !== null) this.#acks.begin(start, this.#stream!, time);
    else this.#acks.suppose(this.#offsetOfHeader(), this.#stream!, time);
    this.#events.emit(time, packet, { event: 'stream.started', start });
  }

  #adopt(stream: CommandStream): void {
    this.#stream = stream;
    stream.listener = this;
    this.#reach('online');
  }

  /** Joined mid-stream: `stream` was followed so far, after `opaqueBytes` of what must have been a payload. */
  joinStream(stream: CommandStream, opaqueBytes: number): void {
    this.isReplica = true;
    if (opaqueBytes > 0) {
      const payload = new PayloadReader(null, null, null);
      payload.facts.bytes = opaqueBytes;
      this.session.payload = payload.facts;
    }
    this.#adopt(stream);
    this.publish();
  }

  /** The start offset of a main connection's stream, as another connection was told (Redis 8 RDB channel). */
  baseFromOtherChannel(start: number): void {
    if (this.#stream !== null && this.session.offsets.basis !== 'handshake')
      this.#acks.begin(start, this.#stream, this.lastTime);
  }

  /** The database that the stream goes on with, after a CONTINUE at the place where an earlier session stopped. */
  get database(): number | null {
    return this.#stream?.database ?? null;
  }

  set database(database: number | null) {
    if (this.#stream !== null) this.#stream.database = database;
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
    if (name === this.#stream!.getAck) this.#events.emit(time, packet, { event: 'getack' });
    const { start } = this.session.offsets;
    const offset = start === null ? null : start + streamBytes;
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
    if (this.#stream === null) this.#onlineByAck(time, packet);
    const stream = this.#stream as CommandStream | null;
    if (stream === null) return;
    const received = Math.max(0, this.connection.acknowledged(this.master) - stream.base);
    this.#acks.take(ack, stream, received, time);
    if (!this.#events.wanted) return;
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

  #behindBytes(): number | null {
    return this.#acks.meter?.behindBytes ?? null;
  }

  /** An ACK before a stream was seen to begin: the payload is over, or what announced the stream was not captured. */
  #onlineByAck(time: number, packet: number): void {
    const payload = this.#payload;
    if (payload !== null && payload.facts.form === 'length') return; // premature: its end is certain
    const from = Math.max(0, this.connection.acknowledged(this.master));
    this.#startStream(from, this.#grantedOffset(), time, packet);
    this.publish();
    // Behind a payload nothing is said before the first ACK, so the next byte begins a command.
    if (payload === null) this.#stream!.lose(from);
    payload?.endsAfter(from - this.#payloadPosition);
    this.#endPayload(from, time, packet);
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
    if (PHASES.indexOf(phase) > PHASES.indexOf(this.session.phase)) this.session.phase = phase;
  }

  #keepalive(from: 'master' | 'replica', time: number, packet: number): void {
    this.session.stream.keepaliveNewlines++;
    this.#events.emit(time, packet, { event: 'stream.keepalive', from });
  }
}

/** True when the bytes begin an RDB file. */
function startsRdb(bytes: Uint8Array, at: number, end: number): boolean {
  const magic = bytes[at] === 0x52 ? 'REDIS0' : 'VALKEY';
  if (end - at < magic.length) return false;
  for (let i = 0; i < magic.length; i++) if (bytes[at + i] !== magic.charCodeAt(i)) return false;
  return true;
}
