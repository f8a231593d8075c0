import type { HandshakeStyle } from './host.js';

/** What the servers of a style do towards their masters, where the styles differ. */
export interface Habits {
  /** Encoding of the handshake; ACKs are RESP in all. RESP since 5.0.0. */
  readonly encoding: 'inline' | 'resp';
  /** All between PING and PSYNC is written at once, and the replies read one by one: since 6.2.0. */
  readonly pipelined: boolean;
  /** Knows `REPLCONF ip-address`: since 3.2.2. */
  readonly announcesAddress: boolean;
  /** Sends `AUTH user password`: since 6.0. */
  readonly hasUsers: boolean;
  readonly capabilities: readonly string[];
  /** Sent as `REPLCONF version`: Valkey, since 8.0. */
  readonly version: string | null;
  /** Which full sync by two connections it has. */
  readonly twoConnections: 'rdb-channel' | 'dual-channel' | null;
  /**
   * Replication ids that survive a change of role, with `+CONTINUE <id>`; a node offers its own history to its first master; and
   * -LOADING and -NOMASTERLINK are known to pass: since 4.0. Before, an id is a run id, and another master means a full sync.
   */
  readonly psync2: boolean;
  /** An ACK counts the bytes read (up to 3.2), or those of the commands applied. */
  readonly ackCounts: 'read' | 'applied';
  /** After which payloads the first ACK is sent at once rather than with the next tick: by mark since 6.2, all in Valkey. */
  readonly firstAckAtOnce: 'never' | 'eof-mark' | 'always';
  /** Connects at once after REPLICAOF and after losing a link, not with the next tick of the cron: since 6.2. */
  readonly reconnectsAtOnce: boolean;
  /** What the replica could continue is given up when FULLRESYNC is read (up to 6.2), or when loading begins (since 7.0). */
  readonly forgetsAt: 'fullresync' | 'loading';
}

const REDIS_2_8: Habits = {
  encoding: 'inline',
  pipelined: false,
  announcesAddress: false,
  hasUsers: false,
  capabilities: ['eof'],
  version: null,
  twoConnections: null,
  psync2: false,
  ackCounts: 'read',
  firstAckAtOnce: 'never',
  reconnectsAtOnce: false,
  forgetsAt: 'fullresync',
};
const REDIS_3_2: Habits = { ...REDIS_2_8, announcesAddress: true };
const REDIS_4_0: Habits = {
  ...REDIS_3_2,
  capabilities: ['eof', 'psync2'],
  psync2: true,
  ackCounts: 'applied',
};
const REDIS_5_0: Habits = { ...REDIS_4_0, encoding: 'resp' };
const REDIS_6_2: Habits = {
  ...REDIS_5_0,
  pipelined: true,
  hasUsers: true,
  firstAckAtOnce: 'eof-mark',
  reconnectsAtOnce: true,
};
const REDIS_7_2: Habits = { ...REDIS_6_2, forgetsAt: 'loading' };
const REDIS_8_0: Habits = { ...REDIS_7_2, twoConnections: 'rdb-channel' };
const VALKEY_8_0: Habits = {
  ...REDIS_7_2,
  version: '8.0.1',
  twoConnections: 'dual-channel',
  firstAckAtOnce: 'always',
};
/** Differs by a capability that only a link over TLS has. */
const VALKEY_8_1: Habits = { ...VALKEY_8_0, version: '8.1.7' };

/** By style (replication-wire.md, sections 2, 4, 6 and 11); 2.8 is 2.8.22 and 3.2 is 3.2.2, or later ones. */
export const HABITS: Readonly<Record<HandshakeStyle, Habits>> = {
  'redis-2.8': REDIS_2_8,
  'redis-3.2': REDIS_3_2,
  'redis-4.0': REDIS_4_0,
  'redis-5.0': REDIS_5_0,
  'redis-6.2': REDIS_6_2,
  'redis-7.2': REDIS_7_2,
  'redis-8.0': REDIS_8_0,
  'valkey-8.0': VALKEY_8_0,
  'valkey-8.1': VALKEY_8_1,
};
