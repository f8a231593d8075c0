import type { Clock, Timer } from '../net/clock.js';
import type { NodeSettings } from '../server/settings.js';
import type { ServerTraits } from '../server/style.js';
import { Backlog } from './backlog.js';
import type { History } from './history.js';
import { type Effect, encodeEffects, GETACK, NO_DATABASE, pingBytes } from './stream-encoding.js';

/**
 * The stream that all replicas of a node get: every byte moves the offset and enters the backlog at once, and is handed on when the
 * node has done what it is at, as a server writes its output before it sleeps.
 */
export class ReplicationStream {
  readonly history: History;
  /** Null until a first replica attaches: without one nothing counts. */
  backlog: Backlog | null = null;
  readonly #clock: Clock;
  readonly #settings: NodeSettings;
  readonly #traits: ServerTraits;
  readonly #hand: (bytes: Uint8Array) => void;
  #db = NO_DATABASE;
  #pending: Uint8Array[] = [];
  #timer: Timer | null = null;
  #getAck = false;
  /** µs of the last byte: from Redis 8 on it decides on the PING. */
  #lastByte = 0;

  /** @param hand gives bytes to the replicas. */
  constructor(
    clock: Clock,
    history: History,
    settings: NodeSettings,
    traits: ServerTraits,
    hand: (bytes: Uint8Array) => void,
  ) {
    this.#clock = clock;
    this.history = history;
    this.#settings = settings;
    this.#traits = traits;
    this.#hand = hand;
  }

  /** The database selected in the stream; NO_DATABASE while the next command needs a SELECT. */
  get db(): number {
    return this.#db;
  }

  /** As a replica: what its master's stream has selected, for whoever goes on from here. */
  selected(db: number): void {
    this.#db = db;
  }

  /** The next command needs a SELECT: a snapshot was begun, or this node has become a master. */
  forgetDatabase(): void {
    this.#db = NO_DATABASE;
  }

  write(effects: readonly Effect[], exec: boolean): void {
    if (this.backlog === null || effects.length === 0) return;
    const { bytes, db } = encodeEffects(effects, this.#db, exec, this.#traits);
    this.#db = db;
    this.append(bytes);
  }

  /** A period has passed. */
  ping(): void {
    const idle = this.#clock.now() - this.#lastByte;
    if (this.#traits.pingsOnlyWhenIdle && idle < this.#settings.pingPeriod) return;
    this.append(pingBytes(this.#traits));
  }

  /** Asks every replica for an ACK, once however many ask for it now. */
  requestAcks(): void {
    this.#getAck = true;
    this.#schedule();
  }

  /** Bytes of the stream as they are: one's own, or the master's that pass through. */
  append(bytes: Uint8Array): void {
    if (this.backlog === null) return;
    this.history.offset += bytes.length;
    this.backlog.append(bytes);
    this.#lastByte = this.#clock.now();
    this.#pending.push(bytes);
    this.#schedule();
  }

  /** Hands on what has come; before anyone attaches, and as the node goes to sleep. */
  flush(): void {
    if (this.#getAck) this.append(GETACK);
    this.#getAck = false;
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#pending.length === 0) return;
    const bytes = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#hand(bytes);
  }

  /** A backlog that begins here. */
  createBacklog(): void {
    if (this.backlog !== null) return;
    // Until 3.2 the offset moves by one, so that nobody can go on from before.
    if (!this.#traits.replicationIds) this.history.offset++;
    this.backlog = new Backlog(this.#settings.backlogSize, this.history.offset + 1);
  }

  dropBacklog(): void {
    this.flush();
    this.backlog = null;
  }

  #schedule(): void {
    this.#timer ??= this.#clock.after(0, () => this.flush());
  }
}
