import { gzipSync } from 'node:zlib';
import type { Course } from '../../analysis/course/course.js';
import type { Topology } from '../../analysis/topology/model.js';
import type { Link, Session } from '../../replication/model.js';
import type { FindingDocument, LinkDocument, SummaryDocument } from '../document.js';
import { escapeText } from '../escape.js';
import { tsharkCommand } from '../findings/packet-filter.js';
import { worstFirst } from '../findings/severity.js';
import { safeJson } from '../json.js';
import {
  bytesOrUnknown,
  durationOrUnknown,
  endpointText,
  gapsText,
  nearEndpoint,
  offsetText,
  serverText,
  stateText,
} from '../link-facts.js';
import { captureText, notesOf, spansDays } from '../notes.js';
import type { LinkRatesDocument } from '../rates/rates-document.js';
import { parseMicros } from '../time.js';
import { countText } from '../units.js';
import { Axis } from './axis.js';
import { briefOf } from './brief.js';
import type { Clock } from './clock.js';
import { courseView } from './course-view.js';
import type { LoggedEvent } from './event-log.js';
import {
  MAX_DOCUMENT_CHARACTERS,
  MAX_FINDINGS,
  MAX_LINK_SESSIONS,
  MAX_LINKS,
  MAX_NODES,
  MAX_SESSIONS,
} from './limits.js';
import type { EventRow, FindingItem, LinkView, ReportModel } from './model.js';
import { commandsView, payloadViews } from './payload-view.js';
import { momentsOf } from './promotion.js';
import { sessionView } from './session-view.js';
import { storyOf } from './story.js';
import { topologyViews } from './topology-view.js';
import { verdictOf } from './verdict.js';

/** All that is known at the end of a run. */
export interface ReportSource {
  document: SummaryDocument;
  /** Of the document, in its order. */
  links: readonly Link[];
  rates: readonly LinkRatesDocument[];
  topology: Topology;
  events: readonly LoggedEvent[];
  eventsLeftOut: number;
  courseOf: (session: Session) => Course | null;
  zone: Clock['zone'];
  version: string;
}

const EVIDENCE_COLUMNS = 80;
const NAME_COLUMNS = 60;
const MOST_PACKETS = 16;
const MOST_FILES = 3;

/** The model of the page. Its size is bounded: limits.ts. */
export function buildModel(source: ReportSource): ReportModel {
  const { document, topology, events, zone } = source;
  const { capture } = document;
  const axis = new Axis(capture.firstTime, capture.lastTime);
  const clock: Clock = { zone, withDate: spansDays(document, zone) };
  const shown = shownLinks(document);
  const index = new Map(shown.map((at, i) => [document.links[at]!.id, i]));
  const indexOf = (event: LoggedEvent): number | null =>
    event.link === null ? null : (index.get(event.link.id) ?? null);
  const links = shown.map((at) => linkView(source, at, axis, clock, shown.length));
  const drawings = topologyViews(topology, zone, clock.withDate);
  return {
    schema: 'psyncscope.report/1',
    madeBy: `psyncscope ${source.version}`,
    title: titleOf(capture.sources),
    capture: captureText(document, zone),
    from: axis.from,
    length: axis.length,
    ...zonePart(zone, axis.from),
    withDate: clock.withDate,
    verdict: verdictOf(document, topology, clock),
    brief: briefOf({ document, topology, views: links, axis, clock }),
    moments: momentsOf(topology, axis),
    story: storyOf(topology, events, indexOf, axis, clock),
    findings: worstFirst(document.findings)
      .slice(0, MAX_FINDINGS)
      .map((finding) => findingItem(finding, document, index, axis)),
    // Of findings the page has a list of its own.
    notes: notesOf({ ...document, findings: [] }),
    topology: drawings,
    links,
    leftOut: {
      links: document.links.length - shown.length,
      events: source.eventsLeftOut,
      nodes: (drawings.at(-1)?.nodes.length ?? 0) < MAX_NODES ? 0 : topology.nodes.length - MAX_NODES,
    },
    events: inOrder(events).map((event) => eventRow(event, indexOf(event), axis)),
    document: documentPart(document),
  };
}

/** The zone as of the capture's beginning: `UTC`, `UTC+02:00`. */
function zonePart(zone: Clock['zone'], from: number): { zoneOffset: number; zoneName: string } {
  const minutes = zone === 'utc' ? 0 : -new Date(from / 1000).getTimezoneOffset();
  const two = (count: number): string => String(count).padStart(2, '0');
  const size = Math.abs(minutes);
  const sign = minutes < 0 ? '-' : '+';
  return {
    zoneOffset: minutes * 60_000_000,
    zoneName: minutes === 0 ? 'UTC' : `UTC${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`,
  };
}

/** Indexes of the links that are shown, in the order of the document: those with findings and most sessions where they are too many. */
function shownLinks({ links, findings }: SummaryDocument): number[] {
  const all = links.map((_, at) => at);
  if (links.length <= MAX_LINKS) return all;
  const found = new Set(findings.map(({ link }) => link));
  const weight = (at: number): number => (found.has(links[at]!.id) ? 1e9 : 0) + links[at]!.sessions.length;
  return all
    .sort((a, b) => weight(b) - weight(a) || a - b)
    .slice(0, MAX_LINKS)
    .sort((a, b) => a - b);
}

function titleOf(sources: readonly string[]): string {
  const names = sources
    .slice(0, MOST_FILES)
    .map((path) => escapeText(path.slice(path.lastIndexOf('/') + 1), NAME_COLUMNS));
  const more = sources.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${countText(more)} more` : names.join(', ');
}

function findingItem(
  finding: FindingDocument,
  { capture }: SummaryDocument,
  index: ReadonlyMap<string, number>,
  axis: Axis,
): FindingItem {
  const { severity, code, link, session, at, message, advice, filter, packets } = finding;
  const isLive = capture.format === 'live';
  const command = filter === null ? null : tsharkCommand(capture.sources, isLive, filter);
  return {
    severity,
    code: escapeText(code, NAME_COLUMNS),
    link: link === null ? null : (index.get(link) ?? null),
    linkName: link === null ? 'the capture' : linkName(link),
    session,
    at: axis.isoOrNull(at),
    message: escapeText(message, 800),
    advice: advice === null ? null : escapeText(advice, 800),
    packets: packets.slice(0, MOST_PACKETS),
    command: command === null ? null : escapeText(command, 2000),
    evidence: Object.entries(finding.evidence)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [escapeText(name, NAME_COLUMNS), evidenceText(value)]),
  };
}

function evidenceText(value: unknown): string {
  return typeof value === 'number' && Number.isInteger(value)
    ? countText(value)
    : escapeText(String(value), EVIDENCE_COLUMNS);
}

/** `127.0.0.1:6379 → 127.0.0.1:6380` of a link's id. */
function linkName(id: string): string {
  const [master = '', replica = ''] = id.split('<-');
  return `${endpointText(master)} → ${endpointText(replica)}`;
}

function linkView(source: ReportSource, at: number, axis: Axis, clock: Clock, links: number): LinkView {
  const { document, zone } = source;
  const link = document.links[at]!;
  const shown = shownSessions(link.sessions.length, links);
  const rdb = link.sessions.findLast(({ payload }) => payload?.rdb?.server != null)?.payload?.rdb ?? null;
  return {
    id: escapeText(link.id, 2 * NAME_COLUMNS),
    master: endpointText(link.master),
    replica: endpointText(link.replica),
    name: `${endpointText(link.master)} → ${nearEndpoint(link.master, link.replica)}`,
    server: serverText(rdb),
    state: stateText(link),
    facts: linkFacts(link),
    sessions: shown.map((number) => {
      const later = link.sessions.findIndex(({ channel }, i) => i >= number && channel === 'rdb');
      const payloadSession = later === -1 ? null : later + 1;
      return sessionView(link.sessions[number - 1]!, number, axis, { ...clock, payloadSession });
    }),
    sessionsLeftOut: link.sessions.length - shown.length,
    course: courseView(source.links[at]?.sessions ?? [], source.courseOf, axis, links),
    payloads: payloadViews(link, axis, zone),
    commands: source.rates[at] === undefined ? null : commandsView(source.rates[at]),
  };
}

function linkFacts(link: LinkDocument): [string, string][] {
  const { lag, behind } = link;
  const drift = link.sessions.findLast(({ channel }) => channel === 'main')?.drift ?? null;
  return [
    ['full syncs', countText(link.fullResyncs)],
    ['partial resyncs', countText(link.partialResyncs)],
    ['refused', countText(link.refusedSyncs)],
    ['offset at the end', offsetText(link)],
    ['lag at the end', bytesOrUnknown(lag.lastBytes)],
    ['lag at most', bytesOrUnknown(lag.maxBytes)],
    ['byte to ACK at most', durationOrUnknown(lag.maxMs)],
    ['ACK interval at most', durationOrUnknown(lag.maxAckIntervalMs)],
    ['behind at most', bytesOrUnknown(behind.maxBytes)],
    ['drift', drift === null ? '–' : countText(drift)],
    ['gaps in the capture', gapsText(link)],
  ];
}

/** Numbers of the sessions that are shown: the beginning tells how it started, the end how it is now. */
function shownSessions(count: number, links: number): number[] {
  const limit = Math.min(MAX_LINK_SESSIONS, Math.max(8, Math.floor(MAX_SESSIONS / links)));
  const all = Array.from({ length: count }, (_, i) => i + 1);
  if (count <= limit) return all;
  const head = Math.ceil(limit / 4);
  return [...all.slice(0, head), ...all.slice(count - (limit - head))];
}

/** A connection's end is told of after the last packets of it, and of when it was closed. */
function inOrder(events: readonly LoggedEvent[]): LoggedEvent[] {
  return [...events].sort((a, b) => a.at - b.at || a.packet - b.packet);
}

function eventRow({ event: _, ...row }: LoggedEvent, link: number | null, axis: Axis): EventRow {
  return { ...row, link, at: axis.micros(row.at) };
}

/** The summary document as `summary --json` prints it, compressed; null where it is too large for a page. */
function documentPart(document: SummaryDocument): ReportModel['document'] {
  const text = `${safeJson(document, 2)}\n`;
  if (text.length > MAX_DOCUMENT_CHARACTERS) return null;
  const { firstTime } = document.capture;
  const day =
    firstTime === null ? '' : `-${new Date(parseMicros(firstTime) / 1000).toISOString().slice(0, 10)}`;
  const bytes = Buffer.from(text);
  return {
    name: `psyncscope-summary${day}.json`,
    bytes: bytes.length,
    gzip: gzipSync(bytes).toString('base64'),
  };
}
