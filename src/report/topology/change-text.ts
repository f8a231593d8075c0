import type { Change } from '../../analysis/topology/model.js';
import type { Sync } from '../../replication/model.js';
import type { Order } from '../../replication/orders.js';
import { causeText, decisionText } from '../causes.js';
import { orderText } from '../order-text.js';
import { countText } from '../units.js';
import { shortId } from '../why-text.js';
import { nameText } from './node-text.js';

/** A change in one sentence. `clock` writes a packet time (µs). Safe to print. */
export function changeText(change: Change, clock: (micros: number) => string): string {
  const node = nameText(change.node);
  switch (change.kind) {
    case 'present':
      return `${node} replicates from ${nameText(change.master)} since before the capture`;
    case 'attached': {
      const was = change.wasMaster ? ', a master until then,' : '';
      return `${node}${was} attached to ${nameText(change.master)}${byText(change.order)}${syncText(change.sync)}`;
    }
    case 'refused': {
      const asked = `${node} asked ${nameText(change.master)}${byText(change.order)} and was granted nothing`;
      return change.sync === null ? asked : `${asked}: ${causeText(change.sync)}`;
    }
    case 'moved':
      return `${node} moved from ${nameText(change.before)} to ${nameText(change.master)}${byText(change.order)}${syncText(change.sync)}`;
    case 'left': {
      const by = change.by === null ? '' : ` (closed by the ${change.by})`;
      return `${node} lost its link to ${nameText(change.master)}${by} and did not come back`;
    }
    case 'promoted':
      return promotionText(change, clock);
    case 'new-history':
      return `${node} began a new history, ${shortId(change.replid)} after ${shortId(change.before)}: ${causeText(change.sync)}`;
  }
}

function promotionText(
  { node, succession, order, notBefore }: Extract<Change, { kind: 'promoted' }>,
  clock: (micros: number) => string,
): string {
  const how = order === null && succession?.kind === 'failover-command' ? ' by FAILOVER' : byText(order);
  const since = notBefore === null ? '' : ` (after ${clock(notBefore)}, when its master closed the link)`;
  const promoted = `${nameText(node)} promoted${how}${since}`;
  if (succession === null) return `${promoted}: nobody has asked it for its history yet`;
  const { of, id, from, to, confirmed } = succession;
  const at =
    to === from
      ? countText(from)
      : to === null
        ? `${countText(from)} or later`
        : `${countText(from)} to ${countText(to)}`;
  const sure = confirmed ? '' : ' (nobody was continued under it)';
  return `${promoted}: the histories part at ${at}, ${shortId(of)} goes on as ${shortId(id)}${sure}`;
}

function byText(order: Order | null): string {
  return order === null ? '' : orderText(order);
}

function syncText(sync: Sync | null): string {
  if (sync === null) return '';
  // Of a new id the line of the promotion tells.
  const why = sync.decision === 'CONTINUE' && sync.cause !== 'continued' ? '' : causeText(sync);
  return `: ${decisionText(sync)}${why === '' ? '' : `, ${why}`}`;
}
