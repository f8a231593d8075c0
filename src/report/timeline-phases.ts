import { anatomyTexts } from './anatomy/anatomy-text.js';
import { causeText, decisionText, requestText } from './causes.js';
import type { SessionDocument } from './document.js';
import { escapeText } from './escape.js';
import type { Part } from './layout.js';
import type { TextOptions } from './options.js';
import { payloadParts } from './payload-text.js';
import { sparkline } from './sparkline.js';
import { clockText, parseMicros } from './time.js';
import { bytesText, countText, durationText, plural } from './units.js';

/** One line of a session's tree. */
export interface PhaseLine {
  name: string;
  /** Milliseconds it took; null: not known, or not a thing that lasts. */
  ms: number | null;
  details: Part[];
  /** Belongs to the line above it. */
  inner: boolean;
}

/** What the lines of a session need to know beside the session. */
export interface PhaseContext {
  options: TextOptions;
  /** End of the capture, µs; null for an empty one. */
  endAt: number | null;
  withDate: boolean;
  /** Number of the session that carried this one's payload over a second connection. */
  payloadSession: number | null;
}

function line(name: string, ms: number | null, details: Part[], inner = false): PhaseLine {
  return { name, ms, details, inner };
}

/** Milliseconds between two ISO times; null when one is missing, or the capture's times run backwards. */
function msBetween(from: string | null, to: string | null): number | null {
  if (from === null || to === null) return null;
  const ms = (parseMicros(to) - parseMicros(from)) / 1000;
  return ms < 0 ? null : ms;
}

/** Milliseconds from a time to the session's end, which is its close or the end of the capture. */
function msToEnd(session: SessionDocument, from: string | null, context: PhaseContext): number | null {
  if (from === null) return null;
  if (session.closedAt !== null) return msBetween(from, session.closedAt);
  return context.endAt === null ? null : (context.endAt - parseMicros(from)) / 1000;
}

function endWords(session: SessionDocument): string {
  return session.closedAt === null ? 'by the end of the capture' : 'before the connection closed';
}

/** `PING PONG · AUTH accepted · listening-port 6381 · capa eof psync2` */
function handshakeLine(session: SessionDocument, { options }: PhaseContext): PhaseLine | null {
  const { ping, auth, listeningPort, announcedAddress, capabilities, replicaVersion } = session.handshake;
  const { red } = options.chalk;
  const details: Part[] = [];
  if (ping !== null)
    details.push({ text: `PING ${escapeText(ping, 80)}`, paint: ping === 'PONG' ? undefined : red });
  if (auth === 'accepted') details.push({ text: 'AUTH accepted' });
  if (auth === 'rejected') details.push({ text: 'AUTH rejected', paint: red });
  if (listeningPort !== null) details.push({ text: `listening-port ${listeningPort}` });
  if (announcedAddress !== null) details.push({ text: `announced as ${escapeText(announcedAddress, 60)}` });
  if (capabilities.length > 0) {
    details.push({
      text: `capa ${capabilities
        .slice(0, 8)
        .map((name) => escapeText(name, 24))
        .join(' ')}`,
    });
  }
  if (replicaVersion !== null) details.push({ text: `version ${escapeText(replicaVersion, 24)}` });
  const requestedAt = session.syncs[0]?.requestedAt ?? null;
  if (details.length === 0 && (requestedAt !== null || session.phase !== 'handshake')) return null;
  if (requestedAt === null)
    details.push({ text: `no PSYNC ${endWords(session)}`, paint: options.chalk.yellow });
  return line('handshake', msBetween(session.openedAt ?? session.firstSeenAt, requestedAt), details);
}

/** A line for each PSYNC or SYNC: what was asked, what came of it, why. */
function syncLines(session: SessionDocument, context: PhaseContext): PhaseLine[] {
  const { chalk } = context.options;
  let dual = false;
  return session.syncs.map((sync) => {
    const facts = sync as Parameters<typeof causeText>[0];
    const request = requestText(facts);
    const short = request.length <= 10;
    const paint =
      sync.decision === 'CONTINUE' ? chalk.green : sync.decision === 'REFUSED' ? chalk.red : chalk.yellow;
    const details: Part[] = short ? [] : [{ text: request.slice(6) }];
    const decision = sync.decision === null ? `no answer ${endWords(session)}` : decisionText(facts);
    details.push({ text: short ? decision : `→ ${decision}`, paint, before: ' ' });
    // After DUALCHANNEL the replica asks for the stream only: it has lost nothing, and its snapshot comes elsewhere.
    const follows = dual && sync.decision === 'CONTINUE';
    dual ||= sync.decision === 'DUALCHANNEL';
    const cause = follows
      ? 'the stream, while the snapshot comes over the other connection'
      : causeText(facts, session.channel);
    if (cause !== '') details.push({ text: cause, before: '   ' });
    if (sync.decision === 'DUALCHANNEL') {
      const other = context.payloadSession === null ? '' : ` (session ${context.payloadSession})`;
      details.push({ text: `the snapshot comes over a second connection${other}`, before: '   ' });
    }
    const ms =
      sync.decidedAt === null
        ? msToEnd(session, sync.requestedAt, context)
        : msBetween(sync.requestedAt, sync.decidedAt);
    return line(short ? request : 'PSYNC', ms, details);
  });
}

function payloadLines(session: SessionDocument, context: PhaseContext): PhaseLine[] {
  const { payload } = session;
  const { chalk } = context.options;
  const decided = session.syncs.findLast(({ decision }) => decision === 'FULLRESYNC' || decision === 'SYNC');
  if (payload === null) {
    if (decided === undefined) return [];
    const ms = msToEnd(session, decided.decidedAt, context);
    return [
      line('waiting', ms, [{ text: `for the snapshot: none ${endWords(session)}`, paint: chalk.yellow }]),
    ];
  }
  const lines: PhaseLine[] = [];
  if (payload.waitMs !== null && decided?.command !== 'SYNC') {
    lines.push(line('waiting', payload.waitMs, [{ text: 'for the snapshot' }]));
  }
  lines.push(
    line(
      'payload',
      payload.transferMs ?? msToEnd(session, payload.startedAt, context),
      payloadParts(payload, context.options),
    ),
  );
  if (payload.loadMs !== null) {
    lines.push(line('loading', payload.loadMs, [{ text: 'last byte → first ACK' }]));
  } else if (
    payload.complete &&
    session.channel === 'main' &&
    session.acks.count === 0 &&
    decided?.command !== 'SYNC'
  ) {
    const ms = msToEnd(session, payload.finishedAt, context);
    lines.push(line('loading', ms, [{ text: `no ACK ${endWords(session)}`, paint: chalk.yellow }]));
  }
  const anatomy = payload.anatomy === null ? [] : anatomyTexts(payload.anatomy);
  if (anatomy.length > 0)
    lines.push(
      line(
        'bound by',
        null,
        anatomy.map((text) => ({ text })),
        true,
      ),
    );
  return lines;
}

/** From which on the silence behind the last ACK is told: replicas acknowledge once a second. */
const SILENT_MS = 3_000;

/** `66 ACKs, one a second`, or the longest pause between two; then how long none came. */
function ackText(session: SessionDocument, context: PhaseContext): string {
  const { acks } = session;
  const count = plural(acks.count, 'ACK');
  const silentMs = msToEnd(session, acks.lastAt, context);
  const then = silentMs === null || silentMs < SILENT_MS ? '' : `, then none for ${durationText(silentMs)}`;
  const span = msBetween(acks.firstAt, acks.lastAt);
  if (acks.count < 2 || acks.maxIntervalMs === null || span === null) return `${count}${then}`;
  const mean = span / (acks.count - 1);
  if (mean > 800 && mean < 1200 && acks.maxIntervalMs < 1500) return `${count}, one a second${then}`;
  return `${count}, longest pause ${durationText(acks.maxIntervalMs)}${then}`;
}

/** `412 commands (SET 300, INCR 100, PING 7, …)` */
function commandsText({ stream }: SessionDocument): string {
  const count = plural(stream.commands, 'command');
  const names = Object.entries(stream.byCommand).sort((a, b) => b[1] - a[1]);
  const top = names.slice(0, 3).map(([name, times]) => `${escapeText(name, 24)} ${countText(times)}`);
  return top.length === 0 ? count : `${count} (${top.join(', ')}${names.length > 3 ? ', …' : ''})`;
}

/** What an inferred offset is worth. */
function inferenceText(inference: SessionDocument['offsets']['inference']): string {
  if (inference === null) return '';
  const { acks, settledAfter, certainty } = inference;
  if (acks === 0) return ' (inferred from what was asked for)';
  const worth = certainty === 'exact' ? `exact since ACK ${countText(settledAfter)}` : 'at least';
  return ` (inferred from ${plural(acks, 'ACK')}: ${worth})`;
}

function onlineLine(session: SessionDocument, context: PhaseContext): PhaseLine | null {
  if (session.phase !== 'online' || session.channel === 'rdb') return null;
  // A dump client has what it wanted: no commands are no news.
  if (session.stream.bytes === 0 && session.syncs.at(-1)?.cause === 'rdb-only') return null;
  const { offsets } = session;
  const details: Part[] = [];
  if (offsets.end !== null) {
    const start = offsets.start === null ? '?' : countText(offsets.start);
    details.push({ text: `offset ${start} → ${countText(offsets.end)}${inferenceText(offsets.inference)}` });
  } else if (session.stream.bytes > 0) {
    details.push({ text: `${bytesText(session.stream.bytes)} of commands, offset not known` });
  }
  details.push({ text: commandsText(session) }, { text: ackText(session, context) });
  const ms = msToEnd(session, session.onlineAt ?? session.firstSeenAt, context);
  return { ...line('online', ms, details), name: 'online' };
}

function lagLines(session: SessionDocument, context: PhaseContext): PhaseLine[] {
  const { lag, behind, drift } = session;
  const { options } = context;
  const { yellow, red, cyan } = options.chalk;
  const details: Part[] = [];
  if (lag.maxBytes !== null) {
    if (lag.series !== null && lag.maxBytes > 0) {
      details.push({ text: sparkline(lag.series.maxBytes, options.width >= 110 ? 40 : 20), paint: cyan });
    }
    const clock = { zone: options.zone, decimals: 3, withDate: context.withDate } as const;
    const at =
      lag.maxBytesAt === null || lag.maxBytes === 0
        ? ''
        : ` at ${clockText(parseMicros(lag.maxBytesAt), clock)}`;
    details.push({ text: `max ${bytesText(lag.maxBytes)}${at}`, before: '   ' });
    if (lag.caughtUpMs !== null)
      details.push({ text: `caught up after ${durationText(lag.caughtUpMs)}`, before: ', ' });
    else if (lag.lastBytes !== null && lag.lastBytes > 0 && session.closedAt === null) {
      details.push({
        text: `${bytesText(lag.lastBytes)} not acknowledged at the end`,
        paint: yellow,
        before: ', ',
      });
    }
    if (lag.p50Ms !== null && lag.p99Ms !== null && lag.maxBytes > 0) {
      details.push({ text: `byte to ACK p50 ${durationText(lag.p50Ms)}, p99 ${durationText(lag.p99Ms)}` });
    }
  }
  const lines = details.length === 0 ? [] : [line('lag', null, details, true)];
  if (behind.maxBytes !== null && behind.maxBytes > 0) {
    const age = behind.maxMs === null ? '' : `, ${durationText(behind.maxMs)}`;
    const text = `${bytesText(behind.maxBytes)}${age} not applied when the replica spoke, at worst`;
    lines.push(line('behind', null, [{ text, paint: yellow }], true));
  }
  if (drift !== null && drift !== 0) {
    const text = `the replica acknowledges ${countText(Math.abs(drift))} bytes ${drift > 0 ? 'more' : 'fewer'} than were sent`;
    lines.push(line('drift', null, [{ text, paint: red }], true));
  }
  return lines;
}

function lossLine({ loss }: SessionDocument, { options }: PhaseContext): PhaseLine | null {
  const { yellow, red } = options.chalk;
  const details: Part[] = [];
  if (loss.gaps > 0) {
    details.push({
      text: `${plural(loss.gaps, 'gap')} in the capture (${bytesText(loss.missingBytes)})`,
      paint: yellow,
    });
  }
  if (loss.resyncs > 0)
    details.push({
      text: `place in the commands found again ${countText(loss.resyncs)}×, ${bytesText(loss.skippedBytes)} passed over`,
      paint: yellow,
    });
  if (loss.retransmittedBytes > 0)
    details.push({ text: `${bytesText(loss.retransmittedBytes)} sent again on the wire` });
  if (loss.outOfOrderSegments > 0)
    details.push({ text: `${plural(loss.outOfOrderSegments, 'segment')} out of order` });
  if (loss.zeroWindowMs > 0)
    details.push({ text: `window closed for ${durationText(loss.zeroWindowMs)}`, paint: yellow });
  if (loss.duplicatePackets > 0)
    details.push({ text: `${plural(loss.duplicatePackets, 'packet')} captured twice` });
  if (loss.conflictingBytes > 0) {
    details.push({ text: `${bytesText(loss.conflictingBytes)} sent again with other content`, paint: red });
  }
  return details.length === 0 ? null : line('loss', null, details, true);
}

function closeLine(session: SessionDocument, { options }: PhaseContext): PhaseLine {
  const { lastBytes } = session.lag;
  const { yellow } = options.chalk;
  if (session.closedAt === null) return line('open', null, [{ text: 'at the end of the capture' }]);
  const who = session.closedBy === null ? 'not known by whom' : `by the ${session.closedBy}`;
  const reset = session.closedHow === 'rst';
  const details: Part[] = [
    {
      text: reset ? `${who}, reset (RST)` : session.closedHow === null ? who : `${who} (FIN)`,
      paint: reset ? yellow : undefined,
    },
  ];
  if (lastBytes !== null && lastBytes > 0) {
    details.push({ text: `${bytesText(lastBytes)} sent and not acknowledged`, paint: yellow });
  }
  return line('closed', null, details);
}

/** The lines of a session from its handshake to its end. */
export function phaseLines(session: SessionDocument, context: PhaseContext): PhaseLine[] {
  const joined = session.joinedMidstream
    ? line('joined', null, [{ text: 'mid-stream: its beginning is not in the capture' }])
    : null;
  return [
    joined,
    handshakeLine(session, context),
    ...syncLines(session, context),
    ...payloadLines(session, context),
    onlineLine(session, context),
    ...lagLines(session, context),
    lossLine(session, context),
    closeLine(session, context),
  ].filter((each) => each !== null);
}
