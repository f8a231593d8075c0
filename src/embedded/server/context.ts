import type { Dataset } from '../data/dataset.js';
import type { Command } from '../data/reply.js';
import type { Master } from '../master/master.js';
import type { Clock } from '../net/clock.js';
import type { Endpoint } from '../net/network.js';
import type { Client, Outcome } from './client.js';
import type { Failover } from './failover.js';
import type { NodeSettings } from './settings.js';
import type { ServerTraits } from './style.js';
import type { Upstream } from './upstream.js';
import type { Waits } from './waits.js';

/** What commands see of the server they run in. */
export interface ServerContext {
  readonly clock: Clock;
  readonly settings: NodeSettings;
  readonly traits: ServerTraits;
  readonly endpoint: Endpoint;
  /** 40 hex digits, of this process. */
  readonly runId: string;
  /** µs */
  readonly startedAt: number;
  readonly loading: boolean;
  readonly dataset: Dataset;
  readonly master: Master;
  readonly waits: Waits;
  readonly failover: Failover;
  /** The link to the master; null: it is nobody's replica. */
  readonly upstream: Upstream | null;
  readonly clients: ReadonlyMap<number, Client>;
  /** Commands executed so far. */
  readonly commandsProcessed: number;
  /** Changes the role; null: nobody's replica. */
  replicaOf(master: Endpoint | null): void;
  /** The process ends, after what runs now. */
  shutdown(): void;
}

/** A command as its handler gets it. */
export interface ServerCall {
  readonly server: ServerContext;
  readonly client: Client;
  /** The words behind the name, as Latin-1 text. */
  readonly args: readonly string[];
  readonly command: Command;
  /** It is one of a transaction that is being executed: it must not block. */
  readonly inExec: boolean;
}

/** How a command of the server itself is to be treated; data commands are the data set's. */
export interface ServerCommand {
  /** Words, name included; negative: at least so many. */
  readonly arity: number;
  /** Runs before AUTH. */
  readonly noAuth?: true;
  /** Runs while the data set is being loaded. */
  readonly loading?: true;
  /** MULTI: it runs at once (now), is refused, or, as most, is queued. */
  readonly inMulti?: 'now' | 'refused';
  run(call: ServerCall): Outcome;
}
