import type { Order } from '../../replication/orders.js';
import type { Ground } from './ground.js';
import type { Succession } from './histories.js';
import type { LinkDirectory } from './link-directory.js';
import type { NodeNames } from './nodes.js';
import { asReplica, historyOf } from './sessions.js';

/** A replica that leaves its master by itself within this time of being told to was promoted by that order, µs. */
const OBEYS_WITHIN_US = 1_000_000;

/** A replica that became a master. */
export interface Promotion {
  /** Name of the node. */
  node: string;
  /** µs: when it was told to, or left its master; `notBefore` where only a time is known after which it must have been. */
  at: number;
  notBefore: number | null;
  /** Where its own history comes from; null: nobody has asked for that history. */
  succession: Succession | null;
  /** What a client told it; null: not captured. */
  order: Order | null;
}

/** Promotions of a capture: those that histories tell of, and those that an order and the end of a link tell of. */
export function promotionsOf({ links: directory, histories, orders }: Ground, names: NodeNames): Promotion[] {
  const promotions: Promotion[] = [];
  for (const { predecessor } of histories.all) {
    if (predecessor?.kind !== 'promotion' && predecessor?.kind !== 'failover-command') continue;
    const order = orders.behind(predecessor, directory, histories);
    const node = names.nameOf(predecessor.node);
    promotions.push({ node, ...timeOf(predecessor, order, directory), succession: predecessor, order });
  }
  const explained = new Set(promotions.map(({ order }) => order));
  for (const order of orders) {
    if (order.kind !== 'no-one' || explained.has(order) || !obeyed(order, directory)) continue;
    const { node, time } = order;
    promotions.push({ node: names.nameOf(node), at: time, notBefore: null, succession: null, order });
  }
  return promotions.sort((a, b) => a.at - b.at);
}

function timeOf(
  { node, at, of, kind }: Succession,
  order: Order | null,
  directory: LinkDirectory,
): Pick<Promotion, 'at' | 'notBefore'> {
  if (kind === 'failover-command') return { at, notBefore: null };
  if (order?.kind === 'no-one') return { at: order.time, notBefore: null };
  const left = asReplica(directory, node, at).findLast(
    (each) => each.closedAt !== null && each.closedAt <= at && historyOf(each) === of,
  );
  if (left === undefined || left.closedAt === null) return { at, notBefore: null };
  // Whoever is promoted leaves its master; of one whose master is gone the moment does not show.
  return left.closedBy === 'replica'
    ? { at: left.closedAt, notBefore: null }
    : { at, notBefore: left.closedAt };
}

/** The replica was attached, and its link ended when it was told, by itself. */
function obeyed({ node, time }: Order, directory: LinkDirectory): boolean {
  const last = asReplica(directory, node, time).at(-1);
  if (last === undefined || last.closedAt === null || last.closedBy !== 'replica') return false;
  return last.closedAt >= time - OBEYS_WITHIN_US && last.closedAt <= time + OBEYS_WITHIN_US;
}
