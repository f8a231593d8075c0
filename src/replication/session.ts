import type { ConnectionInfo, Direction } from '../tcp/types.js';
import { emptyHandshake } from './handshake.js';
import { noLag } from './lag-meter.js';
import type { Link, Session } from './model.js';

/** Stands for the link of a session that is not entered in one yet. */
const NO_LINK: Link = { id: '', master: '', replica: '', replicaPortAnnounced: false, sessions: [] };

/** A session with nothing known but its connection. */
export function newSession(
  connection: Pick<ConnectionInfo, 'address' | 'port' | 'openedAt' | 'midstream'>,
  client: Direction,
  time: number,
): Session {
  return {
    number: 0,
    link: NO_LINK,
    clientAddress: connection.address(client),
    clientPort: connection.port(client),
    channel: 'main',
    openedAt: connection.openedAt,
    firstSeenAt: connection.openedAt ?? time,
    joinedMidstream: connection.midstream,
    closedAt: null,
    closedBy: null,
    closedHow: null,
    phase: 'connected',
    handshake: emptyHandshake(),
    requestsLost: false,
    syncs: [],
    payload: null,
    stream: {
      bytes: 0,
      commands: 0,
      byCommand: new Map(),
      databases: new Set(),
      pings: 0,
      getAcks: 0,
      keepaliveNewlines: 0,
      resyncs: 0,
      skippedBytes: 0,
      lastAt: null,
      maxSilenceMs: 0,
      maxSilenceAt: null,
      endsInside: false,
    },
    offsets: {
      basis: 'none',
      start: null,
      end: null,
      lastAck: null,
      lastFsyncAck: null,
      received: null,
      inference: null,
    },
    acks: { count: 0, firstAt: null, lastAt: null, maxIntervalMs: null },
    lag: noLag(),
    roundTripUs: null,
    onlineAt: null,
    loss: {
      gaps: 0,
      missingBytes: 0,
      retransmittedBytes: 0,
      outOfOrderSegments: 0,
      conflictingBytes: 0,
      duplicatePackets: 0,
      zeroWindowMs: 0,
    },
  };
}

/** Takes over what the connection knows: how it ended and what was lost, both directions together. */
export function takeConnection(session: Session, connection: ConnectionInfo, client: Direction): void {
  session.closedAt = connection.closedAt;
  session.closedHow = connection.closedHow;
  session.closedBy =
    connection.closedBy === null ? null : connection.closedBy === client ? 'replica' : 'master';
  session.roundTripUs = connection.roundTripUs;
  const up = connection.loss(client);
  const down = connection.loss(client === 0 ? 1 : 0);
  session.loss = {
    gaps: up.gaps + down.gaps,
    missingBytes: up.missingBytes + down.missingBytes,
    retransmittedBytes: up.retransmittedBytes + down.retransmittedBytes,
    outOfOrderSegments: up.outOfOrderSegments + down.outOfOrderSegments,
    conflictingBytes: up.conflictingBytes + down.conflictingBytes,
    duplicatePackets: up.duplicatePackets + down.duplicatePackets,
    // A slow replica closes the window of what the master sends.
    zeroWindowMs: connection.zeroWindowMs(client === 0 ? 1 : 0),
  };
}
