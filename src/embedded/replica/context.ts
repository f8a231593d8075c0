import type { Endpoint } from '../net/network.js';
import type { Gate } from './gate.js';
import type { Habits } from './habits.js';
import type { LinkState, ReplicaHost } from './host.js';
import type { LinkMemory } from './link-memory.js';
import type { ReplicaLog } from './replica-log.js';

/** What the connections of a link share with it. */
export interface LinkContext {
  readonly host: ReplicaHost;
  readonly habits: Habits;
  readonly master: Endpoint;
  readonly log: ReplicaLog;
  readonly gate: Gate;
  readonly memory: LinkMemory;
  setState(state: LinkState): void;
  /** Bytes came from the master. */
  heard(): void;
}

/** Hidden faults that a link is under. */
export interface Faults {
  /** Nothing is read. */
  readonly frozen: boolean;
  /** The stream is read and not applied. */
  readonly stalled: boolean;
}
