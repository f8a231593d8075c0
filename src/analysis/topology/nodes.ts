import type { Link, Session } from '../../replication/model.js';

/** Endpoints kept by which one server was seen besides. */
const MAX_ALIASES = 64;

/** Which endpoints of the links are one server. */
export interface NodeNames {
  /** Name of the node that an endpoint of a link belongs to: an endpoint itself. */
  nameOf(endpoint: string): string;
  /** Other endpoints of a node. */
  aliasesOf(name: string): string[];
  /** True when one of them was joined by its address alone. */
  isAssumed(name: string): boolean;
}

/** True for links of clients that take a payload and go (`redis-cli --rdb`): no part of a topology. */
export function isDump({ sessions, replicaPortAnnounced }: Link): boolean {
  if (replicaPortAnnounced || sessions.length === 0) return false;
  return sessions.every(({ syncs }) => syncs.length > 0 && syncs.every(({ cause }) => cause === 'rdb-only'));
}

/** True for links of clients that asked without announcing a port (`redis-cli --replica`): every server announces one. */
export function isTool({ sessions, replicaPortAnnounced }: Link): boolean {
  const isWhole = sessions.some(({ joinedMidstream, loss }) => !joinedMidstream && loss.gaps === 0);
  return !replicaPortAnnounced && isWhole;
}

/**
 * An announced endpoint that is a master's on another link is the same server. Two things hide that: a replica that announces another
 * address than it connects from (NAT), and one whose handshake was not captured, which is known by a port of no meaning.
 */
export function nameNodes(links: readonly Link[]): NodeNames {
  const masters = new Set(links.map((link) => link.master));
  const names = new Map<string, string>();
  const assumed = new Set<string>();
  for (const { replica, sessions } of links) {
    const behind = sessions.map(endpointBehind).find((each) => each !== null && masters.has(each));
    if (behind != null && behind !== replica && !masters.has(replica)) names.set(replica, behind);
  }
  const listening = new Set([
    ...masters,
    ...links
      .filter((link) => link.replicaPortAnnounced)
      .map((link) => names.get(link.replica) ?? link.replica),
  ]);
  const byHost = new Map<string, string[]>();
  for (const each of listening)
    byHost.set(hostOf(each), [...(byHost.get(hostOf(each)) ?? []), each].slice(0, 3));
  const guesses = new Map<Link, string>();
  for (const link of links) {
    if (link.replicaPortAnnounced || masters.has(link.replica) || isTool(link)) continue;
    const here = byHost.get(hostOf(link.replica))?.filter((each) => each !== link.master) ?? [];
    if (here.length === 1) guesses.set(link, here[0]!);
  }
  const byReplica = new Map<string, Link[]>();
  for (const link of links) {
    const name = guesses.get(link) ?? names.get(link.replica) ?? link.replica;
    const known = byReplica.get(name);
    if (known === undefined) byReplica.set(name, [link]);
    else known.push(link);
  }
  for (const [link, guess] of guesses) {
    // A server replicates from one master at a time.
    if (byReplica.get(guess)!.some((other) => other !== link && overlap(link, other))) continue;
    names.set(link.replica, guess);
    assumed.add(guess);
  }
  const aliases = new Map<string, string[]>();
  for (const [from, to] of names) aliases.set(to, [...(aliases.get(to) ?? []), from].slice(0, MAX_ALIASES));
  const nameOf = (endpoint: string): string => names.get(endpoint) ?? endpoint;
  return {
    nameOf,
    aliasesOf: (name) => aliases.get(name) ?? [],
    isAssumed: (name) => assumed.has(name),
  };
}

/** `10.0.0.2` of `10.0.0.2:6379`. */
function hostOf(endpoint: string): string {
  return endpoint.slice(0, endpoint.lastIndexOf(':'));
}

/** The endpoint at which a replica listens that announces another address than it connects from; null: it does not. */
function endpointBehind({ clientAddress, handshake }: Session): string | null {
  if (handshake.announcedAddress === null || handshake.listeningPort === null) return null;
  const host = clientAddress.includes(':') ? `[${clientAddress}]` : clientAddress;
  return `${host}:${handshake.listeningPort}`;
}

function overlap(a: Link, b: Link): boolean {
  return a.sessions.some((one) =>
    b.sessions.some((two) => begins(one) < ends(two) && begins(two) < ends(one)),
  );
}

function begins({ firstSeenAt }: Session): number {
  return firstSeenAt;
}

function ends({ closedAt }: Session): number {
  return closedAt ?? Number.POSITIVE_INFINITY;
}
