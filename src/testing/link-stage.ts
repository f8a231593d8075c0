import type { Command } from '../embedded/data/reply.js';
import { type Clock, SECOND } from '../embedded/net/clock.js';
import type { Channel, ChannelHandler, CloseReason, Endpoint, Network } from '../embedded/net/network.js';
import { SimulatedClock } from '../embedded/net/simulated-clock.js';
import { SimulatedNetwork } from '../embedded/net/simulated-network.js';
import type { HistoryPoint, LinkState, ReplicaHost, ReplicaSettings } from '../embedded/replica/host.js';
import { ReplicaLink } from '../embedded/replica/replica-link.js';
import type { ReplicaFact } from '../embedded/replica/replica-log.js';
import { RequestParser } from '../embedded/wire/request-parser.js';

/** A replica link with a master that says what the test tells it to, on a simulated network. */

export const MASTER: Endpoint = { host: '10.0.0.1', port: 6379 };
const REPLICA_HOST = '10.0.0.2';
export const REPLID = 'ab01cd23'.repeat(5);
export const OTHER_REPLID = '7654fedc'.repeat(5);

/** A ReplicaHost that only remembers. */
export class StageHost implements ReplicaHost {
  readonly clock: Clock;
  readonly network: Network;
  readonly address: string;
  readonly settings: ReplicaSettings;
  failover = false;
  /** History and offset, until a payload is loaded. */
  history: HistoryPoint | null = null;
  /** Why payloads are refused; null: they are not. */
  refusal: string | null = null;
  readonly payloads: { text: string; point: HistoryPoint }[] = [];
  readonly continuations: (string | null)[] = [];
  /** Commands as words between blanks. */
  readonly applied: string[] = [];
  readonly raw: Uint8Array[] = [];
  readonly states: LinkState[] = [];
  onContinued: () => void = () => {};
  onApply: (words: string[]) => void = () => {};
  onState: (state: LinkState) => void = () => {};

  constructor(clock: Clock, network: Network, address: string, settings: Partial<ReplicaSettings> = {}) {
    this.clock = clock;
    this.network = network;
    this.address = address;
    this.settings = {
      style: 'redis-7.2',
      listeningPort: 6380,
      announceAddress: null,
      masterUser: null,
      masterAuth: null,
      twoConnections: false,
      ackPeriod: SECOND,
      timeout: 60 * SECOND,
      loadTime: 1_000,
      ...settings,
    };
  }

  get offset(): number {
    return this.history?.offset ?? 0;
  }

  resumable(): HistoryPoint | null {
    return this.history;
  }

  load(payload: readonly Uint8Array[], point: HistoryPoint): string | null {
    if (this.refusal !== null) return this.refusal;
    this.payloads.push({ text: Buffer.concat(payload).toString('latin1'), point });
    this.history = point;
    return null;
  }

  continued(replid: string | null): void {
    this.continuations.push(replid);
    if (this.history !== null && replid !== null) this.history = { ...this.history, replid };
    this.onContinued();
  }

  apply(command: Command, raw: Uint8Array): void {
    const words = command.map((word) => Buffer.from(word).toString('latin1'));
    this.applied.push(words.join(' '));
    this.raw.push(raw);
    if (this.history !== null) this.history = { ...this.history, offset: this.history.offset + raw.length };
    this.onApply(words);
  }

  linkChanged(state: LinkState): void {
    this.states.push(state);
    this.onState(state);
  }
}

/** The master's end of a connection: what came, when (µs since the stage began), and what goes. */
export class StageConnection implements ChannelHandler {
  readonly openedAt: number;
  readonly received: { time: number; text: string }[] = [];
  closedAt: number | null = null;
  closedHow: CloseReason | null = null;
  readonly #channel: Channel;
  readonly #time: () => number;
  readonly #parser: RequestParser;

  constructor(
    channel: Channel,
    time: () => number,
    request: (words: string[], from: StageConnection) => void,
  ) {
    this.#channel = channel;
    this.#time = time;
    this.openedAt = time();
    this.#parser = new RequestParser({
      command: (command) =>
        request(
          command.map((word) => Buffer.from(word).toString('latin1')),
          this,
        ),
      newline: () => {},
      broken: () => {},
    });
  }

  get text(): string {
    return this.received.map(({ text }) => text).join('');
  }

  /** Bytes the master wrote that the replica's kernel has not taken. */
  get unsent(): number {
    return this.#channel.unsent;
  }

  /** The ACKs that came, with their times in ms. */
  get acks(): { offset: number; ms: number }[] {
    return this.received.flatMap(({ time, text }) =>
      [...text.matchAll(/\*3\r\n\$8\r\nREPLCONF\r\n\$3\r\nACK\r\n\$\d+\r\n(-?\d+)\r\n/g)].map((match) => ({
        offset: Number(match[1]),
        ms: Math.round(time / 1000),
      })),
    );
  }

  opened(): void {}

  data(bytes: Uint8Array): void {
    this.received.push({ time: this.#time(), text: Buffer.from(bytes).toString('latin1') });
    this.#parser.feed(bytes);
  }

  closed(how: CloseReason): void {
    this.closedAt = this.#time();
    this.closedHow = how;
  }

  say(text: string | Uint8Array): void {
    this.#channel.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  close(how: 'fin' | 'rst' = 'fin'): void {
    if (how === 'fin') this.#channel.end();
    else this.#channel.reset();
  }
}

/** Answers to what a request begins with; null: none. The first that fits counts; else PING, AUTH and REPLCONF are granted. */
export type Answers = readonly (readonly [RegExp, string | null])[];

const GRANTS: Answers = [
  [/^PING/, '+PONG\r\n'],
  [/^REPLCONF ACK/, null],
  [/^(AUTH|REPLCONF)/, '+OK\r\n'],
];

export class LinkStage {
  readonly clock = new SimulatedClock(1_000_000 * SECOND);
  readonly network = new SimulatedNetwork(this.clock);
  readonly host: StageHost;
  readonly link: ReplicaLink;
  readonly connections: StageConnection[] = [];
  /** All requests the master got, on any connection. */
  readonly requests: string[] = [];
  answers: Answers;
  readonly #start: number;
  #stopListening: (() => void) | null = null;

  constructor(settings: Partial<ReplicaSettings> = {}, answers: Answers = []) {
    this.host = new StageHost(this.clock, this.network, REPLICA_HOST, settings);
    this.answers = answers;
    this.#start = this.clock.now();
    this.link = new ReplicaLink(this.host, MASTER);
    this.listen();
  }

  /** µs since the stage began. */
  get time(): number {
    return this.clock.now() - this.#start;
  }

  /** The latest connection that the master accepted. */
  get connection(): StageConnection {
    return this.connections.at(-1)!;
  }

  listen(): void {
    this.network.listen(
      MASTER,
      (channel) => this.#accept(channel),
      (listener) => {
        if (!(listener instanceof Error)) this.#stopListening = () => listener.close();
      },
    );
    this.run(0);
  }

  stopListening(): void {
    this.#stopListening?.();
  }

  /** Lets time pass. */
  run(ms: number): this {
    this.clock.runUntil(this.clock.now() + ms * 1000);
    return this;
  }

  /** The facts of one kind. */
  facts<K extends ReplicaFact['kind']>(kind: K): (ReplicaFact & { kind: K; time: number })[] {
    return this.link.log.facts.filter(
      (fact): fact is ReplicaFact & { kind: K; time: number } => fact.kind === kind,
    );
  }

  #accept(channel: Channel): ChannelHandler {
    const connection = new StageConnection(
      channel,
      () => this.time,
      (words, from) => this.#answer(words, from),
    );
    this.connections.push(connection);
    return connection;
  }

  #answer(words: string[], from: StageConnection): void {
    const request = words.join(' ');
    this.requests.push(request);
    const answer = [...this.answers, ...GRANTS].find(([pattern]) => pattern.test(request))?.[1];
    if (typeof answer === 'string') from.say(answer);
  }
}
