import type { Order, OrderKind } from '../../replication/orders.js';
import type { Why } from '../../replication/why.js';
import { type Histories, lastHeld, type Succession } from './histories.js';
import type { LinkDirectory } from './link-directory.js';

/** Orders kept of one server, and servers of which any are kept; the oldest are forgotten beyond it. */
const MAX_ORDERS_PER_NODE = 16;
const MAX_ORDERED_NODES = 1000;

/** Orders after which a replica is a master. */
const TO_PROMOTE: readonly OrderKind[] = ['no-one', 'cluster-failover'];

/** Orders after which a server replicates from another one. */
const TO_ATTACH: readonly OrderKind[] = ['replicaof', 'cluster-replicate'];

/** What clients told servers to be, as far as it was captured. */
export class Orders {
  /** By server, the one that was told last at the end. */
  readonly #byNode = new Map<string, Order[]>();

  add(order: Order): void {
    const known = this.#byNode.get(order.node) ?? [];
    known.push(order);
    if (known.length > MAX_ORDERS_PER_NODE) known.shift();
    this.#byNode.delete(order.node);
    this.#byNode.set(order.node, known);
    if (this.#byNode.size > MAX_ORDERED_NODES) this.#byNode.delete(this.#byNode.keys().next().value!);
  }

  /** All of them, those of a server in order of time. */
  *[Symbol.iterator](): Iterable<Order> & Generator<Order> {
    for (const orders of this.#byNode.values()) yield* orders;
  }

  /** The latest order to this server to become a master, after `from` and up to `to` (µs). */
  promoting(node: string, from: number, to: number): Order | null {
    return this.#latest(node, TO_PROMOTE, from, to);
  }

  /** The latest order to this server to replicate from somewhere. */
  attaching(node: string, from: number, to: number): Order | null {
    return this.#latest(node, TO_ATTACH, from, to);
  }

  /** The order that led to a succession; null: none was captured. */
  behind({ kind, node, of, at }: Succession, links: LinkDirectory, histories: Histories): Order | null {
    // What was told before it last held a master's data is of another time.
    if (kind === 'promotion') return this.promoting(node, lastHeld(links, node, at)?.firstSeenAt ?? 0, at);
    if (kind !== 'failover-command') return null;
    // FAILOVER is told to the master of the old history.
    const orders = histories
      .mastersOf(of)
      .map((master) => this.#latest(master, ['failover'], histories.grantedAt(of, master) ?? 0, at));
    return orders.find((order) => order !== null) ?? null;
  }

  #latest(node: string, kinds: readonly OrderKind[], from: number, to: number): Order | null {
    const orders = this.#byNode.get(node);
    return orders?.findLast(({ kind, time }) => time > from && time <= to && kinds.includes(kind)) ?? null;
  }
}

/** An order as evidence of a `why`; nothing where none was captured. */
export function orderEvidence(order: Order | null): Why['evidence'] {
  if (order === null) return {};
  const { text, by, sentinel, packet } = order;
  return { order: text, orderedBy: by, orderedBySentinel: Number(sentinel), orderPacket: packet };
}
