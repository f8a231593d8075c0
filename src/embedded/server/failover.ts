import type { Command } from '../data/reply.js';
import type { Master } from '../master/master.js';
import type { ReplicaSession } from '../master/replica-session.js';
import { type Clock, MILLISECOND } from '../net/clock.js';
import type { Endpoint } from '../net/network.js';
import type { LinkState } from '../replica/host.js';
import type { Client } from './client.js';

export interface FailoverHost {
  readonly clock: Clock;
  readonly master: Master;
  /** Changes the role; null: nobody's replica. */
  replicaOf(master: Endpoint | null): void;
}

export interface FailoverOrder {
  /** A replica, as it announces itself; null: whichever is first to have everything. */
  readonly target: Endpoint | null;
  /** ms; 0: it waits without end. */
  readonly timeout: number;
  /** When the time is over it goes on with the target as it is. */
  readonly force: boolean;
}

/** How INFO names the states. */
type FailoverState = 'no-failover' | 'waiting-for-sync' | 'failover-in-progress';

/**
 * FAILOVER (6.2+; replication-wire.md, section 9): writes and PINGs stop, and once the target has acknowledged everything this node asks
 * it, as its replica, to take over.
 */
export class Failover {
  state: FailoverState = 'no-failover';
  readonly #host: FailoverHost;
  #order: FailoverOrder = { target: null, timeout: 0, force: false };
  /** µs */
  #deadline = Number.POSITIVE_INFINITY;
  #postponed: { readonly client: Client; readonly command: Command }[] = [];

  constructor(host: FailoverHost) {
    this.#host = host;
  }

  /** Writes wait, nothing is added to the stream. */
  get pausesWrites(): boolean {
    return this.state !== 'no-failover';
  }

  /** The handshake that is under way asks its master to take over. */
  get inProgress(): boolean {
    return this.state === 'failover-in-progress';
  }

  /** @returns null, or the error the command is answered with. */
  start(order: FailoverOrder): string | null {
    const sessions = [...this.#host.master.sessions];
    if (sessions.length === 0) return 'ERR FAILOVER requires connected replicas.';
    const { target } = order;
    if (target !== null) {
      const named = sessions.find((session) => sameEndpoint(endpointOf(session), target));
      if (named === undefined) return 'ERR FAILOVER target HOST and PORT is not a replica.';
      if (!named.online) return 'ERR FAILOVER target replica is not online.';
    }
    const now = this.#host.clock.now();
    this.#order = order;
    this.#deadline = order.timeout === 0 ? Number.POSITIVE_INFINITY : now + order.timeout * MILLISECOND;
    this.state = 'waiting-for-sync';
    this.#host.master.stream.flush();
    this.check();
    return null;
  }

  /** FAILOVER ABORT. @returns whether there was one. */
  abort(): boolean {
    if (this.state === 'no-failover') return false;
    const wasReplica = this.inProgress;
    this.#over();
    if (wasReplica) this.#host.replicaOf(null);
    this.#resume();
    return true;
  }

  /** A write came while writes are paused. */
  postpone(client: Client, command: Command): void {
    this.#postponed.push({ client, command });
  }

  /** With each ACK, and every 100 ms. */
  check(): void {
    if (this.state !== 'waiting-for-sync') return;
    const { master, clock } = this.#host;
    const { target, force } = this.#order;
    for (const session of master.sessions) {
      const at = endpointOf(session);
      const chosen = target === null || sameEndpoint(at, target);
      if (chosen && session.online && session.ackOffset === master.history.offset) {
        this.#proceed(at);
        return;
      }
    }
    if (clock.now() < this.#deadline) return;
    if (force && target !== null) this.#proceed(target);
    else this.abort();
  }

  /** The link to the target, during the failover. */
  linkChanged(state: LinkState): void {
    if (!this.inProgress) return;
    if (state === 'online' || state === 'transfer') {
      this.#over();
      this.#resume();
    } else if (state === 'down') this.abort();
  }

  #proceed(target: Endpoint): void {
    this.state = 'failover-in-progress';
    this.#host.replicaOf(target);
  }

  #over(): void {
    this.state = 'no-failover';
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  #resume(): void {
    const postponed = this.#postponed;
    this.#postponed = [];
    for (const { client, command } of postponed) client.retry(command);
  }
}

/** Where a replica listens, as it announced. */
function endpointOf({ port }: ReplicaSession): Endpoint {
  return {
    host: port.announcement.address ?? port.channel.remote.host,
    port: port.announcement.listeningPort,
  };
}

function sameEndpoint(one: Endpoint, other: Endpoint): boolean {
  return one.host === other.host && one.port === other.port;
}
