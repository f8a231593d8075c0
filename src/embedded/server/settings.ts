import { MILLISECOND, SECOND } from '../net/clock.js';
import type { Endpoint } from '../net/network.js';
import type { ServerStyle } from './style.js';

/** When a replica's connection is given up because it does not take what it is sent (client-output-buffer-limit replica). */
export interface OutputLimit {
  /** Bytes; 0: no limit. */
  hard: number;
  /** Bytes that may not be exceeded for softTime; 0: no limit. */
  soft: number;
  /** µs */
  softTime: number;
}

export interface User {
  readonly name: string;
  readonly password: string;
  /** Commands it may not run, in lower case: they answer -NOPERM. */
  readonly denied: readonly string[];
}

/**
 * A node's configuration. Times in µs, sizes in bytes. Much of it may be changed while the node runs, as CONFIG SET does.
 */
export interface NodeSettings {
  /** Where it listens; port 0 until it does: a free one. */
  endpoint: Endpoint;
  readonly style: ServerStyle;
  readonly databases: number;
  /** Password of the default user (requirepass); null: none is needed. */
  password: string | null;
  /** Further users. */
  readonly users: readonly User[];
  masterUser: string | null;
  masterAuth: string | null;
  announceAddress: string | null;
  /** 0: the port it listens on. */
  announcePort: number;
  backlogSize: number;
  /** Without a replica for so long the backlog goes, and with it the replication id; 0: never. */
  backlogTtl: number;
  pingPeriod: number;
  timeout: number;
  /** Payload straight to the sockets ($EOF:) instead of by a file ($<length>). */
  disklessSync: boolean;
  /** How long a diskless payload waits for more replicas to share it. */
  disklessDelay: number;
  outputLimit: OutputLimit;
  checksum: boolean;
  compression: boolean;
  /** Valkey's dual channel, Redis 8's RDB channel. */
  twoConnections: boolean;
  /** From a fork to its snapshot being written. */
  snapshotTime: number;
  /** Bytes a second at which a payload is written to one replica. */
  payloadRate: number;
  /** From the last byte of a payload to its data being loaded. */
  loadTime: number;
  /** After start: how long it answers -LOADING. */
  startLoadTime: number;
  ackPeriod: number;
}

/** The user of connections that have not logged in, or with a password alone. */
export const DEFAULT_USER = 'default';

/** redis.conf of 7.0 where the server has the option. */
export const DEFAULT_BACKLOG_SIZE = 1_048_576;
export const DEFAULT_BACKLOG_TTL = 3600 * SECOND;
export const DEFAULT_PING_PERIOD = 10 * SECOND;
export const DEFAULT_TIMEOUT = 60 * SECOND;
export const DEFAULT_DISKLESS_DELAY = 5 * SECOND;
export const DEFAULT_OUTPUT_LIMIT: OutputLimit = { hard: 256 << 20, soft: 64 << 20, softTime: 60 * SECOND };
const DEFAULT_DATABASES = 16;
const DEFAULT_ACK_PERIOD = SECOND;
/** A small server's fork and save. */
const DEFAULT_SNAPSHOT_TIME = 60 * MILLISECOND;
const DEFAULT_LOAD_TIME = 20 * MILLISECOND;

export function settingsFrom(given: Partial<NodeSettings> & Pick<NodeSettings, 'endpoint'>): NodeSettings {
  return {
    style: 'redis-7.0',
    databases: DEFAULT_DATABASES,
    password: null,
    users: [],
    masterUser: null,
    masterAuth: null,
    announceAddress: null,
    announcePort: 0,
    backlogSize: DEFAULT_BACKLOG_SIZE,
    backlogTtl: DEFAULT_BACKLOG_TTL,
    pingPeriod: DEFAULT_PING_PERIOD,
    timeout: DEFAULT_TIMEOUT,
    disklessSync: true,
    disklessDelay: DEFAULT_DISKLESS_DELAY,
    checksum: true,
    compression: true,
    twoConnections: false,
    snapshotTime: DEFAULT_SNAPSHOT_TIME,
    payloadRate: Number.POSITIVE_INFINITY,
    loadTime: DEFAULT_LOAD_TIME,
    startLoadTime: 0,
    ackPeriod: DEFAULT_ACK_PERIOD,
    ...given,
    outputLimit: { ...(given.outputLimit ?? DEFAULT_OUTPUT_LIMIT) },
  };
}
