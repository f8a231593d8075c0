import { CommandNames } from '../resp/command-names.js';
import { MAX_NAMES } from '../resp/limits.js';
import type { ConnectionInfo, StreamConsumer } from '../tcp/types.js';
import type { Context, LiveSession } from './context.js';
import { Conversation, type ConversationOwner } from './conversation.js';
import type { ReplicationEvent, StreamNotice } from './events.js';
import { Guarded } from './guarded.js';
import type { LagMeter } from './lag-meter.js';
import { LimitCounts, type ReachedLimit } from './limit-counts.js';
import { MAX_DETAILED_PAYLOADS, MAX_INTERNAL_ERRORS, MAX_LINKS } from './limits.js';
import { endpoint, Links } from './links.js';
import type { Link, Session, Sync } from './model.js';
import type { TrafficObserver } from './observer.js';
import type { Order } from './orders.js';
import type { HistoryFollower } from './sibling-bytes.js';

/** A database, and from which offset to which it is the selected one. */
interface Standing {
  database: number | null;
  from: number;
  to: number;
}

export interface TrackerOptions {
  /** Receives each fact as it happens; leave out to be told at the end only, which costs less. */
  emit?: ((event: ReplicationEvent) => void) | undefined;
  /** Emit an event for every command of the streams as well. */
  commands?: boolean | undefined;
  /** How many of the biggest keys of each payload are remembered; none unless told. */
  biggestKeys?: number | undefined;
  observer?: TrafficObserver | undefined;
  /** Is given the bytes of streams whose history and offsets are certain. */
  follower?: HistoryFollower | undefined;
  /** Receives what is notable of the commands. */
  notice?: ((notice: StreamNotice) => void) | undefined;
  /** Receives what clients tell servers to be. */
  ordered?: ((order: Order) => void) | undefined;
  newMeter(): LagMeter;
  /** Finds the cause of a decision, from the sync, its session, and all links of the capture as of now. */
  causeOf(sync: Sync, session: Session, links: readonly Link[]): void;
}

/** All conversations of a capture, and the links found among them. */
export class ReplicationTracker implements ConversationOwner, Context {
  readonly names = new CommandNames();
  readonly limits = new LimitCounts();
  readonly emit: ((event: ReplicationEvent) => void) | null;
  readonly wantCommands: boolean;
  readonly observer: TrafficObserver | null;
  readonly follower: HistoryFollower | null;
  readonly notice: ((notice: StreamNotice) => void) | null;
  /** TCP connections seen, and those of them that were encrypted. */
  connections = 0;
  encryptedConnections = 0;
  /** Defects of ours that ended the reading of a connection, as text; the first few. */
  readonly internalErrors: string[] = [];
  readonly #options: TrackerOptions;
  readonly #links = new Links();
  readonly #live = new Set<LiveSession>();
  /** Those of them in which bytes or ACKs came since they were last looked at. */
  readonly #moved = new Set<LiveSession>();
  /** Main connections that were told that their payload comes on a second one. */
  readonly #twoConnections = new Set<LiveSession>();
  /** Of each replica (its endpoint): where its stream stands, and the database selected there. */
  readonly #standing = new Map<string, Standing>();
  #sessions = 0;
  #payloads = 0;

  constructor(options: TrackerOptions) {
    this.#options = options;
    this.emit = options.emit ?? null;
    this.wantCommands = options.commands ?? false;
    this.observer = options.observer ?? null;
    this.follower = options.follower ?? null;
    this.notice = options.notice ?? null;
  }

  /** Consumer of a new TCP connection. */
  open(connection: ConnectionInfo): StreamConsumer {
    this.connections++;
    return new Guarded(new Conversation(this, this, connection), connection, this.#failed);
  }

  /** One function for all connections. */
  readonly #failed = (error: unknown): void => {
    if (this.internalErrors.length < MAX_INTERNAL_ERRORS)
      this.internalErrors.push(String((error as Error)?.stack ?? error));
  };

  /** Links with their facts as of `time` (µs). May be called at any time. */
  snapshot(time: number): { links: Link[]; ignoredConnections: number; unlistedSessions: number } {
    for (const machine of this.#live) machine.refresh(time);
    return {
      links: this.#links.all,
      ignoredConnections: this.connections - this.#sessions,
      unlistedSessions: this.#links.unlisted,
    };
  }

  /** Limits of this layer, and how often each was reached. */
  reachedLimits(): ReachedLimit[] {
    const names: ReachedLimit = { limit: 'command-names', most: MAX_NAMES, times: this.names.unnamed };
    return [...this.limits.reached(this.#links.unlisted), names];
  }

  newMeter(): LagMeter {
    return this.#options.newMeter();
  }

  payloadDetails(): number | null {
    if (++this.#payloads <= MAX_DETAILED_PAYLOADS) return this.#options.biggestKeys ?? 0;
    this.limits.payloadDetails++;
    return null;
  }

  publish(live: LiveSession): Link {
    const { session, connection, client } = live;
    const { listeningPort, announcedAddress } = session.handshake;
    const announced = listeningPort !== null && listeningPort > 0;
    const master = endpoint(connection.address(live.master), connection.port(live.master));
    const address = announcedAddress ?? connection.address(client);
    const port = announced ? listeningPort : connection.port(client);
    const main = session.channel === 'rdb' ? this.#mainOf(live, master) : null;
    const link = main ?? this.#links.find(master, endpoint(address, port), announced);
    if (announced) this.#joinPast(link, session);
    this.#links.enter(link, session);
    this.#sessions++;
    return link;
  }

  /** The link whose main connection waits for this RDB connection: that one alone may announce an address. */
  #mainOf(live: LiveSession, master: string): Link | null {
    for (const other of this.#twoConnections) {
      const { session, connection } = other;
      if (session.link.master !== master) continue;
      if (connection.address(other.client) !== live.connection.address(live.client)) continue;
      if (session.handshake.listeningPort !== live.session.handshake.listeningPort) continue;
      return session.link;
    }
    return null;
  }

  /**
   * A session whose announcement was not captured, while exactly one other of the same two hosts was told that its payload comes on a
   * second connection: it is that one.
   */
  #joinMain(session: Session): void {
    const mains: LiveSession[] = [];
    for (const other of this.#twoConnections) {
      const main = other.session;
      if (main === session || main.link.master !== session.link.master) continue;
      if (
        main.clientAddress !== session.clientAddress ||
        main.link.sessions.some(({ channel }) => channel === 'rdb')
      )
        continue;
      if (main.syncs.at(-1)?.decision === 'DUALCHANNEL') mains.push(other);
    }
    const [main] = mains;
    if (main === undefined || mains.length > 1) return;
    session.channel = 'rdb';
    this.#links.merge(session.link, main.session.link);
  }

  moved(live: LiveSession): void {
    this.#moved.add(live);
  }

  /** Enters how far the streams have come that moved, but for one: cheaper than all of their facts, and than to ask all sessions. */
  #catchUp(except: LiveSession | null): void {
    for (const live of this.#moved) {
      if (live === except) continue;
      this.#moved.delete(live);
      live.hasMoved = false;
      markEnd(live);
      this.#remember(live);
    }
  }

  decided(live: LiveSession, sync: Sync): void {
    const { session } = live;
    if (sync.decision !== 'REFUSED' && session.handshake.listeningPort === null) this.#joinMain(session);
    if (sync.decision !== 'REFUSED') this.#catchUp(null);
    if (sync.decision === 'DUALCHANNEL' && live.session.channel === 'main') this.#twoConnections.add(live);
    this.#options.causeOf(sync, session, this.#links.all);
    if (session.channel === 'rdb') this.#pairWithMain(session, sync);
  }

  /** After a CONTINUE no SELECT is sent: the database is the one that was selected where the replica's stream stopped. */
  streamBegins(live: LiveSession): void {
    const { session, stream } = live;
    const asked = session.syncs.at(-1);
    if (stream === null || asked?.decision !== 'CONTINUE' || asked.offset === null) return;
    this.#catchUp(live);
    const last = this.#standing.get(session.link.replica);
    if (last !== undefined && last.from < asked.offset && asked.offset <= last.to + 1)
      stream.database = last.database;
  }

  encrypted(connection: ConnectionInfo, time: number, packet: number): void {
    this.encryptedConnections++;
    this.emit?.({
      event: 'encrypted',
      time,
      packet,
      master: endpoint(connection.address(1), connection.port(1)),
      client: endpoint(connection.address(0), connection.port(0)),
    });
  }

  opened(live: LiveSession): void {
    this.#live.add(live);
  }

  ordered(order: Order): void {
    this.#options.ordered?.(order);
  }

  dropped(live: LiveSession): void {
    this.#live.delete(live);
    this.#moved.delete(live);
    this.#twoConnections.delete(live);
    this.#remember(live);
  }

  #remember(live: LiveSession): void {
    const { stream, session } = live;
    const { start } = session.offsets;
    if (stream === null || start === null) return;
    const standing = { database: stream.database, from: start + stream.selectedAt, to: start + stream.bytes };
    this.#standing.set(session.link.replica, standing);
    if (this.#standing.size > MAX_LINKS) this.#standing.delete(this.#standing.keys().next().value!);
  }

  /** Two-connection sync: what was granted on the RDB connection is the base and the cause of the main one. */
  #pairWithMain(session: Session, sync: Sync): void {
    let isAlone = true;
    for (const main of this.#twoConnections) {
      if (main.session.link !== session.link) continue;
      const asked = main.session.syncs.findLast((s) => s.decision === 'DUALCHANNEL');
      if (asked === undefined) continue;
      isAlone = false;
      if (sync.grantedReplid === null) {
        // What names the history was not captured.
        sync.cause = asked.cause;
        sync.why = asked.why;
        continue;
      }
      const { grantedReplid, grantedOffset } = sync;
      const whole: Sync = { ...asked, decision: 'FULLRESYNC', grantedReplid, grantedOffset };
      this.#options.causeOf(whole, main.session, this.#links.all);
      asked.cause = whole.cause;
      asked.missedBytes = whole.missedBytes;
      asked.why = whole.why;
      sync.cause = whole.cause;
      sync.why = whole.why;
      if (main.channelId !== null && grantedOffset !== null) main.baseFromOtherChannel(grantedOffset);
    }
    // What its main connection asked for was not captured.
    if (isAlone && sync.cause !== null && sync.decision !== 'REFUSED') sync.cause = 'unknown';
  }

  /**
   * A replica that was met mid-stream has no announced port. When it comes back and asks to go on where that connection stood,
   * the two are one link.
   */
  #joinPast(link: Link, session: Session): void {
    const asked = session.syncs.at(-1)?.offset;
    if (asked === null || asked === undefined || asked < 2) return;
    const address = link.replica.slice(0, link.replica.lastIndexOf(':') + 1);
    const pasts = this.#links.all.filter((past) => {
      const last = past.sessions.at(-1);
      if (past.replicaPortAnnounced || past.master !== link.master || last === undefined) return false;
      if (!past.replica.startsWith(address) || !last.joinedMidstream || last.offsets.lastAck === null)
        return false;
      const end = last.offsets.end ?? last.offsets.lastAck;
      return last.offsets.lastAck < asked && asked <= end + 1;
    });
    if (pasts.length === 1) this.#links.merge(pasts[0]!, link);
  }
}

/** Enters how far a session's stream has come: cheaper than all of its facts. */
function markEnd({ session, stream }: LiveSession): void {
  const { offsets } = session;
  if (stream !== null && offsets.start !== null) offsets.end = offsets.start + stream.bytes;
}
