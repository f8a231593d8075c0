import { Findings } from '../analysis/findings/findings.js';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../analysis/findings/thresholds.js';
import { SessionLag } from '../analysis/lag.js';
import { Causes } from '../analysis/topology/causes.js';
import type { ReplicationEvent } from '../replication/events.js';
import type { Link, Session } from '../replication/model.js';
import type { TrafficObserver } from '../replication/observer.js';
import type { Order } from '../replication/orders.js';
import type { HistoryFollower } from '../replication/sibling-bytes.js';
import { ReplicationTracker } from '../replication/tracker.js';
import type { ClosedHow, ConnectionInfo, Direction, LossCounters, StreamConsumer } from '../tcp/types.js';

const NO_LOSS: LossCounters = {
  gaps: 0,
  missingBytes: 0,
  retransmittedBytes: 0,
  outOfOrderSegments: 0,
  conflictingBytes: 0,
  duplicatePackets: 0,
};

interface NetworkOptions {
  commands?: boolean;
  biggestKeys?: number;
  observer?: TrafficObserver;
  follower?: HistoryFollower;
  thresholds?: Partial<Thresholds>;
}

interface CallOptions {
  replicaAddress?: string;
  replicaPort?: number;
  masterAddress?: string;
  masterPort?: number;
  midstream?: boolean;
}

/** A network of conversations, as tests write them: who says what, a millisecond apart unless told. */
export class Network {
  readonly events: ReplicationEvent[] = [];
  readonly orders: Order[] = [];
  readonly causes = new Causes();
  readonly tracker: ReplicationTracker;
  readonly findings: Findings;
  /** Packet time, µs. */
  time = 1_000_000_000;
  packet = 0;
  /** Bytes handed over at once; how a stream is cut must not matter. */
  readonly chunk: number;
  #nextPort = 40_000;

  constructor(chunk = Number.POSITIVE_INFINITY, { thresholds, ...options }: NetworkOptions = {}) {
    this.chunk = chunk;
    const { causes } = this;
    this.findings = new Findings({ ...DEFAULT_THRESHOLDS, ...thresholds }, () => {});
    this.tracker = new ReplicationTracker({
      emit: (event) => {
        this.findings.event(event);
        this.events.push(event);
      },
      notice: (notice) => this.findings.notice(notice),
      ...options,
      newMeter: () => new SessionLag(),
      causeOf: (sync, session, links) => causes.decided(sync, session, links),
      ordered: (order) => {
        this.orders.push(order);
        causes.ordered(order);
      },
    });
  }

  /** A connection from a replica (or any client) to 10.0.0.1:6379. */
  call(options: CallOptions = {}): Call {
    return new Call(this, { replicaPort: this.#nextPort++, ...options });
  }

  /** Lets time pass, ms. */
  wait(ms: number): this {
    this.time += ms * 1000;
    return this;
  }

  links(): Link[] {
    return this.tracker.snapshot(this.time).links;
  }

  /** Ends the capture. @returns the codes of what was found. */
  finish(): string[] {
    this.findings.end(this.links(), this.time);
    return this.findings.all.map(({ code }) => code);
  }

  /** The only session there is. */
  session(): Session {
    const sessions = this.links().flatMap((link) => link.sessions);
    if (sessions.length !== 1) throw new Error(`${sessions.length} sessions`);
    return sessions[0]!;
  }
}

/** One TCP connection of a Network. */
export class Call implements ConnectionInfo {
  readonly openedAt: number | null;
  readonly midstream: boolean;
  closedBy: Direction | null = null;
  closedHow: ClosedHow | null = null;
  closedAt: number | null = null;
  readonly wanted: [boolean, boolean] = [true, true];
  readonly #network: Network;
  readonly #options: CallOptions;
  readonly #consumer: StreamConsumer;
  readonly #position: [number, number] = [0, 0];
  readonly #acknowledged: [number, number] = [0, 0];
  readonly #loss: [LossCounters, LossCounters] = [{ ...NO_LOSS }, { ...NO_LOSS }];

  constructor(network: Network, options: CallOptions) {
    this.#network = network;
    this.#options = options;
    this.midstream = options.midstream ?? false;
    this.openedAt = this.midstream ? null : network.time;
    this.#consumer = network.tracker.open(this);
  }

  /** The replica says these texts, each in a segment of its own; `\n` is CRLF where a line ends a text. */
  replica(...texts: (string | Uint8Array)[]): this {
    for (const text of texts) this.#say(0, text);
    return this;
  }

  master(...texts: (string | Uint8Array)[]): this {
    for (const text of texts) this.#say(1, text);
    return this;
  }

  /** `length` bytes of that side were not captured. */
  lose(from: 'replica' | 'master', length: number): this {
    const direction = from === 'replica' ? 0 : 1;
    this.#tick();
    this.#loss[direction].gaps++;
    this.#loss[direction].missingBytes += length;
    this.#consumer.gap(
      direction,
      this.#position[direction],
      length,
      this.#network.time,
      this.#network.packet,
    );
    this.#position[direction] += length;
    return this;
  }

  /** The replica's TCP has acknowledged `bytes` of the master that are captured only later, or never. */
  expectMaster(bytes: number): this {
    this.#acknowledged[1] = this.#position[1] + bytes;
    return this;
  }

  /** Lets time pass, ms. */
  wait(ms: number): this {
    this.#network.wait(ms);
    return this;
  }

  close(by: 'replica' | 'master' = 'replica', how: ClosedHow = 'fin'): this {
    this.#tick();
    this.closedBy = by === 'replica' ? 0 : 1;
    this.closedHow = how;
    this.closedAt = this.#network.time;
    this.#consumer.closed(this.#network.time);
    return this;
  }

  address(side: Direction): string {
    return side === 0
      ? (this.#options.replicaAddress ?? '10.0.0.2')
      : (this.#options.masterAddress ?? '10.0.0.1');
  }

  port(side: Direction): number {
    return side === 0 ? this.#options.replicaPort! : (this.#options.masterPort ?? 6379);
  }

  loss(direction: Direction): LossCounters {
    return this.#loss[direction];
  }

  zeroWindowMs(): number {
    return 0;
  }

  acknowledged(direction: Direction): number {
    return Math.max(this.#position[direction], this.#acknowledged[direction]);
  }

  sinceAcknowledged(): number {
    return 0;
  }

  get roundTripUs(): number | null {
    return null;
  }

  keep(): void {}
  release(): void {}

  setWanted(direction: Direction, wanted: boolean): void {
    this.wanted[direction] = wanted;
  }

  #tick(): void {
    this.#network.time += 1000;
    this.#network.packet++;
    this.#network.findings.now(this.#network.time);
  }

  #say(direction: Direction, text: string | Uint8Array): void {
    this.#tick();
    const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
    const { time, packet, chunk } = this.#network;
    for (let at = 0; at < bytes.length; at += chunk) {
      const end = Math.min(bytes.length, at + chunk);
      if (this.wanted[direction])
        this.#consumer.data(
          direction,
          bytes,
          at,
          end,
          this.#position[direction] + at,
          time,
          packet,
          at === 0,
        );
    }
    this.#position[direction] += bytes.length;
  }
}

/** A request as a multibulk array. */
export function resp(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

export function ack(offset: number): string {
  return resp('REPLCONF', 'ACK', String(offset));
}

/** The smallest RDB that says who wrote it. Without a checksum (eight zero bytes). */
export function smallRdb(replid = 'a'.repeat(40), offset = 0): Buffer {
  const string = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  const aux = (key: string, value: string): Buffer =>
    Buffer.concat([Buffer.from([0xfa]), string(key), string(value)]);
  return Buffer.concat([
    Buffer.from('REDIS0009'),
    aux('redis-ver', '6.2.5'),
    aux('repl-stream-db', '0'),
    aux('repl-id', replid),
    aux('repl-offset', String(offset)),
    Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 0]),
  ]);
}
