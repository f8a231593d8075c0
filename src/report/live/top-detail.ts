import { causeText, decisionText, requestText } from '../causes.js';
import type { LinkDocument, PayloadDocument, SessionDocument } from '../document.js';
import { escapeText } from '../escape.js';
import { flow, type Part, renderLine } from '../layout.js';
import { bytesOrUnknown, durationOrUnknown, endpointText, serverText } from '../link-facts.js';
import type { TextOptions } from '../options.js';
import { payloadParts } from '../payload-text.js';
import { clockText, parseMicros } from '../time.js';
import { bytesText, countText, durationText, plural } from '../units.js';
import type { LiveLink } from './model.js';
import type { LinkRate } from './rates.js';
import { isBad } from './troubles.js';

/** All about one link, below the table or on a screen of its own. Lines in Unicode; the caller translates. */

const LABEL = 10;

/** Commands named of a stream. */
const TOP_COMMANDS = 5;

/** Lines that what one label tells may take. */
const MOST_LINES = 3;

/** Findings told. */
const MOST_FINDINGS = 3;

interface Fact {
  label: string;
  parts: Part[];
}

/** The lines of a link's facts; as many as it takes. */
export function detailLines(link: LiveLink, options: TextOptions): string[] {
  const { link: document, session } = link.state;
  const facts: Fact[] = [...troubleFacts(link, options)];
  if (session !== null) {
    facts.push(syncFact(link, session), payloadFact(link, options));
    // Before the first payload is through there is no stream to tell of.
    if (session.onlineAt !== null || session.offsets.end !== null)
      facts.push(
        lagFact(link, session),
        ackFact(link, session),
        offsetFact(link, session),
        streamFact(link, session),
      );
    facts.push(lossFact(document), sessionFact(document, session, options));
  }
  facts.push(...findingFacts(link, options));
  return [titleLine(link, options), ...facts.flatMap((fact) => factLines(fact, options))];
}

/** The latest sessions, one a line, the latest first. */
export function sessionLines(link: LiveLink, most: number, options: TextOptions): string[] {
  const { sessions, earlier } = link.state.link;
  const lines: string[] = [];
  for (let i = sessions.length - 1; i >= 0 && lines.length < most; i--) {
    const session = sessions[i]!;
    const parts: Part[] = [
      { text: `#${(earlier?.count ?? 0) + i + 1}`.padEnd(LABEL), paint: options.chalk.dim },
      { text: clock(session.openedAt ?? session.firstSeenAt, options) },
      { text: `  port ${String(session.clientPort).padEnd(5)}  ${session.phase.padEnd(9)}  ` },
      { text: endText(session, options) },
    ];
    const sync = session.syncs.findLast((each) => each.decision !== null);
    if (sync !== undefined)
      parts.push({ text: `  ${decisionText(sync)}  ${causeText(sync, session.channel)}` });
    lines.push(renderLine(parts, options.width));
  }
  return lines;
}

function endText(session: SessionDocument, options: TextOptions): string {
  if (session.closedAt === null) return 'open';
  const by = session.closedBy === null ? '' : ` by ${session.closedBy}`;
  return `${session.closedHow === 'rst' ? 'reset' : 'closed'}${by} ${clock(session.closedAt, options)}`;
}

function clock(iso: string, { zone }: TextOptions): string {
  return clockText(parseMicros(iso), { zone, decimals: 3, withDate: false }).slice(0, 8);
}

function factLines({ label, parts }: Fact, { width, chalk }: TextOptions): string[] {
  const lines = flow(parts, Math.max(10, width - LABEL)).slice(0, MOST_LINES);
  return lines.map((line, i) =>
    renderLine([{ text: (i === 0 ? label : '').padEnd(LABEL), paint: chalk.dim }, ...line], width),
  );
}

function titleLine({ state }: LiveLink, { chalk, width }: TextOptions): string {
  const { link, payload } = state;
  const server = serverText(payload?.rdb ?? null);
  return renderLine(
    [
      { text: `${endpointText(link.master, 45)} → ${endpointText(link.replica, 45)}`, paint: chalk.bold },
      { text: `  ${state.phase}` },
      { text: server === null ? '' : `  ${server}`, paint: chalk.dim },
    ],
    width,
  );
}

function troubleFacts({ troubles }: LiveLink, { chalk }: TextOptions): Fact[] {
  const worst = troubles[0];
  if (worst === undefined) return [];
  const parts = troubles.map((trouble) => ({
    text: trouble.text,
    paint: isBad(trouble) ? chalk.red : chalk.yellow,
  }));
  return [{ label: isBad(worst) ? '! wrong' : '* look at', parts }];
}

function sessionFact(link: LinkDocument, session: SessionDocument, options: TextOptions): Fact {
  const since = session.openedAt ?? session.firstSeenAt;
  const parts: Part[] = [
    { text: `${session.joinedMidstream ? 'joined mid-stream' : 'opened'} ${clock(since, options)}` },
    { text: `port ${session.clientPort}` },
    { text: plural(link.reconnects, 'reconnect') },
  ];
  if (session.handshake.capabilities.length > 0)
    parts.push({ text: `capa ${escapeText(session.handshake.capabilities.join(' '), 60)}` });
  return { label: 'session', parts };
}

function syncFact({ state }: LiveLink, session: SessionDocument): Fact {
  const { lastSync, link } = state;
  const parts: Part[] = [
    { text: `full ${link.fullResyncs}, partial ${link.partialResyncs}, refused ${link.refusedSyncs}` },
  ];
  if (lastSync === null) parts.push({ text: 'the last one was not captured' });
  else {
    parts.push({ text: `last ${requestText(lastSync)} → ${decisionText(lastSync)}` });
    const cause = causeText(lastSync, session.channel);
    if (cause !== '') parts.push({ text: cause });
  }
  return { label: 'resyncs', parts };
}

function payloadFact({ state, rate }: LiveLink, options: TextOptions): Fact {
  const { payload } = state;
  if (payload === null) return { label: 'payload', parts: [{ text: 'none captured' }] };
  if (state.isOpen && !payload.complete) return { label: 'payload', parts: progressParts(payload, rate) };
  const times = [
    { text: `waited ${durationOrUnknown(payload.waitMs)}` },
    { text: `transfer ${durationOrUnknown(payload.transferMs)}` },
    { text: `load ${durationOrUnknown(payload.loadMs)}` },
  ];
  return { label: 'payload', parts: [...payloadParts(payload, options), ...times] };
}

/** `1.2 GB of 2.3 GB (53 %) · 58.8 MB/s · 19 s to go` */
function progressParts({ bytes, declaredBytes }: PayloadDocument, rate: LinkRate): Part[] {
  const perSecond = rate.payloadBytesPerSecond ?? 0;
  const parts: Part[] = [];
  if (declaredBytes === null) parts.push({ text: `${bytesText(bytes)} so far` });
  else {
    const percent = declaredBytes === 0 ? 100 : Math.min(100, Math.floor((bytes / declaredBytes) * 100));
    parts.push({ text: `${bytesText(bytes)} of ${bytesText(declaredBytes)} (${percent} %)` });
  }
  if (perSecond > 0) parts.push({ text: `${bytesText(Math.round(perSecond))}/s` });
  if (perSecond > 0 && declaredBytes !== null && declaredBytes > bytes)
    parts.push({ text: `${durationText(((declaredBytes - bytes) / perSecond) * 1000)} to go` });
  return parts;
}

function offsetFact({ state }: LiveLink, session: SessionDocument): Fact {
  const offset = (value: number | null) => (value === null ? '–' : countText(value));
  const parts: Part[] = [
    { text: `sent ${offset(state.masterOffset)}` },
    { text: `acknowledged ${offset(state.replicaOffset)}` },
  ];
  if (state.isInferred) parts.push({ text: 'inferred from ACKs' });
  if (session.drift !== null && session.drift !== 0)
    parts.push({ text: `drift ${countText(session.drift)}` });
  return { label: 'offset', parts };
}

function lagFact({ state }: LiveLink, session: SessionDocument): Fact {
  const { lag, behind } = state.link;
  const parts: Part[] = [
    { text: `now ${bytesOrUnknown(state.lagBytes)}, ${durationOrUnknown(state.lagMs)}` },
    { text: `highest ${bytesOrUnknown(lag.maxBytes)}, ${durationOrUnknown(lag.maxMs)}` },
    { text: `median ${durationOrUnknown(session.lag.p50Ms)}, p99 ${durationOrUnknown(session.lag.p99Ms)}` },
  ];
  if (behind.maxBytes !== null && behind.maxBytes > 0)
    parts.push({ text: `behind at an ACK up to ${bytesText(behind.maxBytes)}` });
  return { label: 'lag', parts };
}

function ackFact({ state }: LiveLink, { acks }: SessionDocument): Fact {
  const age = state.ackAgeMs === null ? 'none' : `${durationText(state.ackAgeMs)} ago`;
  return {
    label: 'ACKs',
    parts: [
      { text: `last ${acks.count === 0 ? 'none yet' : age}` },
      { text: countText(acks.count) },
      { text: `longest interval ${durationOrUnknown(acks.maxIntervalMs)}` },
    ],
  };
}

function streamFact({ rate, state }: LiveLink, { stream }: SessionDocument): Fact {
  const commands = Object.entries(stream.byCommand).slice(0, TOP_COMMANDS);
  const parts: Part[] = [
    { text: bytesText(state.streamBytes) },
    { text: plural(state.streamCommands, 'command') },
  ];
  if (rate.bytesPerSecond !== null && rate.commandsPerSecond !== null)
    parts.push({
      text: `now ${bytesText(Math.round(rate.bytesPerSecond))}/s, ${countText(rate.commandsPerSecond)} commands/s`,
    });
  if (commands.length > 0)
    parts.push({
      text: commands.map(([name, count]) => `${escapeText(name, 30)} ${countText(count)}`).join(', '),
    });
  return { label: 'stream', parts };
}

function lossFact({ sessions }: LinkDocument): Fact {
  const sum = (of: (loss: SessionDocument['loss']) => number) =>
    sessions.reduce((total, { loss }) => total + of(loss), 0);
  const gaps = sum((loss) => loss.gaps);
  const again = sum((loss) => loss.retransmittedBytes);
  const zero = sum((loss) => loss.zeroWindowMs);
  const parts: Part[] = [];
  if (gaps > 0)
    parts.push({
      text: `${plural(gaps, 'gap')} in the capture (${bytesText(sum((loss) => loss.missingBytes))})`,
    });
  if (again > 0) parts.push({ text: `${bytesText(again)} retransmitted` });
  if (zero > 0) parts.push({ text: `window closed ${durationText(zero)}` });
  return { label: 'loss', parts: parts.length > 0 ? parts : [{ text: 'none' }] };
}

function findingFacts({ findings }: LiveLink, { chalk }: TextOptions): Fact[] {
  return findings.slice(-MOST_FINDINGS).map(({ severity, code, message, advice }) => ({
    label: severity === 'error' ? '! found' : '* found',
    parts: [
      {
        text: `${escapeText(code, 40)}: ${escapeText(message, 200)}`,
        paint: severity === 'error' ? chalk.red : chalk.yellow,
      },
      ...(advice === null ? [] : [{ text: escapeText(advice, 200), paint: chalk.dim }]),
    ],
  }));
}
