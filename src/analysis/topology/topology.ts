import { grantOf } from '../../replication/grants.js';
import type { Link, Session, Sync } from '../../replication/model.js';
import type { SiblingPair } from '../divergence/siblings.js';
import { changesOf } from './changes.js';
import type { Ground } from './ground.js';
import { LinkDirectory } from './link-directory.js';
import type { Attachment, Change, Topology, TopologyNode } from './model.js';
import { isDump, isTool, type NodeNames, nameNodes } from './nodes.js';
import { type Promotion, promotionsOf } from './promotions.js';
import { grantBeside, highestOffsets, historyOf } from './sessions.js';

/** Servers, and who replicated from whom when, from the links of a capture, and what comparing them gave. `at`: packet time of the end, µs. */
export function buildTopology(
  all: readonly Link[],
  { histories, orders }: Pick<Ground, 'histories' | 'orders'>,
  at: number | null,
  siblings: readonly SiblingPair[] = [],
): Topology {
  const links = all.filter((link) => link.sessions.length > 0 && !isDump(link));
  const names = nameNodes(links);
  const ground = { links: new LinkDirectory(links), histories, orders };
  const promotions = groupBy(promotionsOf(ground, names), ({ node }) => node);
  const attachments = attachmentsOf(links, names, promotions);
  const changes = changesOf({ links, names, attachments, promotions, orders });
  const highest = highestOffsets(links);
  const facts: Facts = {
    names,
    own: groupBy(attachments, ({ replica }) => replica),
    served: groupBy(attachments, ({ master }) => master),
    changes: groupBy(changes, ({ node }) => node),
    servers: serversOf(links, names),
    tools: new Set(links.filter(isTool).map(({ replica }) => names.nameOf(replica))),
  };
  const endpoints = links.flatMap(({ master, replica }) => [names.nameOf(master), names.nameOf(replica)]);
  return {
    at,
    nodes: [...new Set(endpoints)].map((name) => nodeOf(name, facts)),
    attachments,
    histories: [...histories.all].map(({ id, masters, firstSeenAt, predecessor }) => ({
      replid: id,
      masters: [...new Set([...masters.keys()].map(names.nameOf))],
      firstSeenAt,
      highestOffset: highest.get(id) ?? null,
      from: predecessor,
    })),
    changes,
    siblings,
  };
}

/** Main sessions of each replica in order of time; a run of them with one master, and no promotion between, is one attachment. */
function attachmentsOf(
  links: readonly Link[],
  { nameOf }: NodeNames,
  promotions: ReadonlyMap<string, readonly Promotion[]>,
): Attachment[] {
  const byReplica = new Map<string, Session[]>();
  for (const link of links) {
    const name = nameOf(link.replica);
    const mains = link.sessions.filter(({ channel }) => channel === 'main');
    const known = byReplica.get(name);
    if (known === undefined) byReplica.set(name, mains);
    else known.push(...mains);
  }
  const attachments: Attachment[] = [];
  for (const [replica, sessions] of byReplica) {
    sessions.sort((a, b) => a.firstSeenAt - b.firstSeenAt);
    const own = promotions.get(replica) ?? [];
    let run: Session[] = [];
    for (const session of sessions) {
      const last = run.at(-1);
      const goesOn =
        last !== undefined &&
        nameOf(last.link.master) === nameOf(session.link.master) &&
        !own.some(({ at }) => last.firstSeenAt <= at && at < session.firstSeenAt);
      if (!goesOn && last !== undefined)
        attachments.push(attachmentOf(replica, nameOf(last.link.master), run));
      if (goesOn) run.push(session);
      else run = [session];
    }
    if (run.length > 0) attachments.push(attachmentOf(replica, nameOf(run[0]!.link.master), run));
  }
  return attachments.sort((a, b) => a.from - b.from);
}

function attachmentOf(replica: string, master: string, sessions: readonly Session[]): Attachment {
  const last = sessions.at(-1)!;
  const asked = sessions.flatMap(({ syncs }) => syncs.filter(({ decision }) => decision !== null));
  const got = asked.find(({ decision }) => decision !== 'REFUSED');
  return {
    replica,
    master,
    links: [...new Set(sessions.map(({ link }) => link.id))],
    from: sessions[0]!.firstSeenAt,
    until: last.closedAt,
    sessions: sessions.length,
    state: stateOf(last),
    joined: sessions[0]!.joinedMidstream,
    sync: got === undefined ? null : wholeSync(got, sessions),
    refused: got === undefined ? (asked.at(-1) ?? null) : null,
    closedBy: last.closedBy,
    replid: historyOf(last),
    offset: last.offsets.end ?? last.offsets.lastAck,
    lagBytes: last.lag.lastBytes,
  };
}

/** A two-connection sync is granted on its second connection. */
function wholeSync(sync: Sync, sessions: readonly Session[]): Sync {
  if (sync.decision !== 'DUALCHANNEL') return sync;
  const granted = sessions.find(({ syncs }) => syncs.includes(sync))!;
  const beside = grantBeside(granted);
  if (beside === null) return sync;
  return { ...sync, grantedReplid: beside.grantedReplid, grantedOffset: beside.grantedOffset };
}

function stateOf(session: Session): Attachment['state'] {
  const isRefused =
    session.syncs.length > 0 && grantOf(session) === null && session.syncs.at(-1)!.decision !== null;
  if (isRefused) return 'refused';
  return session.closedAt === null ? session.phase : 'down';
}

/** What is known of all nodes, by their names. */
interface Facts {
  names: NodeNames;
  own: Map<string, Attachment[]>;
  served: Map<string, Attachment[]>;
  changes: Map<string, Change[]>;
  servers: Map<string, string>;
  tools: ReadonlySet<string>;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function nodeOf(name: string, facts: Facts): TopologyNode {
  const { names } = facts;
  const roles = rolesOf(name, facts);
  const own = facts.own.get(name)?.at(-1);
  const isReplica = roles.at(-1)?.role === 'replica' && own !== undefined;
  // Of a master it is what its latest replica was sent.
  const served = facts.served.get(name)?.findLast(({ offset }) => offset !== null);
  const holds = isReplica ? own : served;
  return {
    name,
    aliases: names.aliasesOf(name),
    assumed: names.isAssumed(name),
    tool: facts.tools.has(name),
    server: facts.servers.get(name) ?? null,
    master: isReplica ? own.master : null,
    replid: holds?.replid ?? null,
    offset: holds?.offset ?? null,
    roles,
  };
}

/** Versions of the servers that wrote payloads, the latest one of each. */
function serversOf(links: readonly Link[], { nameOf }: NodeNames): Map<string, string> {
  const servers = new Map<string, string>();
  for (const { master, sessions } of links) {
    const server = sessions.findLast(({ payload }) => payload?.rdb?.server != null)?.payload?.rdb?.server;
    if (server != null) servers.set(nameOf(master), server);
  }
  return servers;
}

/** A node is a master until it attaches, and again once it is promoted. */
function rolesOf(name: string, facts: Facts): TopologyNode['roles'] {
  const roles: TopologyNode['roles'] = [];
  const served = facts.served.get(name)?.find(({ sync }) => sync !== null);
  const own = facts.own.get(name)?.[0];
  if (served !== undefined && (own === undefined || served.from < own.from))
    roles.push({ at: served.from, role: 'master' });
  for (const { kind, at } of facts.changes.get(name) ?? []) {
    if (kind === 'promoted') roles.push({ at, role: 'master' });
    else if (kind !== 'new-history' && kind !== 'left' && roles.at(-1)?.role !== 'replica')
      roles.push({ at, role: 'replica' });
  }
  return roles;
}
