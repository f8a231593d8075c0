import { argumentText, readArguments } from '../resp/arguments.js';
import { OTHER, PSYNC, REPLCONF, REPLCONF_GETACK, SYNC } from '../resp/command-names.js';
import type { ConnectionInfo, Direction } from '../tcp/types.js';
import { type Ack, Acknowledgements, readAck } from './acknowledgements.js';
import type { Context } from './context.js';
import { Dialogue, type DialogueOwner } from './dialogue.js';
import { LAG_HIGH_US, LAG_RECOVERED_US, MAX_TEXT, NOTICED_COMMAND_BYTES, NOTICED_DELETES } from './limits.js';
import { MasterSide, type MasterSideHost } from './master-side.js';
import type { Phase, Session, Sync } from './model.js';
import { REDACTED } from './redact.js';
import { newSession, takeConnection } from './session.js';
import { SessionEvents } from './session-events.js';
import type { CommandStream } from './stream.js';

const STAR = 0x2a;

const PHASES: readonly Phase[] = ['connected', 'handshake', 'waiting', 'transfer', 'online'];

/** Words read of a request: the longest handshake command has eleven (the RDB channel of Redis 8). */
const MAX_WORDS = 32;

/**
 * One replication session, from the handshake to the command stream. Its Conversation feeds it the replica's requests and the
 * master's spans; the latter are first replies, then (after a full sync was granted) payload, then stream:
 *
 *   dialogue ──FULLRESYNC, SYNC──▶ payload ──its last byte──▶ stream
 *      └──────────CONTINUE──────────────────────────────────────▲
 */
export class SessionMachine implements DialogueOwner, MasterSideHost {
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
  hasMoved = false;
  /** Packet time of the last byte, µs. */
  lastTime: number;

  readonly context: Context;
  readonly events: SessionEvents;
  readonly acks: Acknowledgements;
  readonly #side: MasterSide;
  #lagIsHigh = false;

  constructor(context: Context, connection: ConnectionInfo, client: Direction, time: number, packet: number) {
    this.context = context;
    this.connection = connection;
    this.client = client;
    this.master = client === 0 ? 1 : 0;
    this.lastTime = time;
    this.session = newSession(connection, client, time);
    this.events = new SessionEvents(context, this.session);
    this.acks = new Acknowledgements(context, this.session);
    this.dialogue = new Dialogue(this.session, this.events, this);
    this.#side = new MasterSide(this);
    this.events.emit(time, packet, {
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
    const base = this.context.names.base(name);
    // Behind a hole the rest of a password looks like an inline command that nobody knows.
    if (base === OTHER && bytes[from] !== STAR) words.splice(0, words.length, REDACTED);
    const ack = base === REPLCONF ? readAck(words) : null;
    if (ack !== null) {
      this.#acknowledged(ack, time, packet);
      this.events.command(
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
    this.reach('handshake');
    if (base === PSYNC || base === SYNC) this.dialogue.requestSync(base, words, time, packet);
    else if (this.dialogue.request(base, words, time, packet)) this.isReplica = true;
  }

  /** `length` bytes of the replica were not captured. */
  requestGap(length: number, time: number, packet: number): void {
    if (this.stream === null) this.dialogue.requestsLost();
    this.#side.requestsLost();
    this.events.emit(time, packet, { event: 'gap', from: 'replica', missingBytes: length });
  }

  /** A bare newline of the replica: it flushes or loads. */
  requestNewline(time: number, packet: number): void {
    this.events.keepalive('replica', time, packet);
  }

  syncRequested(): void {
    this.reach('waiting');
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
    this.context.decided(this, sync);
    // Its request was captured late: the stream has begun, and now its offset is known.
    if (sync.decision === 'CONTINUE' && sync.offset !== null && this.stream !== null)
      this.#side.begin(sync.offset - 1, this.lastTime);
  }

  // ---- the master -----------------------------------------------------------------------------------------------------------

  /** Bytes of the master, in stream order. */
  data(bytes: Uint8Array, start: number, end: number, position: number, time: number, packet: number): void {
    this.#move(time);
    this.#side.data(bytes, start, end, position, time, packet);
  }

  #move(time: number): void {
    this.lastTime = time;
    if (this.hasMoved) return;
    this.hasMoved = true;
    this.context.moved(this);
  }

  /** `length` bytes of the master at `position` were not captured. */
  gap(position: number, length: number, time: number, packet: number): void {
    this.#move(time);
    this.events.emit(time, packet, { event: 'gap', from: 'master', missingBytes: length });
    this.#side.gap(position, length, time, packet);
  }

  /** Joined mid-stream: `stream` was followed so far, after `opaqueBytes` of what must have been a payload. */
  joinStream(stream: CommandStream, opaqueBytes: number): void {
    this.isReplica = true;
    this.#side.join(stream, opaqueBytes);
    this.reach('online');
    this.publish();
  }

  /** The start offset of a main connection's stream, as another connection was told (Redis 8 RDB channel). */
  baseFromOtherChannel(start: number): void {
    if (this.stream !== null && this.session.offsets.basis !== 'handshake')
      this.#side.begin(start, this.lastTime);
  }

  get stream(): CommandStream | null {
    return this.#side.stream;
  }

  /** Bytes of the stream have come. */
  streamed(time: number, packet: number): void {
    if (this.session.phase !== 'online') this.reach('online');
    if (this.events.wanted) this.#watchLag(time, packet);
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
    if (length >= NOTICED_COMMAND_BYTES) this.#notice('big-command', name, length, streamBytes, time, packet);
    if (!this.events.wanted) return;
    if (name === REPLCONF_GETACK) this.events.emit(time, packet, { event: 'getack' });
    const offset = this.#side.offsetOf(streamBytes);
    this.events.command('master', bytes, from, kept, length, offset, null, time, packet);
  }

  streamDeletes(name: number, streamBytes: number, time: number, packet: number): void {
    this.#notice('deletes', name, NOTICED_DELETES, streamBytes, time, packet);
  }

  #notice(
    notice: 'big-command' | 'deletes',
    name: number,
    amount: number,
    streamBytes: number,
    time: number,
    packet: number,
  ): void {
    if (this.context.notice === null || this.events.isHolding) return;
    const { session } = this;
    const { names } = this.context;
    this.context.notice({
      ...{ link: session.link, session, time, packet },
      ...{ notice, name: names.name(name), amount, offset: this.#side.offsetOf(streamBytes) },
    });
  }

  streamNewline(time: number, packet: number): void {
    this.events.keepalive('master', time, packet);
  }

  streamFound(skipped: number, time: number, packet: number): void {
    this.events.emit(time, packet, { event: 'resync', skippedBytes: skipped });
  }

  /** An ACK of which only the beginning was captured: it tells that the replica is online. */
  ackWithoutNumber(time: number, packet: number): void {
    if (this.stream === null) this.#side.onlineByAck(this.#received, time, packet);
  }

  /** Stream position up to which the replica's TCP has acknowledged. */
  get #received(): number {
    return Math.max(0, this.connection.acknowledged(this.master));
  }

  #acknowledged(ack: Ack, time: number, packet: number): void {
    this.isReplica = true;
    this.#move(time);
    const received = this.#received;
    if (this.stream === null) this.#side.onlineByAck(received, time, packet);
    const { stream } = this;
    if (stream !== null) this.reach('online');
    this.acks.take(ack, stream, stream === null ? 0 : Math.max(0, received - stream.base), time);
    if (!this.events.wanted) return;
    this.#watchLag(time, packet);
    const { meter } = this.acks;
    this.events.emit(time, packet, {
      event: 'ack',
      offset: ack.offset,
      fsyncOffset: ack.fsyncOffset,
      lagBytes: this.#behindBytes(),
      lagMs: meter?.ackLagMs ?? null,
      behindBytes: this.#behindBytes(),
      behindMs: meter?.behindMs ?? null,
      sentOffset:
        stream === null ? null : this.#side.offsetOf(Math.max(stream.bytes, received - stream.base)),
    });
  }

  /** Tells when the replica has been silent about a byte for long, and when it has caught up again. */
  #watchLag(time: number, packet: number): void {
    const { meter } = this.acks;
    if (meter === null) return;
    const age = meter.age(time);
    if (this.#lagIsHigh ? age >= LAG_RECOVERED_US : age < LAG_HIGH_US) return;
    this.#lagIsHigh = !this.#lagIsHigh;
    const lag = meter.facts(time);
    this.#markReceived();
    this.events.emit(time, packet, { event: this.#lagIsHigh ? 'lag.high' : 'lag.recovered', lag });
  }

  /** Enters up to where the replica's TCP has acknowledged. */
  #markReceived(): void {
    const { stream, session } = this;
    if (stream === null) return;
    const received = this.connection.acknowledged(this.master) - stream.base;
    session.offsets.received = received < 0 ? null : this.#side.offsetOf(received);
  }

  #behindBytes(): number | null {
    return this.acks.meter?.behindBytes ?? null;
  }

  // ---- the session as a whole -------------------------------------------------------------------------------------------------

  /** Enter the session into its link and let its events go. */
  publish(): void {
    if (this.events.isHolding) this.events.release(this.context.publish(this));
  }

  /** Bring the session's facts up to date; they may be read at any time. `until`: packet time of the end, µs. */
  refresh(until: number): void {
    const { session } = this;
    takeConnection(session, this.connection, this.client);
    if (this.stream !== null) {
      this.stream.facts(session.stream);
      const { start } = session.offsets;
      session.offsets.end = start === null ? null : start + this.stream.bytes;
      this.#markReceived();
    }
    if (session.payload !== null) session.payload.rdb ??= this.#side.payload?.rdb() ?? null;
    if (this.acks.meter !== null) session.lag = this.acks.meter.facts(session.closedAt ?? until);
  }

  /** The connection is over, or the capture is. */
  close(time: number, packet: number): void {
    this.#side.close();
    if (this.isReplica) this.publish();
    this.refresh(time);
    const { closedAt } = this.session;
    if (closedAt !== null) this.events.emit(closedAt, packet, { event: 'connection.closed' });
  }

  reach(phase: Phase): void {
    if (PHASES.indexOf(phase) > PHASES.indexOf(this.session.phase)) this.session.phase = phase;
  }
}
