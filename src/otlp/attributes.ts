import { anatomyOf } from '../analysis/anatomy/anatomy.js';
import type { Payload, Session, Sync } from '../replication/model.js';
import { causeText } from '../report/causes.js';
import { escapeText } from '../report/escape.js';
import { serverText } from '../report/link-facts.js';
import { type Attributes, known } from './span.js';

/**
 * What spans say of a session. Names of OpenTelemetry's semantic conventions where they have one, `psyncscope.…` otherwise:
 * docs/opentelemetry.md lists them. Texts of the wire are escaped as everywhere; there is no key and no value among them.
 */

/** Of every span: which link it is about. */
export function linkAttributes({ link }: Session): Attributes {
  return { 'psyncscope.link': escapeText(link.id) };
}

/** Of the root of a trace: who talks to whom. */
export function sessionAttributes(session: Session): Attributes {
  const { link, clientAddress, clientPort, handshake } = session;
  const [address, port] = hostAndPort(link.master);
  return known({
    'db.system.name': systemName(session),
    'server.address': address,
    'server.port': port,
    'client.address': clientAddress,
    'client.port': clientPort,
    'network.transport': 'tcp',
    'network.type': clientAddress.includes(':') ? 'ipv6' : 'ipv4',
    'psyncscope.master': escapeText(link.master),
    'psyncscope.replica': escapeText(link.replica),
    'psyncscope.session.number': session.number,
    'psyncscope.session.channel': session.channel,
    'psyncscope.session.joined_midstream': session.joinedMidstream,
    'psyncscope.session.closed_by': session.closedBy,
    'psyncscope.session.closed_how': session.closedHow,
    'psyncscope.replica.version': text(handshake.replicaVersion),
    'psyncscope.capture.gaps': session.loss.gaps,
    'psyncscope.capture.missing_bytes': session.loss.missingBytes,
  });
}

/** What only Valkey says tells it apart, or the payload does; what speaks the protocol is called redis otherwise. */
function systemName({ payload, syncs, handshake }: Session): 'redis' | 'valkey' {
  const isTold =
    syncs.some(({ decision }) => decision === 'DUALCHANNEL') || handshake.replicaVersion !== null;
  return isTold || serverText(payload?.rdb ?? null)?.startsWith('Valkey') === true ? 'valkey' : 'redis';
}

function hostAndPort(endpoint: string): [string, number] {
  const colon = endpoint.lastIndexOf(':');
  return [endpoint.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), Number(endpoint.slice(colon + 1))];
}

function text(words: string | null): string | null {
  return words === null ? null : escapeText(words);
}

const KINDS = {
  FULLRESYNC: 'full',
  SYNC: 'full',
  DUALCHANNEL: 'full',
  CONTINUE: 'partial',
  REFUSED: 'refused',
} as const;

/** Of the root: what was asked, what was decided, and why. */
export function syncAttributes(session: Session, sync: Sync): Attributes {
  const { command, decision, why } = sync;
  const anatomy = anatomyOf(session);
  return known({
    'db.operation.name': command,
    'psyncscope.sync.kind': decision === null ? 'unanswered' : KINDS[decision],
    'psyncscope.sync.decision': decision,
    'psyncscope.sync.cause': sync.cause,
    'psyncscope.sync.why.code': why?.code,
    'psyncscope.sync.why.or_else': why === null || why.orElse.length === 0 ? null : [...why.orElse],
    'psyncscope.sync.why.text': decision === null ? null : causeText(sync, session.channel),
    'psyncscope.sync.failover': sync.failover,
    'psyncscope.sync.bound_by': anatomy?.boundBy,
    'psyncscope.sync.bound_reason': anatomy?.reason,
  });
}

export function handshakeAttributes({ handshake }: Session): Attributes {
  return known({
    'psyncscope.handshake.ping': text(handshake.ping),
    'psyncscope.handshake.auth': handshake.auth,
    'psyncscope.handshake.listening_port': handshake.listeningPort,
    'psyncscope.handshake.announced_address': text(handshake.announcedAddress),
    'psyncscope.handshake.capabilities': handshake.capabilities.map((word) => escapeText(word)),
    'psyncscope.handshake.rdb_only': handshake.rdbOnly,
  });
}

export function decisionAttributes(sync: Sync): Attributes {
  return known({
    'psyncscope.sync.decision': sync.decision,
    'psyncscope.sync.asked_replid': text(sync.replid),
    'psyncscope.sync.asked_offset': sync.offset,
    'psyncscope.sync.granted_replid': text(sync.grantedReplid),
    'psyncscope.sync.granted_offset': sync.grantedOffset,
    'psyncscope.sync.missed_bytes': sync.missedBytes,
    'psyncscope.sync.error': text(sync.error),
    'psyncscope.sync.request_packet': sync.requestPacket,
    'psyncscope.sync.decision_packet': sync.decisionPacket,
  });
}

export function payloadAttributes({ rdb, ...payload }: Payload): Attributes {
  return known({
    'psyncscope.payload.form': payload.form,
    'psyncscope.payload.bytes': payload.bytes,
    'psyncscope.payload.declared_bytes': payload.declaredBytes,
    'psyncscope.payload.missing_bytes': payload.missingBytes,
    'psyncscope.payload.complete': payload.complete,
    'psyncscope.payload.sha256': payload.sha256,
    'psyncscope.payload.retransmitted_bytes': payload.transfer?.retransmittedBytes,
    'psyncscope.rdb.version': rdb?.version,
    'psyncscope.rdb.server': text(rdb?.server ?? null),
    'psyncscope.rdb.keys': rdb?.keys,
    'psyncscope.rdb.expires': rdb?.expires,
    'psyncscope.rdb.functions': rdb?.functions,
    'psyncscope.rdb.checksum': rdb?.checksum,
  });
}

export function onlineAttributes({ offsets, stream, acks, lag, loss }: Session): Attributes {
  return known({
    'psyncscope.offset.basis': offsets.basis,
    'psyncscope.offset.start': offsets.start,
    'psyncscope.offset.end': offsets.end,
    'psyncscope.offset.last_ack': offsets.lastAck,
    'psyncscope.stream.bytes': stream.bytes,
    'psyncscope.stream.commands': stream.commands,
    'psyncscope.acks': acks.count,
    'psyncscope.lag.max_bytes': lag.maxBytes,
    'psyncscope.lag.max_ms': lag.maxMs,
    'psyncscope.behind.max_bytes': lag.behindMaxBytes,
    'psyncscope.behind.max_ms': lag.behindMaxMs,
    'psyncscope.drift_bytes': lag.drift,
    'psyncscope.retransmitted_bytes': loss.retransmittedBytes,
  });
}
