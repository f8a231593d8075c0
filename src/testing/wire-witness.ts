import type { Clock } from '../embedded/net/clock.js';
import type { Endpoint } from '../embedded/net/network.js';
import type { WireItem, WireObserver, WireRole, WireWatcher } from '../embedded/net/wire.js';

/** Who sent something: the server that listens, or who connected to it. */
export type Sender = 'server' | 'client';

/** Bytes of one sender that passed, up to a position of its direction. */
interface Passage {
  readonly sender: Sender;
  /** µs */
  readonly at: number;
  readonly position: number;
}

/** One connection as the network itself carried it past the place of the tap: positions and times, no contents. */
export class WitnessedConnection {
  readonly server: Endpoint;
  readonly client: Endpoint;
  /** In the order in which they passed, both directions. */
  readonly passages: Passage[] = [];
  readonly passed: Record<Sender, number> = { server: 0, client: 0 };
  readonly #bySender: Record<Sender, Passage[]> = { server: [], client: [] };
  openedAt: number | null = null;
  /** The first FIN or RST. */
  closed: { readonly by: Sender; readonly how: 'fin' | 'rst'; readonly at: number } | null = null;

  constructor(server: Endpoint, client: Endpoint) {
    this.server = server;
    this.client = client;
  }

  take(sender: Sender, item: WireItem, at: number): void {
    if (item.kind === 'syn') this.openedAt = at;
    else if (item.kind === 'data') {
      this.passed[sender] += item.bytes.length;
      const passage = { sender, at, position: this.passed[sender] };
      this.passages.push(passage);
      this.#bySender[sender].push(passage);
    } else if (item.kind === 'fin' || item.kind === 'rst') this.closed ??= { by: sender, how: item.kind, at };
  }

  /** Whether all up to a position has passed. */
  has(sender: Sender, position: number): boolean {
    return position <= this.passed[sender];
  }

  /** When what ends at a position had passed, µs; null: it has not. */
  timeOf(sender: Sender, position: number): number | null {
    const own = this.#bySender[sender];
    let low = 0;
    let high = own.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (own[middle]!.position < position) low = middle + 1;
      else high = middle;
    }
    return own[low]?.at ?? null;
  }
}

/** What the network knows of its connections, for those who want to know what of a server's own account has come to the wire. */
export class WireWitness implements WireObserver {
  readonly #connections = new Map<string, WitnessedConnection>();
  /** µs: when anything passed for the last time. */
  lastTime = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The latest connection between these, or null when none has come. */
  between(server: Endpoint, client: Endpoint): WitnessedConnection | null {
    return this.#connections.get(nameOf(server, client)) ?? null;
  }

  connection(local: Endpoint, remote: Endpoint, role: WireRole, otherEndToo: boolean): WireWatcher | null {
    if (role === 'connecting' && otherEndToo) return null;
    const isServer = role === 'accepting';
    const connection = new WitnessedConnection(isServer ? local : remote, isServer ? remote : local);
    this.#connections.set(nameOf(connection.server, connection.client), connection);
    return {
      passed: (way, item) => {
        this.lastTime = this.#clock.now();
        connection.take((way === 'out') === isServer ? 'server' : 'client', item, this.lastTime);
      },
    };
  }
}

function nameOf(server: Endpoint, client: Endpoint): string {
  return `${server.host} ${server.port} ${client.host} ${client.port}`;
}
