import { toAscii } from './ascii.js';
import { causeText } from './causes.js';
import type { LinkDocument, SessionDocument, SummaryDocument } from './document.js';
import { flow, type Part, renderLine } from './layout.js';
import { bytesOrUnknown, endpointText, isRefused, latestSession, serverText } from './link-facts.js';
import { captureText, spansDays } from './notes.js';
import { noteLines } from './notes-text.js';
import type { TextOptions } from './options.js';
import type { SyncFacts } from './sync-facts.js';
import { clockText, parseMicros } from './time.js';
import { type PhaseContext, type PhaseLine, phaseLines } from './timeline-phases.js';
import { countText, durationText, plural } from './units.js';
import { padLeft, padRight } from './width.js';

export interface TimelineOptions extends TextOptions {
  /** Show every session. */
  all: boolean;
  /** Sections shown of a link unless `all`; 20 unless told. A run of refused sessions is one section. */
  maxSessions?: number;
}

const DEFAULT_SECTIONS = 20;
/** Refused sessions in a row from which on they become one section. */
const SHORTEST_RUN = 3;
const NAME_COLUMNS = 10;
const HEAD_COLUMNS = 21;

/** Sessions that are shown together: one, or a run of refused ones. Numbers from 1. */
interface Section {
  first: number;
  sessions: SessionDocument[];
}

function refusalKey(session: SessionDocument): string | null {
  const last = session.syncs.at(-1);
  return last !== undefined && isRefused(session) ? JSON.stringify([last.cause, last.error]) : null;
}

function sectionsOf(link: LinkDocument): Section[] {
  const sections: Section[] = [];
  for (let from = 0; from < link.sessions.length; ) {
    const key = refusalKey(link.sessions[from]!);
    let to = from + 1;
    while (key !== null && to < link.sessions.length && refusalKey(link.sessions[to]!) === key) to++;
    if (to - from < SHORTEST_RUN) to = from + 1;
    sections.push({ first: from + 1, sessions: link.sessions.slice(from, to) });
    from = to;
  }
  return sections;
}

class TimelineWriter {
  readonly lines: string[] = [];
  readonly #withDate: boolean;
  readonly #endAt: number | null;

  constructor(
    document: SummaryDocument,
    readonly options: TimelineOptions,
  ) {
    this.#withDate = spansDays(document, options.zone);
    const { lastTime } = document.capture;
    this.#endAt = lastTime === null ? null : parseMicros(lastTime);
  }

  #push(parts: Part[]): void {
    this.lines.push(renderLine(parts, this.options.width));
  }

  #clock(iso: string): string {
    return clockText(parseMicros(iso), { zone: this.options.zone, decimals: 3, withDate: this.#withDate });
  }

  link(link: LinkDocument): void {
    const { chalk, width, all, maxSessions } = this.options;
    const rows = flow(headerParts(link, this.options), width - 2);
    rows.forEach((row, index) => {
      this.#push(index === 0 ? row : [{ text: '  ' }, ...row]);
    });
    const sections = sectionsOf(link);
    const limit = all ? sections.length : Math.max(2, maxSessions ?? DEFAULT_SECTIONS);
    // The beginning tells how it started, the end how it is now: the middle is what can be left out.
    const head = sections.length <= limit ? sections.length : Math.ceil(limit / 4);
    const tail = sections.length <= limit ? sections.length : sections.length - (limit - head);
    for (const section of sections.slice(0, head)) this.#section(link, section);
    if (tail > head) {
      const left = sections.slice(head, tail).reduce((count, section) => count + section.sessions.length, 0);
      this.lines.push('');
      this.#push([
        { text: `  … ${plural(left, 'more session')} not shown (--all shows them)`, paint: chalk.dim },
      ]);
    }
    for (const section of sections.slice(tail)) this.#section(link, section);
  }

  /** One session's lines alone. */
  session(link: LinkDocument, number: number): void {
    this.#session(link, number);
  }

  #section(link: LinkDocument, section: Section): void {
    this.lines.push('');
    if (section.sessions.length > 1) this.#refusedRun(section);
    else this.#session(link, section.first);
  }

  /** `sessions 3–214   ×212 refused, 07:51:04.549 → 07:51:20.020, one every 1.0 s` */
  #refusedRun({ first, sessions }: Section): void {
    const { chalk, width } = this.options;
    const from = sessions[0]!;
    const to = sessions.at(-1)!;
    const start = from.openedAt ?? from.firstSeenAt;
    const end = to.openedAt ?? to.firstSeenAt;
    const every = (parseMicros(end) - parseMicros(start)) / 1000 / (sessions.length - 1);
    const last = to.closedAt ?? to.firstSeenAt;
    this.#push([
      { text: `  sessions ${first}–${first + sessions.length - 1}`, paint: chalk.bold },
      { text: `   ${this.#clock(start)} → ${this.#clock(last)}   ` },
      { text: `×${countText(sessions.length)} refused`, paint: chalk.red },
      { text: `, one every ${durationText(every)}` },
    ]);
    const reason = causeText(to.syncs.at(-1) as SyncFacts, to.channel);
    flow([{ text: reason }], width - 4).forEach((row, index) => {
      this.#push([{ text: index === 0 ? '  └ ' : '    ' }, ...row]);
    });
  }

  #session(link: LinkDocument, number: number): void {
    const { chalk, width } = this.options;
    const session = link.sessions[number - 1]!;
    const from = session.joinedMidstream
      ? 'before the capture'
      : this.#clock(session.openedAt ?? session.firstSeenAt);
    const to = session.closedAt === null ? 'end of capture' : this.#clock(session.closedAt);
    const title = `  session ${number}${session.channel === 'rdb' ? ' (rdb channel)' : ''}`;
    const how = session.closedHow === null ? '' : ` (${session.closedHow.toUpperCase()})`;
    const closed = session.closedBy === null ? '' : `   closed by ${session.closedBy}${how}`;
    const parts: Part[] = [{ text: title, paint: chalk.bold }];
    let used = title.length;
    for (const text of [`   ${from} → ${to}`, `   from port ${session.clientPort}`, closed]) {
      used += text.length;
      // What does not fit is left out rather than cut: the last line of the section tells of the end in more words.
      if (used <= width) parts.push({ text });
    }
    this.#push(parts);
    const later = link.sessions.findIndex(({ channel }, index) => index >= number && channel === 'rdb');
    const context: PhaseContext = {
      options: this.options,
      endAt: this.#endAt,
      withDate: this.#withDate,
      payloadSession: later === -1 ? null : later + 1,
    };
    const phases = phaseLines(session, context);
    phases.forEach((phase, index) => {
      this.#phase(phase, index === phases.length - 1);
    });
  }

  #phase(phase: PhaseLine, last: boolean): void {
    const { chalk, width } = this.options;
    const stem = phase.inner ? '  │   ' : last ? '  └ ' : '  ├ ';
    const rest = last ? '    ' : '  │ ';
    let head: string;
    if (phase.inner) head = padRight(phase.name, 12);
    else {
      const duration = phase.ms === null ? '' : durationText(phase.ms);
      // ` s` beside ` ms`: one blank more keeps the numbers under each other.
      const aligned = /^[\d.]+ s$/.test(duration) ? `${duration} ` : duration;
      const name = padRight(phase.name, NAME_COLUMNS);
      head = `${name}${padLeft(aligned, HEAD_COLUMNS - name.length)}   `;
    }
    const indent = stem.length + head.length;
    flow(phase.details, Math.max(16, width - indent)).forEach((row, index) => {
      const lead =
        index === 0 ? { text: stem, paint: chalk.dim } : { text: padRight(rest, indent), paint: chalk.dim };
      this.#push(index === 0 ? [lead, { text: head }, ...row] : [lead, ...row]);
    });
  }
}

/** `127.0.0.1:6380 → 127.0.0.1:6381   Redis 6.2.5   2 sessions · 1 full · lag 0 B (max 110 kB) · drift 0` */
function headerParts(link: LinkDocument, { chalk }: TimelineOptions): Part[] {
  const parts: Part[] = [
    { text: `${endpointText(link.master)} → ${endpointText(link.replica)}`, paint: chalk.bold },
  ];
  const rdb = link.sessions.findLast(({ payload }) => payload?.rdb?.server != null)?.payload?.rdb ?? null;
  const server = serverText(rdb);
  if (server !== null) parts.push({ text: server, before: '   ' });
  parts.push({ text: plural(link.sessions.length, 'session'), before: '   ' });
  if (link.fullResyncs > 0) parts.push({ text: `${countText(link.fullResyncs)} full` });
  if (link.partialResyncs > 0) parts.push({ text: `${countText(link.partialResyncs)} partial` });
  if (link.refusedSyncs > 0)
    parts.push({ text: `${countText(link.refusedSyncs)} refused`, paint: chalk.red });
  if (link.lag.lastBytes !== null || link.lag.maxBytes !== null) {
    parts.push({
      text: `lag ${bytesOrUnknown(link.lag.lastBytes)} (max ${bytesOrUnknown(link.lag.maxBytes)})`,
    });
  }
  if (!link.replicaPortAnnounced) parts.push({ text: 'its listening port was not seen', paint: chalk.dim });
  const drift = latestSession(link)?.drift ?? null;
  if (drift !== null)
    parts.push({ text: `drift ${countText(drift)}`, paint: drift === 0 ? undefined : chalk.red });
  return parts;
}

/** The lines of one session (numbers from 1) as the timeline has them, the first with its times. */
export function sessionLines(
  document: SummaryDocument,
  link: LinkDocument,
  number: number,
  options: TextOptions,
): string[] {
  const writer = new TimelineWriter(document, { ...options, all: true });
  writer.session(link, number);
  return writer.lines;
}

/** The timeline of every link of a document, with its notes at the end. Ends without a newline. */
export function timelineText(document: SummaryDocument, options: TimelineOptions): string {
  const writer = new TimelineWriter(document, options);
  for (const link of document.links) {
    if (writer.lines.length > 0) writer.lines.push('', '');
    writer.link(link);
  }
  if (writer.lines.length > 0) writer.lines.push('');
  for (const row of flow([{ text: captureText(document, options.zone) }], options.width)) {
    writer.lines.push(options.chalk.dim(renderLine(row, options.width)));
  }
  writer.lines.push(...noteLines(document, options));
  const text = writer.lines.join('\n');
  return options.ascii ? toAscii(text) : text;
}
