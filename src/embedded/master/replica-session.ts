import type { Command } from '../data/reply.js';
import type { Clock } from '../net/clock.js';
import type { Channel } from '../net/network.js';
import { writeAt } from '../net/write-at.js';
import { RequestParser } from '../wire/request-parser.js';
import type { Announcement } from './announcement.js';
import type { MasterLog, SessionFacts } from './master-log.js';

/** The connection a session lives on. */
export interface ReplicaPort {
  readonly clientId: number;
  readonly channel: Channel;
  readonly announcement: Announcement;
  /** Closes this end; closed() of the session's owner is not called for it. */
  close(how: 'fin' | 'rst'): void;
}

/**
 * Where a replica stands, and what follows from it:
 * info: what INFO and ROLE call it; stream: whether bytes of the stream are left out, held back or sent; newlines: it gets one each
 * second; ackLimit: it is closed when no ACK has come for repl-timeout.
 */
const STATES = {
  /** Waits for a snapshot to begin. */
  'wait-start': { info: 'wait_bgsave', stream: 'none', newlines: true, ackLimit: false },
  /** A snapshot is being written to disk for it. */
  'wait-save': { info: 'wait_bgsave', stream: 'held', newlines: true, ackLimit: false },
  /** The file is being sent. */
  'send-file': { info: 'send_bulk', stream: 'held', newlines: false, ackLimit: false },
  /** The payload comes straight from the fork. */
  'send-direct': { info: 'wait_bgsave', stream: 'held', newlines: false, ackLimit: false },
  /** It has such a payload, and the stream begins with its first ACK (replication-wire.md, section 6). */
  'wait-ack': { info: 'online', stream: 'held', newlines: false, ackLimit: true },
  online: { info: 'online', stream: 'sent', newlines: false, ackLimit: true },
  /** Redis 8, main channel: the other connection is still to come, or its snapshot to begin. */
  'wait-rdb-channel': { info: 'wait_rdb_channel', stream: 'none', newlines: false, ackLimit: false },
  /** Main channel while the payload goes over the other connection. */
  'beside-rdb': { info: 'send_bulk_and_stream', stream: 'sent', newlines: false, ackLimit: false },
  /** A connection for the payload only: waits for it to begin, to be saved; gets it. */
  'rdb-wait': { info: 'wait_bgsave', stream: 'none', newlines: true, ackLimit: false },
  'rdb-save': { info: 'wait_bgsave', stream: 'none', newlines: true, ackLimit: false },
  'rdb-file': { info: 'send_bulk', stream: 'none', newlines: false, ackLimit: false },
  'rdb-direct': { info: 'wait_bgsave', stream: 'none', newlines: false, ackLimit: false },
  /** Its connection is closed. */
  gone: { info: 'gone', stream: 'none', newlines: false, ackLimit: false },
} as const;

export type SessionState = keyof typeof STATES;

/** How logs and INFO name a replica: announced address or the peer's, and the announced port. */
export function replicaName({ announcement, channel }: ReplicaPort): string {
  return `${announcement.address ?? channel.remote.host}:${announcement.listeningPort}`;
}

interface SessionSurroundings {
  readonly clock: Clock;
  readonly log: MasterLog;
}

/** Every command of a stream begins with it. */
const STAR = 0x2a;
const NEWLINE = Uint8Array.of(0x0a);

/** One replica at a connection: its state, what it was sent and what it acknowledged. Decides nothing itself. */
export class ReplicaSession {
  state: SessionState;
  readonly port: ReplicaPort;
  readonly facts: SessionFacts;
  /** SYNC: it knows no offsets, and is never missed when silent. */
  readonly prePsync: boolean;
  /** µs: since when it is attached, and when it was last heard. */
  readonly since: number;
  heardAt: number;
  /** Highest offset acknowledged; 0 before the first ACK, as a server has it. */
  ackOffset = 0;
  aofOffset: number | null = null;
  /** µs since when the output buffer is over the soft limit; null: it is not. */
  overSoftSince: number | null = null;
  /** Offset at the fork of the snapshot it gets. */
  snapshotOffset = 0;
  readonly #clock: Clock;
  readonly #log: MasterLog;
  readonly #counter: RequestParser;
  /** Offset up to which the stream was counted in whole commands, and those counted last. */
  #countedTo = 0;
  #ended: { name: string; endOffset: number }[] = [];
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(
    port: ReplicaPort,
    facts: SessionFacts,
    state: SessionState,
    prePsync: boolean,
    { clock, log }: SessionSurroundings,
  ) {
    const now = clock.now();
    this.#clock = clock;
    this.#log = log;
    this.port = port;
    this.facts = facts;
    this.state = state;
    this.prePsync = prePsync;
    this.since = now;
    this.heardAt = now;
    this.#counter = new RequestParser({
      command: (command: Command, raw: Uint8Array): void => {
        const name = Buffer.from(command[0]!).toString('latin1').toUpperCase();
        facts.commands.set(name, (facts.commands.get(name) ?? 0) + 1);
        if (raw[0] !== STAR) facts.inStep = false;
        this.#countedTo += raw.length;
        this.#ended.push({ name, endOffset: this.#countedTo });
      },
      newline: (raw) => {
        facts.inStep = false;
        this.#countedTo += raw.length;
      },
      broken: () => {
        facts.inStep = false;
      },
    });
  }

  get info(): string {
    return STATES[this.state].info;
  }

  get expectsAcks(): boolean {
    return STATES[this.state].ackLimit && !this.prePsync;
  }

  /** Takes part in WAIT and FAILOVER. */
  get online(): boolean {
    return STATES[this.state].info === 'online';
  }

  get name(): string {
    return replicaName(this.port);
  }

  /** Bytes it was not able to take yet; what is written of a payload does not count. */
  get buffered(): number {
    return this.#heldBytes + (STATES[this.state].stream === 'sent' ? this.port.channel.unsent : 0);
  }

  /** Writes what is no part of the stream: a reply line, a payload's header. */
  line(text: string): void {
    const position = writeAt(this.port.channel, Buffer.from(text, 'latin1'));
    this.#log.wrote(this.facts, { at: this.#clock.now(), text: text.trimEnd(), position });
  }

  keepalive(): void {
    if (!STATES[this.state].newlines) return;
    this.#log.keptAlive(this.facts, writeAt(this.port.channel, NEWLINE));
  }

  /** The stream begins behind that offset, for what is held back too. */
  beginStream(offset: number): void {
    this.facts.startOffset = offset;
    this.facts.endOffset = offset;
    this.#countedTo = offset;
  }

  /** Bytes of the stream, in order; kept, not copied. */
  feed(bytes: Uint8Array): void {
    const { stream } = STATES[this.state];
    if (stream === 'held') {
      this.#held.push(bytes);
      this.#heldBytes += bytes.length;
    } else if (stream === 'sent') this.#send(bytes);
  }

  /** Everything held back goes now; the state is one in which the stream is sent. */
  release(): void {
    if (this.#held.length > 0) this.#send(Buffer.concat(this.#held));
    this.#held = [];
    this.#heldBytes = 0;
  }

  /** Takes over what is held back for another replica of the same snapshot. */
  copyHeld(other: ReplicaSession): void {
    this.#held = [...other.#held];
    this.#heldBytes = other.#heldBytes;
  }

  /** The connection is closed: nothing is sent or held any more. */
  end(): void {
    this.state = 'gone';
    this.#held = [];
    this.#heldBytes = 0;
  }

  /** An ACK: the stream begins with the first one when it waits for it. @param aofOffset of one with FACK; null without. */
  acknowledged(offset: number, aofOffset: number | null, now: number): void {
    // A smaller one is not believed, yet shows that the replica lives.
    this.ackOffset = Math.max(this.ackOffset, offset);
    if (aofOffset !== null) this.aofOffset = Math.max(this.aofOffset ?? 0, aofOffset);
    this.heardAt = now;
    this.facts.acks++;
    this.facts.lastAck = this.ackOffset;
    if (this.state === 'wait-ack') {
      this.state = 'online';
      this.release();
    } else if (this.state === 'beside-rdb') this.state = 'online';
  }

  /** A bare newline from it, while it loads. */
  newline(now: number): void {
    this.heardAt = now;
    this.facts.newlines.fromReplica++;
  }

  #send(bytes: Uint8Array): void {
    const position = writeAt(this.port.channel, bytes);
    this.facts.endOffset = (this.facts.endOffset ?? 0) + bytes.length;
    this.#counter.feed(bytes);
    this.#log.sent(this.facts, {
      at: this.#clock.now(),
      endOffset: this.facts.endOffset,
      position,
      commands: this.#ended,
    });
    this.#ended = [];
  }
}
