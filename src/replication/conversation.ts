import { argumentText, readArguments } from '../resp/arguments.js';
import { CommandDecoder, type CommandSink } from '../resp/command-decoder.js';
import { AUTH, HELLO, PING, PSYNC, REPLCONF, SYNC } from '../resp/command-names.js';
import type { ConnectionInfo, Direction, StreamConsumer } from '../tcp/types.js';
import { beginsAck } from './acknowledgements.js';
import type { Context } from './context.js';
import { MAX_GREETINGS } from './limits.js';
import { MidstreamProbe } from './midstream.js';
import type { Handshake } from './model.js';
import { mayOrder, type Order, OrderReader } from './orders.js';
import { SessionMachine } from './session-machine.js';
import { looksEncrypted, looksLikeAnswer } from './signatures.js';

/** What a connection was found to be. */
type Kind = 'undecided' | 'client' | 'session' | 'encrypted' | 'opaque';

/** What a Conversation reports about connections that are no link. */
export interface ConversationOwner {
  encrypted(connection: ConnectionInfo, time: number, packet: number): void;
  opened(machine: SessionMachine): void;
  /** A client told a server what to be. */
  ordered(order: Order): void;
  /** It has ended, or was no replica. */
  dropped(machine: SessionMachine): void;
}

/**
 * Decides what one TCP connection is, by content and on any port, and hands a replication link to a SessionMachine. Ordinary
 * clients cost the framing of their requests, so that a PSYNC is seen whenever it comes and never where it is part of a value;
 * what servers answer them is not looked at.
 */
export class Conversation implements StreamConsumer, CommandSink {
  readonly #context: Context;
  readonly #owner: ConversationOwner;
  readonly #connection: ConnectionInfo;
  #kind: Kind = 'undecided';
  #client: Direction;
  #requests: CommandDecoder | null = null;
  #machine: SessionMachine | null = null;
  #probe: MidstreamProbe | null = null;
  #seen = 0;
  #lastPacket = 0;
  #greetings = 0;
  #orders: OrderReader | null = null;
  /** What the handshake told before an ordinary command came. */
  #greeted: Pick<Handshake, 'ping' | 'auth'> | null = null;
  /** A hole has come; and the client's next segment is expected to begin a request again. */
  #inGap = false;
  #restart = false;
  /** Requests were not captured. */
  #requestsLost = false;

  constructor(context: Context, owner: ConversationOwner, connection: ConnectionInfo) {
    this.#context = context;
    this.#owner = owner;
    this.#connection = connection;
    this.#client = 0;
  }

  data(
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    position: number,
    time: number,
    packet: number,
    segmentStart: boolean,
  ): void {
    this.#lastPacket = packet;
    if (this.#kind === 'undecided') {
      if (this.#probe === null && this.#connection.midstream) this.#probe = new MidstreamProbe(this.#context);
      if (this.#isEncrypted(direction, bytes, start, end, time, packet)) return;
      if (this.#probe !== null && !this.#probed(direction, bytes, start, end, position, time, packet)) return;
    }
    if (direction === this.#client) {
      if (this.#requests === null) this.#requests = new CommandDecoder(this.#context.names, this, REQUESTS);
      // Handshakes take turns and ACKs come one a segment: after a hole a segment begins a request, inline ones included.
      if (this.#restart && segmentStart) {
        this.#requests.restart();
        this.#restart = false;
      }
      this.#requests.data(bytes, start, end, position, time, packet);
      return;
    }
    if (
      this.#machine === null &&
      this.#kind === 'undecided' &&
      segmentStart &&
      looksLikeAnswer(bytes, start, end)
    )
      this.#open(time, packet); // only the server's direction was captured
    this.#machine?.data(bytes, start, end, position, time, packet);
  }

  gap(direction: Direction, position: number, length: number, time: number, packet: number): void {
    this.#lastPacket = packet;
    if (this.#probe !== null) this.#probe.gap(direction, position, length, time, packet);
    else if (direction === this.#client) {
      this.#inGap = true;
      this.#requestsLost = true;
      const begun = this.#requests?.begun ?? null;
      if (this.#machine !== null && begun !== null && beginsAck(begun))
        this.#machine.ackWithoutNumber(time, packet);
      this.#requests?.gap(position, length, time, packet);
      this.#machine?.requestGap(length, time, packet);
      this.#inGap = false;
      this.#restart = this.#kind !== 'client' && (this.#requests?.isLost ?? false);
    } else this.#machine?.gap(position, length, time, packet);
  }

  closed(time: number): void {
    if (this.#machine === null) {
      this.#connection.release();
      return;
    }
    this.#machine.close(time, this.#lastPacket);
    this.#owner.dropped(this.#machine);
    this.#machine = null;
    this.#kind = 'opaque';
  }

  // ---- CommandSink: the client's requests -----------------------------------------------------------------------------------

  command(
    name: number,
    bytes: Uint8Array,
    from: number,
    kept: number,
    length: number,
    _end: number,
    time: number,
    packet: number,
  ): void {
    const base = this.#context.names.base(name);
    if (mayOrder(base, bytes, from, this.#connection.midstream))
      this.#order(base, bytes, from, kept, time, packet);
    const machine = this.#machine ?? this.#candidate(base, bytes, from, kept, time, packet);
    if (machine === null) {
      if (this.#kind !== 'client') this.#becomeClient();
    } else if (
      machine.isReplica ||
      asksForSync(base, bytes, from, kept) ||
      base === REPLCONF ||
      this.#greets(base)
    )
      machine.request(name, bytes, from, kept, length, time, packet);
    else this.#becomeClient();
  }

  #order(name: number, bytes: Uint8Array, from: number, kept: number, time: number, packet: number): void {
    this.#orders ??= new OrderReader(this.#connection, this.#client);
    const order = this.#orders.request(name, bytes, from, kept, time, packet);
    if (order !== null) this.#owner.ordered(order);
  }

  /** A session, if this request may be the first of one. */
  #candidate(
    base: number,
    bytes: Uint8Array,
    from: number,
    kept: number,
    time: number,
    packet: number,
  ): SessionMachine | null {
    const sync = asksForSync(base, bytes, from, kept);
    const announces = base === REPLCONF && (this.#kind === 'undecided' || !isAck(bytes, from, kept));
    if (!sync && !announces && !(this.#kind === 'undecided' && isGreeting(base))) return null;
    this.#connection.setWanted(this.#client === 0 ? 1 : 0, true);
    const isKnown = this.#kind !== 'client' && !this.#connection.midstream;
    const machine = this.#open(time, packet);
    // A line of any text protocol can be the word `sync`: the answer tells.
    machine.tentative = !isKnown && sync && bytes[from] !== STAR;
    return machine;
  }

  /** A greeting of who may yet announce itself as a replica; false when it does nothing else. */
  #greets(base: number): boolean {
    return isGreeting(base) && ++this.#greetings < MAX_GREETINGS;
  }

  newline(_position: number, time: number, packet: number): void {
    this.#machine?.requestNewline(time, packet);
  }

  lost(position: number): void {
    if (this.#inGap || this.#kind !== 'undecided' || position !== 0 || this.#connection.midstream) return;
    // Its very first bytes are no request: another protocol.
    this.#kind = 'opaque';
    this.#ignore();
  }

  found(): void {}

  // ---- deciding -------------------------------------------------------------------------------------------------------------

  /** Mid-stream: true once the sides are known and these bytes are to be handled like any others. */
  #probed(
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    position: number,
    time: number,
    packet: number,
  ): boolean {
    const probe = this.#probe!;
    const verdict = probe.data(direction, bytes, start, end, position, time, packet);
    if (verdict === 'unknown') return false;
    this.#probe = null;
    this.#client = probe.client;
    if (verdict === 'client') {
      this.#becomeClient();
      return false;
    }
    const machine = this.#open(time, packet);
    if (verdict === 'handshake' || verdict === 'answer') {
      machine.tentative = verdict === 'handshake' && bytes[start] !== STAR;
      return true;
    }
    if (verdict === 'link') {
      const stream = probe.takeStream(machine.master, this.#connection);
      machine.joinStream(stream, probe.opaqueBytes(machine.master));
    }
    return direction === this.#client;
  }

  #isEncrypted(
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    packet: number,
  ): boolean {
    if ((this.#seen & (1 << direction)) !== 0) return false;
    this.#seen |= 1 << direction;
    if (!looksEncrypted(bytes, start, end)) return false;
    this.#kind = 'encrypted';
    this.#probe = null;
    this.#ignore();
    this.#owner.encrypted(this.#connection, time, packet);
    return true;
  }

  #open(time: number, packet: number): SessionMachine {
    this.#kind = 'session';
    this.#machine = new SessionMachine(this.#context, this.#connection, this.#client, time, packet);
    this.#machine.session.requestsLost = this.#requestsLost || this.#connection.midstream;
    if (this.#greeted !== null) Object.assign(this.#machine.session.handshake, this.#greeted);
    this.#owner.opened(this.#machine);
    this.#connection.keep(true);
    return this.#machine;
  }

  #becomeClient(): void {
    if (this.#machine !== null) {
      const { ping, auth } = this.#machine.session.handshake;
      this.#greeted = { ping, auth };
      this.#owner.dropped(this.#machine);
      this.#connection.keep(false);
    }
    this.#machine = null;
    this.#kind = 'client';
    this.#connection.setWanted(this.#client === 0 ? 1 : 0, false);
  }

  #ignore(): void {
    this.#requests = null;
    this.#connection.setWanted(0, false);
    this.#connection.setWanted(1, false);
  }
}

const REQUESTS = { learn: false, inline: true };

const STAR = 0x2a;

/** True for PSYNC with up to four words, and for SYNC alone: in other text they are words like any other. */
function asksForSync(name: number, bytes: Uint8Array, from: number, kept: number): boolean {
  if (name !== PSYNC && name !== SYNC) return false;
  return readArguments(bytes, from, from + kept, 0).count <= (name === SYNC ? 1 : 4);
}

/** Commands that a replica may send before it says that it is one, and any client as well. */
function isGreeting(name: number): boolean {
  return name === PING || name === AUTH || name === HELLO;
}

function isAck(bytes: Uint8Array, from: number, kept: number): boolean {
  const word = argumentText(bytes, readArguments(bytes, from, from + kept, 2), 1, 8);
  return word !== null && /^(get)?ack$/i.test(word);
}
