import type {
  Attachment,
  Change,
  HistoryFacts,
  Topology,
  TopologyNode,
} from '../../analysis/topology/model.js';
import type { Sync } from '../../replication/model.js';
import type { SyncDocument } from '../document.js';
import { iso, syncDocument } from '../session-document.js';

/** `psyncscope.topology/1`: see docs/topology.md. Times are ISO 8601 UTC with six decimals; null: not known from this capture. */
export interface TopologyDocument {
  schema: 'psyncscope.topology/1';
  /** What `nodes` and `attachments` are as of. */
  at: string | null;
  nodes: (Omit<TopologyNode, 'roles'> & { roles: { at: string; role: 'master' | 'replica' }[] })[];
  attachments: (Omit<Attachment, 'from' | 'until' | 'sync'> & {
    from: string;
    until: string | null;
    sync: SyncDocument | null;
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
}

export function topologyDocument({ at, nodes, attachments, histories, changes }: Topology): TopologyDocument {
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
    })),
    histories: histories.map(({ from, firstSeenAt, ...history }) => ({
      ...history,
      firstSeenAt: iso(firstSeenAt)!,
      from: from === null ? null : successionPart(from),
    })),
    changes: changes.map(changePart),
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
  if (change.kind === 'promoted') {
    const { succession, ...rest } = change;
    return { ...rest, at, replid: succession.id, ...{ from: successionPart(succession) } };
  }
  return 'sync' in change ? { ...change, at, sync: syncPart(change.sync) } : { ...change, at };
}
