import { argumentText, readArguments } from '../resp/arguments.js';
import { CLIENT, CLUSTER, FAILOVER, PUBLISH, REPLICAOF, SLAVEOF } from '../resp/command-names.js';
import type { ConnectionInfo, Direction } from '../tcp/types.js';
import { MAX_TEXT } from './limits.js';
import { endpoint } from './links.js';

export type OrderKind =
  /** REPLICAOF NO ONE: become a master. */
  | 'no-one'
  /** REPLICAOF host port: replicate from there. */
  | 'replicaof'
  /** FAILOVER (6.2+), to a master: hand over to a replica. */
  | 'failover'
  /** CLUSTER FAILOVER, to a replica: take over. */
  | 'cluster-failover'
  /** CLUSTER REPLICATE node-id. */
  | 'cluster-replicate';

/** What a client told a server to be. Whether the server obeyed shows in what the replication links do next. */
export interface Order {
  kind: OrderKind;
  /** As it would be typed, host and port left out: `SLAVEOF NO ONE`, `CLUSTER FAILOVER TAKEOVER`. Of known words alone. */
  text: string;
  /** Endpoint of the server that was told, and of the client that told it. */
  node: string;
  by: string;
  /** The client is a Sentinel: it has named itself so, or has published its hello there. */
  sentinel: boolean;
  /** Endpoint to replicate from (`replicaof`), id of the node (`cluster-replicate`), as sent; null for the others. */
  target: string | null;
  /** µs */
  time: number;
  packet: number;
}

/** Words of an order that are read: `FAILOVER TO host port FORCE` has most. */
const MAX_WORDS = 5;

/** Sentinel names its connections `sentinel-<first characters of its run id>-cmd` and `-pubsub` (sentinel.c, since 3.0). */
const SENTINEL_NAME = /^sentinel-[0-9a-f]+-cmd$/i;

/** Channel on which each Sentinel announces itself every two seconds, over the connection that carries its orders. */
const SENTINEL_HELLO = '__sentinel__:hello';

/**
 * Where letters stand in `*3 $6 CLIENT $7 SETNAME $21 sentinel-0123abcd-cmd`: N of SETNAME (SETINFO, which most clients say, has
 * another), and both ends of a Sentinel's name: most clients that name themselves need not be read.
 */
const LETTERS_OF_SENTINEL: readonly (readonly [at: number, letter: number])[] = [
  [23, 0x6e],
  [34, 0x73],
  [54, 0x64],
];

/**
 * True for a request that an OrderReader wants to see: an order, or what tells that a Sentinel gives them. One or two comparisons for
 * any other. @param midstream the connection's beginning, in which a client names itself, was not captured.
 */
export function mayOrder(name: number, bytes: Uint8Array, from: number, midstream: boolean): boolean {
  // Their ids are neighbours.
  if (name < CLIENT || name > PUBLISH) return false;
  if (name === PUBLISH) return midstream;
  if (name !== CLIENT) return true;
  for (const [at, letter] of LETTERS_OF_SENTINEL) if ((bytes[from + at]! | 0x20) !== letter) return false;
  return true;
}

/** Reads orders from the requests of one client connection. */
export class OrderReader {
  readonly #connection: ConnectionInfo;
  readonly #client: Direction;
  #isSentinel = false;
  #hasPublished = false;

  constructor(connection: ConnectionInfo, client: Direction) {
    this.#connection = connection;
    this.#client = client;
  }

  /** A request whose name is an order word; its first `kept` bytes are bytes[from, from + kept). null: no order. */
  request(
    name: number,
    bytes: Uint8Array,
    from: number,
    kept: number,
    time: number,
    packet: number,
  ): Order | null {
    if (name === PUBLISH && this.#hasPublished) return null;
    const list = readArguments(bytes, from, from + kept, MAX_WORDS);
    const word = (index: number): string => argumentText(bytes, list, index, MAX_TEXT) ?? '';
    if (name === PUBLISH) {
      // A Sentinel publishes nothing else: the first one tells.
      this.#hasPublished = true;
      this.#isSentinel ||= word(1) === SENTINEL_HELLO;
      return null;
    }
    if (name === CLIENT) {
      if (word(1).toUpperCase() === 'SETNAME') this.#isSentinel = SENTINEL_NAME.test(word(2));
      return null;
    }
    const said = readOrder(name, list.count, word);
    if (said === null) return null;
    const server = this.#client === 0 ? 1 : 0;
    return {
      ...said,
      node: endpoint(this.#connection.address(server), this.#connection.port(server)),
      by: endpoint(this.#connection.address(this.#client), this.#connection.port(this.#client)),
      sentinel: this.#isSentinel,
      time,
      packet,
    };
  }
}

type Said = Pick<Order, 'kind' | 'text' | 'target'>;

/** Forms: replication.c and cluster.c of Redis 2.4 to 8. What a server would refuse for its form is none. */
function readOrder(name: number, count: number, word: (index: number) => string): Said | null {
  const second = word(1).toUpperCase();
  const third = word(2).toUpperCase();
  if (name === REPLICAOF || name === SLAVEOF) {
    if (count !== 3) return null;
    const text = name === REPLICAOF ? 'REPLICAOF' : 'SLAVEOF';
    if (second === 'NO' && third === 'ONE') return { kind: 'no-one', text: `${text} NO ONE`, target: null };
    const port = /^\d{1,5}$/.test(third) ? Number(third) : 0;
    return port > 0 && port <= 65535 ? { kind: 'replicaof', text, target: endpoint(word(1), port) } : null;
  }
  if (name === FAILOVER)
    return second === 'ABORT' ? null : { kind: 'failover', text: 'FAILOVER', target: null };
  if (name !== CLUSTER) return null;
  if (second === 'REPLICATE' && count === 3)
    return { kind: 'cluster-replicate', text: 'CLUSTER REPLICATE', target: word(2) };
  if (second !== 'FAILOVER' || count > 3) return null;
  const how = third === 'FORCE' || third === 'TAKEOVER' ? ` ${third}` : '';
  return { kind: 'cluster-failover', text: `CLUSTER FAILOVER${how}`, target: null };
}
