import type { HandshakeStyle } from '../replica/host.js';

/** Whose behaviour a node shows as a master. A 7.0 server's handshake is that of 7.2, which is why only masters know the name. */
export type ServerStyle = HandshakeStyle | 'redis-7.0';

/** What differs between versions in the master's part (replication-wire.md; section numbers are its). */
export interface ServerTraits {
  readonly family: 'redis' | 'valkey';
  /** What INFO and the payload's AUX fields say; a style's last release that was looked at. */
  readonly version: string;
  /** The RDB version it writes, as near as the encoder comes: it writes 9 to 11. */
  readonly rdbVersion: 9 | 10 | 11;
  /** Since 4.0 a replication id and a second one; before, the run id alone (section 4). */
  readonly replicationIds: boolean;
  /** Since 6.2 `ping`, before `PING` (5.1). */
  readonly lowercasePing: boolean;
  /** From Redis 8.0 on only a period without any stream byte ends in a PING (section 10). */
  readonly pingsOnlyWhenIdle: boolean;
  /** Since 7.2 the SELECT goes inside MULTI, before it went in front (5.2). */
  readonly selectInsideMulti: boolean;
  /** Until 6.2 EXEC of a single write is a transaction in the stream too. */
  readonly wrapsSingleWrite: boolean;
  /** FAILOVER and PSYNC … FAILOVER: since 6.2. */
  readonly failover: boolean;
  /** Since 7.0 a master that starts from a snapshot takes the id in it as its second one (4.2). */
  readonly restoresAsMaster: boolean;
  /** Since 7.0 a replica that gets another master keeps its own replicas until the history turns out to be another one (7.1). */
  readonly keepsSubReplicas: boolean;
  /** Since 7.0 a replica's output buffer may always grow to the size of the backlog. */
  readonly bufferHoldsBacklog: boolean;
  /** The connection of its own for the payload (section 8). */
  readonly secondChannel: 'dual-channel' | 'rdb-channel' | null;
}

const RELEASES: Record<ServerStyle, readonly [version: string, rdbVersion: 9 | 10 | 11]> = {
  'redis-2.8': ['2.8.24', 9],
  'redis-3.2': ['3.2.13', 9],
  'redis-4.0': ['4.0.14', 9],
  'redis-5.0': ['5.0.14', 9],
  'redis-6.2': ['6.2.14', 9],
  'redis-7.0': ['7.0.15', 10],
  'redis-7.2': ['7.2.6', 11],
  'redis-8.0': ['8.0.3', 11],
  'valkey-8.0': ['8.0.1', 11],
  'valkey-8.1': ['8.1.7', 11],
};

export function traitsOf(style: ServerStyle): ServerTraits {
  const [version, rdbVersion] = RELEASES[style];
  const valkey = style.startsWith('valkey');
  const release = Number.parseFloat(version);
  return {
    family: valkey ? 'valkey' : 'redis',
    version,
    rdbVersion,
    replicationIds: release >= 4,
    lowercasePing: release >= 6.2,
    pingsOnlyWhenIdle: !valkey && release >= 8,
    selectInsideMulti: release >= 7.2,
    wrapsSingleWrite: release < 7,
    failover: release >= 6.2,
    restoresAsMaster: release >= 7,
    keepsSubReplicas: release >= 7,
    bufferHoldsBacklog: release >= 7,
    secondChannel: release < 8 ? null : valkey ? 'dual-channel' : 'rdb-channel',
  };
}

/** The handshake a node of this style speaks as a replica. */
export function handshakeOf(style: ServerStyle): HandshakeStyle {
  return style === 'redis-7.0' ? 'redis-7.2' : style;
}
