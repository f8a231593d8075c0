import type { Command } from '../data/reply.js';
import type { Clock } from '../net/clock.js';
import type { Network } from '../net/network.js';

/**
 * Whose handshake a replica speaks (replication-wire.md, section 2): inline or RESP, in lock-step or pipelined, and which
 * capabilities it offers.
 */
export type HandshakeStyle =
  | 'redis-2.8'
  | 'redis-3.2'
  | 'redis-4.0'
  | 'redis-5.0'
  | 'redis-6.2'
  | 'redis-7.2'
  | 'redis-8.0'
  | 'valkey-8.0'
  | 'valkey-8.1';

/** A point in a replication history: the id, and the offset of the last byte that is held. */
export interface HistoryPoint {
  readonly replid: string;
  readonly offset: number;
}

export interface ReplicaSettings {
  readonly style: HandshakeStyle;
  /** Announced by REPLCONF listening-port. */
  readonly listeningPort: number;
  /** Announced by REPLCONF ip-address; null: not announced. */
  readonly announceAddress: string | null;
  readonly masterUser: string | null;
  readonly masterAuth: string | null;
  /** Valkey's dual channel (`capa dual-channel`) or Redis 8's RDB channel (`capa rdb-channel-repl`), where the style has it. */
  readonly twoConnections: boolean;
  /** µs between ACKs; 1 s in every server. */
  readonly ackPeriod: number;
  /** µs without a byte after which the link is given up; 60 s unless set (repl-timeout). */
  readonly timeout: number;
  /** µs from the last byte of a payload to the data set being loaded. */
  readonly loadTime: number;
}

/** What a replica link needs of the node it belongs to. */
export interface ReplicaHost {
  readonly clock: Clock;
  readonly network: Network;
  /** The address the node connects from. */
  readonly address: string;
  readonly settings: ReplicaSettings;
  /** The history the node can continue, or null when it holds none (`PSYNC ? -1`). */
  resumable(): HistoryPoint | null;
  /** The offset applied so far: what an ACK says. */
  readonly offset: number;
  /** The handshake asks for a failover (PSYNC … FAILOVER); null otherwise. */
  readonly failover: boolean;
  /**
   * A whole payload has come (its bytes without the EOF mark) and loading it is over: the host replaces its data set and takes over
   * the history, which goes on behind point.offset.
   * @returns null, or why the payload cannot be loaded: the link then closes and tries anew.
   */
  load(payload: readonly Uint8Array[], point: HistoryPoint): string | null;
  /** +CONTINUE came, with a new id or none: the history goes on as it is. */
  continued(replid: string | null): void;
  /**
   * A command of the stream, in order; raw is it as it came, and counts into the offset. Commands of a transaction come all together,
   * MULTI to EXEC, once the transaction is whole.
   */
  apply(command: Command, raw: Uint8Array): void;
  /** The link's state changed, for INFO and for those who wait. */
  linkChanged(state: LinkState): void;
}

/** As INFO replication words it, more or less. */
export type LinkState = 'down' | 'connecting' | 'handshake' | 'waiting' | 'transfer' | 'loading' | 'online';
