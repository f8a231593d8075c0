import type { Session, Sync } from '../../replication/model.js';
import type { LinkDirectory } from './link-directory.js';
import { asReplica, historyOf, isReplid } from './sessions.js';

/** Histories kept; a capture of years of failovers has hundreds. The oldest are forgotten beyond it. */
const MAX_HISTORIES = 10_000;

/** Masters kept of one history: a node of a chain grants the id of the top one. */
const MAX_MASTERS = 64;

/** Ancestors followed back from one history. */
const MAX_ANCESTORS = 256;

/** How one history came out of another. */
type SuccessionKind =
  /** A replica of the old one became a master (REPLICAOF NO ONE, Sentinel, cluster). */
  | 'promotion'
  /** The same, asked for by PSYNC … FAILOVER. */
  | 'failover-command'
  /** The master itself came back with what its RDB had kept (7.0+). */
  | 'restart'
  | 'unknown';

/** `id` goes on where the history `of` had come to offset `from`…`to` (equal where it is known exactly). */
export interface Succession {
  of: string;
  id: string;
  kind: SuccessionKind;
  /** Node that made it. */
  node: string;
  /** Last offset that both have: at least `from`, at most `to` (null: not known). */
  from: number;
  to: number | null;
  /** False: told by what nodes did, not by a CONTINUE. */
  confirmed: boolean;
  /** µs */
  at: number;
}

/** One replication id (before 4.0: run id) of a capture. */
interface History {
  id: string;
  /** µs: first grant or request that named it. */
  firstSeenAt: number;
  /** Nodes that granted it (or made it for themselves), with the time of the first grant. */
  masters: Map<string, number>;
  predecessor: Succession | null;
  /** Of each master: most bytes with which it continued somebody. */
  served: Map<string, number>;
}

/** The replication ids of a capture: who granted which, and which went on from which, and where. */
export class Histories {
  readonly #byId = new Map<string, History>();
  /** Grows with each thing learnt about how histories hang together. */
  version = 0;

  /** All of them, in the order in which they were seen. */
  get all(): Iterable<Readonly<History>> {
    return this.#byId.values();
  }

  /** µs; null: never seen. */
  firstSeenAt(id: string): number | null {
    return this.#byId.get(id)?.firstSeenAt ?? null;
  }

  isKnown(id: string): boolean {
    return this.#byId.has(id);
  }

  /** When this node granted that id for the first time (µs); null: never. */
  grantedAt(id: string, node: string): number | null {
    return this.#byId.get(id)?.masters.get(node) ?? null;
  }

  /** Nodes that granted an id, the first one first. */
  mastersOf(id: string): string[] {
    return [...(this.#byId.get(id)?.masters.keys() ?? [])];
  }

  predecessorOf(id: string): Succession | null {
    return this.#byId.get(id)?.predecessor ?? null;
  }

  /** How many successions lie between an id and its ancestor; null when it is none. */
  distance(id: string, ancestor: string): number | null {
    let at: string | undefined = id;
    for (let steps = 0; steps < MAX_ANCESTORS && at !== undefined; steps++) {
      if (at === ancestor) return steps;
      at = this.predecessorOf(at)?.of;
    }
    return null;
  }

  /** A master of this history continued somebody `bytes` back: so far its backlog reaches at least. */
  servedBack(id: string, node: string, bytes: number): void {
    const history = this.#byId.get(id);
    if (history === undefined || !history.masters.has(node)) return;
    history.served.set(node, Math.max(bytes, history.served.get(node) ?? 0));
  }

  /** Most bytes with which a master continued somebody in this history; null: nobody yet, or nothing was missing. */
  mostServed(id: string, node: string): number | null {
    return this.#byId.get(id)?.served.get(node) ?? null;
  }

  /** Takes in what an answered sync says. `links`: those of the capture, for what the master did before. */
  learn(sync: Sync, session: Session, links: LinkDirectory): void {
    const { replid: asked, grantedReplid: granted } = sync;
    const at = sync.decidedAt ?? sync.requestedAt;
    const node = session.link.master;
    if (!isReplid(granted)) return;
    const isNew = !this.isKnown(granted);
    const firstHere = this.grantedAt(granted, node) === null;
    this.#grant(granted, node, at);
    if (sync.decision === 'CONTINUE') {
      if (isReplid(asked) && asked !== granted) this.#switched(sync, asked, granted, node, links, at);
    } else if (isNew && firstHere) {
      // Run ids (before 4.0) come with offsets of their own.
      const countsOn = session.handshake.capabilities.includes('psync2') ? sync.grantedOffset : null;
      this.#presume(granted, countsOn, node, links, at);
    }
  }

  /** A node shows an id that it can only have made for itself, after it had held `held`. */
  made(id: string, node: string, held: Session): void {
    const of = historyOf(held);
    if (of === null) return;
    const at = held.closedAt ?? held.firstSeenAt;
    this.#grant(id, node, at);
    this.#set({ of, id, kind: 'promotion', node, ...reachedBy(held), confirmed: false, at });
  }

  #grant(id: string, node: string, at: number): void {
    let history = this.#byId.get(id);
    if (history === undefined) {
      history = { id, firstSeenAt: at, masters: new Map(), predecessor: null, served: new Map() };
      this.#byId.set(id, history);
      if (this.#byId.size > MAX_HISTORIES) this.#byId.delete(this.#byId.keys().next().value!);
    }
    if (!history.masters.has(node) && history.masters.size < MAX_MASTERS) history.masters.set(node, at);
  }

  /** CONTINUE under another id: proof that this one goes on from the one that was asked for. */
  #switched(sync: Sync, of: string, id: string, node: string, links: LinkDirectory, at: number): void {
    // What was asked for is the next byte, and it was granted: both have everything before it.
    const common = Math.max(0, (sync.offset ?? 1) - 1);
    const known = this.predecessorOf(id);
    if (known !== null && known.of === of) {
      if (known.confirmed && known.from >= common) return;
      this.#set({
        ...known,
        from: Math.max(known.from, common),
        to: atLeast(known.to, common),
        confirmed: true,
      });
      return;
    }
    if (known?.confirmed) return;
    if (sync.failover) {
      this.#set({ of, id, kind: 'failover-command', node, from: common, to: common, confirmed: true, at });
      return;
    }
    const held = lastHeld(links, node, at);
    const wasReplica = held !== null && historyOf(held) === of;
    const wasMaster = this.grantedAt(of, node) !== null;
    const kind: SuccessionKind = wasReplica ? 'promotion' : wasMaster ? 'restart' : 'unknown';
    const reached = wasReplica ? reachedBy(held) : { from: 0, to: null };
    const from = Math.max(common, reached.from);
    this.#set({ of, id, kind, node, from, to: atLeast(reached.to, from), confirmed: true, at });
  }

  /** A node that has left its master grants an id of its own: it was promoted, unless its offset says that it began anew. */
  #presume(id: string, offset: number | null, node: string, links: LinkDirectory, at: number): void {
    const held = lastHeld(links, node, at);
    if (held === null || held.closedAt === null || held.closedAt > at) return;
    const of = historyOf(held);
    const reached = reachedBy(held);
    if (of === null || of === id || (offset !== null && offset < reached.from)) return;
    this.#set({ of, id, kind: 'promotion', node, ...reached, confirmed: false, at });
  }

  #set(succession: Succession): void {
    const history = this.#byId.get(succession.id);
    if (history === undefined || this.distance(succession.of, succession.id) !== null) return; // no circles
    history.predecessor = succession;
    this.version++;
  }
}

function atLeast(value: number | null, least: number): number | null {
  return value === null ? null : Math.max(value, least);
}

/** The last session in which a node held a master's data; null: none seen. */
export function lastHeld(links: LinkDirectory, node: string, before: number): Session | null {
  return (
    asReplica(links, node, before).findLast(({ offsets }) => (offsets.end ?? offsets.lastAck) !== null) ??
    null
  );
}

/** Offset up to which the replica of a session has applied it: what it acknowledged at least, what it was sent at most. */
function reachedBy({ offsets }: Session): { from: number; to: number | null } {
  const from = offsets.lastAck ?? offsets.start ?? 0;
  return { from, to: offsets.end === null ? null : Math.max(from, offsets.end) };
}
