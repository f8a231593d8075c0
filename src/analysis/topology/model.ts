import type { Phase, Sync } from '../../replication/model.js';
import type { Order } from '../../replication/orders.js';
import type { SiblingPair } from '../divergence/siblings.js';
import type { Succession } from './histories.js';

/** A server: seen as a master, a replica, or both. */
export interface TopologyNode {
  name: string;
  /** Other endpoints by which it was seen. */
  aliases: string[];
  /** An endpoint was joined by its address alone: its port was not announced. */
  assumed: boolean;
  /** It asked for a sync without announcing a port, as no server does. */
  tool: boolean;
  /** Version of the server that wrote its payloads; null: none seen. */
  server: string | null;
  /** Who it replicates from at the end; null: from nobody, it is a master. */
  master: string | null;
  /** Id of the history that it holds, and how far; null: not known. */
  replid: string | null;
  offset: number | null;
  roles: { at: number; role: 'master' | 'replica' }[];
}

/** A node replicating from another, over as many connections as it took. Times in µs. */
export interface Attachment {
  replica: string;
  master: string;
  links: string[];
  from: number;
  /** null: still so at the end. */
  until: number | null;
  sessions: number;
  state: Phase | 'down' | 'refused';
  /** Its first connection was there before the capture. */
  joined: boolean;
  /** The first request that it was granted; null: none was. Of a two-connection sync with what the second connection was granted. */
  sync: Sync | null;
  /** The last one that was refused, where none was granted. */
  refused: Sync | null;
  closedBy: 'master' | 'replica' | null;
  replid: string | null;
  offset: number | null;
  lagBytes: number | null;
}

export interface HistoryFacts {
  replid: string;
  masters: string[];
  firstSeenAt: number;
  highestOffset: number | null;
  from: Succession | null;
}

/** `order`: what a client told the node, where that was captured. */
export type Change = {
  at: number;
  node: string;
} /** It replicated from there before the capture began. */ & (
  | { kind: 'present'; master: string }
  | { kind: 'attached'; master: string; sync: Sync | null; wasMaster: boolean; order: Order | null }
  /** It asked, and was granted nothing; null: not even refused. */
  | { kind: 'refused'; master: string; sync: Sync | null; order: Order | null }
  | { kind: 'moved'; master: string; before: string; sync: Sync | null; order: Order | null }
  | { kind: 'left'; master: string; by: 'master' | 'replica' | null }
  /** `notBefore`: `at` is when it showed, and this the time after which it was; succession null: nobody has asked it yet. */
  | { kind: 'promoted'; notBefore: number | null; succession: Succession | null; order: Order | null }
  | { kind: 'new-history'; replid: string; before: string; sync: Sync }
);

export interface Topology {
  /** Packet time of what it is as of, µs; null for an empty capture. */
  at: number | null;
  nodes: TopologyNode[];
  attachments: Attachment[];
  histories: HistoryFacts[];
  changes: Change[];
  /** Links of one history, compared byte by byte. */
  siblings: readonly SiblingPair[];
}
