import type {
  Attachment,
  Change,
  HistoryFacts,
  Topology,
  TopologyNode,
} from '../../analysis/topology/model.js';
import type { Sync } from '../../replication/model.js';
import type { Order } from '../../replication/orders.js';
import type { SyncDocument } from '../document.js';
import { iso, syncDocument } from '../session-document.js';
import { type SiblingDocument, siblingDocument } from '../siblings-document.js';

/** `psyncscope.topology/1`: see docs/topology.md. Times are ISO 8601 UTC with six decimals; null: not known from this capture. */
export interface TopologyDocument {
  schema: 'psyncscope.topology/1';
  /** What `nodes` and `attachments` are as of. */
  at: string | null;
  nodes: (Omit<TopologyNode, 'roles'> & { roles: { at: string; role: 'master' | 'replica' }[] })[];
  attachments: (Omit<Attachment, 'from' | 'until' | 'sync' | 'refused'> & {
    from: string;
    until: string | null;
    sync: SyncDocument | null;
    refused: SyncDocument | null;
  })[];
  histories: (Omit<HistoryFacts, 'firstSeenAt' | 'from'> & {
    firstSeenAt: string;
    from: {
      replid: string;
      node: string;
      how: string;
      commonFrom: number;
      commonTo: number | null;
      confirmed: boolean;
    } | null;
  })[];
  changes: ({ at: string; node: string; kind: Change['kind'] } & Record<string, unknown>)[];
  siblings: SiblingDocument[];
}

export function topologyDocument(topology: Topology): TopologyDocument {
  const { at, nodes, attachments, histories, changes, siblings } = topology;
  return {
    schema: 'psyncscope.topology/1',
    at: iso(at),
    nodes: nodes.map((node) => ({
      ...node,
      roles: node.roles.map((role) => ({ at: iso(role.at)!, role: role.role })),
    })),
    attachments: attachments.map((each) => ({
      ...each,
      from: iso(each.from)!,
      until: iso(each.until),
      sync: syncPart(each.sync),
      refused: syncPart(each.refused),
    })),
    histories: histories.map(({ from, firstSeenAt, ...history }) => ({
      ...history,
      firstSeenAt: iso(firstSeenAt)!,
      from: from === null ? null : successionPart(from),
    })),
    changes: changes.map(changePart),
    siblings: siblings.map(siblingDocument),
  };
}

function syncPart(sync: Sync | null): SyncDocument | null {
  return sync === null ? null : syncDocument(sync);
}

function successionPart({ of, node, kind, from, to, confirmed }: NonNullable<HistoryFacts['from']>) {
  return { replid: of, node, how: kind, commonFrom: from, commonTo: to, confirmed };
}

function changePart(change: Change): TopologyDocument['changes'][number] {
  const at = iso(change.at)!;
  switch (change.kind) {
    case 'promoted': {
      const { succession, notBefore, order, ...rest } = change;
      const from = succession === null ? null : successionPart(succession);
      const replid = succession?.id ?? null;
      return { ...rest, at, notBefore: iso(notBefore), replid, from, order: orderPart(order) };
    }
    case 'attached':
    case 'moved':
    case 'refused':
      return { ...change, at, sync: syncPart(change.sync), order: orderPart(change.order) };
    case 'new-history':
      return { ...change, at, sync: syncPart(change.sync) };
    default:
      return { ...change, at };
  }
}

function orderPart(order: Order | null) {
  return order === null ? null : { ...order, time: iso(order.time) };
}
