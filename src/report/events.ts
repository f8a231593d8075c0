import { isUtf8 } from 'node:buffer';
import type { ReplicationEvent } from '../replication/events.js';
import type { FindingDocument } from './document.js';
import { escapeBytes } from './escape.js';
import { findingWords } from './findings/wording.js';
import { safeJson } from './json.js';
import { iso, lagDocument, ms, payloadDocument, syncDocument } from './session-document.js';
import { isoMicros } from './time.js';

const SCHEMA = '"schema":"psyncscope.event/1"';

type StreamCommand = Extract<ReplicationEvent, { event: 'stream.command' }>;

/**
 * A command's words as strings. Valid UTF-8 stays what it is; other bytes are shown as `\xNN`, and `escaped` then lists
 * the positions (0: the name) of the words this was done to, since such a text could also have been sent literally.
 */
function commandFields(event: StreamCommand): Record<string, unknown> {
  const escaped: number[] = [];
  const words = event.args.map((arg, index) => {
    if (isUtf8(arg)) return Buffer.from(arg.buffer, arg.byteOffset, arg.byteLength).toString('utf8');
    escaped.push(index);
    return escapeBytes(arg);
  });
  const fields: Record<string, unknown> = {
    from: event.from,
    name: (words[0] ?? '').toUpperCase(),
    args: words.slice(1),
    argCount: event.argCount,
    bytes: event.bytes,
    offset: event.offset,
  };
  if (event.lagBytes !== null) fields.lagBytes = event.lagBytes;
  if (escaped.length > 0) fields.escaped = escaped;
  return fields;
}

/** The fields of an event beside those that every event has. */
function fieldsOf(event: ReplicationEvent): Record<string, unknown> {
  switch (event.event) {
    case 'connection.opened':
    case 'connection.joined': {
      const { link, session } = event;
      return {
        master: link.master,
        replica: link.replica,
        clientPort: session.clientPort,
        channel: session.channel,
        openedAt: iso(session.openedAt),
        joinedMidstream: session.joinedMidstream,
      };
    }
    case 'connection.closed': {
      const { closedAt, closedBy, closedHow, phase } = event.session;
      return { closedAt: iso(closedAt), closedBy, closedHow, phase };
    }
    case 'handshake.command':
      return { words: event.words };
    case 'handshake.reply':
      return { reply: event.reply, to: event.to };
    case 'sync.requested':
    case 'sync.decided':
      return { ...syncDocument(event.sync) };
    case 'payload.started':
    case 'payload.finished':
      return { ...payloadDocument(event.payload, event.session) };
    case 'stream.started':
      return {
        start: event.start,
        basis: event.session.offsets.basis,
        onlineAt: iso(event.session.onlineAt),
      };
    case 'stream.command':
      return commandFields(event);
    case 'stream.keepalive':
      return { from: event.from };
    case 'ack':
    case 'getack':
      return {};
    case 'lag.high':
    case 'lag.recovered': {
      const { series: _, ...lag } = lagDocument(event.lag);
      return lag;
    }
    case 'gap':
      return { from: event.from, missingBytes: event.missingBytes };
    case 'resync':
      return { skippedBytes: event.skippedBytes };
    case 'finding': {
      const { severity, code, at, packets, evidence } = event;
      return { severity, code, at: isoMicros(at), ...findingWords(event), packets, evidence };
    }
    case 'encrypted':
      return { master: event.master, client: event.client };
  }
}

/** The fields of an event's line beside those that every line has, as values: for who compares them. */
export function eventFields(event: ReplicationEvent): Record<string, unknown> {
  if (event.event !== 'ack') return fieldsOf(event);
  const { offset, fsyncOffset, lagBytes, lagMs, behindBytes } = event;
  return { offset, fsyncOffset, lagBytes, lagMs: ms(lagMs), behindBytes };
}

/** One NDJSON line (no newline at its end) of `psyncscope.event/1`: safe to show on a terminal. */
export function eventLine(event: ReplicationEvent): string {
  const head = `{${SCHEMA},"time":"${isoMicros(event.time)}","packet":${event.packet}`;
  if (event.event === 'encrypted') return `${head},"event":"encrypted",${safeJson(fieldsOf(event)).slice(1)}`;
  const named = `${head},"link":${safeJson(event.link.id)},"session":${event.session.number},"event":"${event.event}"`;
  if (event.event === 'ack') {
    // By far the most frequent event, and nothing but numbers.
    const { offset, fsyncOffset, lagBytes, lagMs, behindBytes } = event;
    return `${named},"offset":${offset},"fsyncOffset":${fsyncOffset},"lagBytes":${lagBytes},"lagMs":${ms(lagMs)},"behindBytes":${behindBytes}}`;
  }
  const fields = safeJson(fieldsOf(event));
  return fields === '{}' ? `${named}}` : `${named},${fields.slice(1)}`;
}

/** A finding as an event line. Its time is when it came about; `packet` the first packet of its evidence. */
export function findingLine(finding: FindingDocument): string {
  const { at, link, packets, ...rest } = finding;
  const head = { schema: 'psyncscope.event/1', time: at, packet: packets[0] ?? null, link, event: 'finding' };
  return safeJson({ ...head, ...rest, packets });
}
