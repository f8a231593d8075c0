import type { CommandNames } from '../resp/command-names.js';
import type { ConnectionInfo, Direction } from '../tcp/types.js';
import type { ReplicationEvent, StreamNotice } from './events.js';
import type { LagMeter } from './lag-meter.js';
import type { LimitCounts } from './limit-counts.js';
import type { Link, Session, Sync } from './model.js';
import type { TrafficObserver } from './observer.js';
import type { HistoryFollower } from './sibling-bytes.js';

/** How far a command stream has come. Bytes count from its first one. */
export interface StreamState {
  readonly bytes: number;
  /** The database that the next command works on (null: not known), and the byte behind the command that selected it. */
  database: number | null;
  readonly selectedAt: number;
}

/** A session that goes on, as the tracker of all of them sees it. */
export interface LiveSession {
  readonly session: Session;
  readonly connection: ConnectionInfo;
  /** The side that is the replica, and the other one. */
  readonly client: Direction;
  readonly master: Direction;
  /** Packet time of its last byte, µs. */
  readonly lastTime: number;
  /** Name that a second connection of the same sync has for this one (Redis 8 RDB channel), or null. */
  readonly channelId: string | null;
  /** Its stream, once it has begun. */
  readonly stream: StreamState | null;
  /** Bytes or ACKs have come since it was last set to false. */
  hasMoved: boolean;
  /** Brings `session` up to date. */
  refresh(until: number): void;
  /** The start offset of a main connection's stream, as another connection was told. */
  baseFromOtherChannel(start: number): void;
}

/** What the parts of the replication layer share. */
export interface Context {
  readonly limits: LimitCounts;
  readonly names: CommandNames;
  /** null when nobody listens: then no event object is made. */
  readonly emit: ((event: ReplicationEvent) => void) | null;
  /** Emit `stream.command` for every command. */
  readonly wantCommands: boolean;
  readonly observer: TrafficObserver | null;
  /** Compares the streams of one history; null: nobody does. */
  readonly follower: HistoryFollower | null;
  newMeter(): LagMeter;
  /** How many of the biggest keys of the next payload are wanted; null: neither these nor its auxiliary fields. */
  payloadDetails(): number | null;
  /** Is told what is notable of the commands; null when nobody listens. */
  readonly notice: ((notice: StreamNotice) => void) | null;
  /** Finds or makes the link of a session whose endpoints are known, and enters the session there. */
  publish(live: LiveSession): Link;
  /** Called when the stream of a session begins: whoever knows more of it may tell. */
  streamBegins(live: LiveSession): void;
  /** Called once per sync with its answer, before the event: finds its cause. */
  decided(live: LiveSession, sync: Sync): void;
  /** Bytes or ACKs have come in a session whose `hasMoved` was false. */
  moved(live: LiveSession): void;
}
