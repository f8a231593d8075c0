import type { LinkDocument, SummaryDocument } from './document.js';
import { escapeText } from './escape.js';
import { severityCounts, worstFirst } from './findings/severity.js';
import { limitText } from './limit-text.js';
import { clockText, dayText, parseMicros, type Zone } from './time.js';
import { bytesText, countText, durationText, plural } from './units.js';

/** What is said beside the links: what the capture holds, what it lacks, what was left out, what was found. */
export interface Note {
  severity: 'info' | 'warning' | 'error';
  text: string;
  /** What to do about it. */
  advice: string | null;
}

function note(severity: Note['severity'], text: string, advice: string | null = null): Note {
  return { severity, text, advice };
}

/** True when the capture's packets lie on more than one day of the zone. */
export function spansDays(document: SummaryDocument, zone: Zone): boolean {
  const { firstTime, lastTime } = document.capture;
  if (firstTime === null || lastTime === null) return false;
  return dayText(parseMicros(firstTime), zone) !== dayText(parseMicros(lastTime), zone);
}

/** A path as given; a long one as `…/` and its last part, which is what tells captures apart. */
function sourceText(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return path.length > 40 && name !== path && name !== ''
    ? `…/${escapeText(name, 58)}`
    : escapeText(path, 60);
}

/** `x.pcap: 507 packets, 110 kB, 2026-11-21 07:51:04 → 07:52:30 (1 m 26 s)` */
export function captureText(document: SummaryDocument, zone: Zone): string {
  const { sources, packets, bytes, firstTime, lastTime } = document.capture;
  const named = sources.length > 3 ? `${sources.length} sources` : sources.map(sourceText).join(', ');
  const size = `${plural(packets, 'packet')}, ${bytesText(bytes)}`;
  const head = named === '' ? size : `${named}: ${size}`;
  if (firstTime === null || lastTime === null) return head;
  const from = parseMicros(firstTime);
  const to = parseMicros(lastTime);
  const first = clockText(from, { zone, decimals: 3, withDate: true });
  const last = clockText(to, { zone, decimals: 3, withDate: spansDays(document, zone) });
  return `${head}, ${first} → ${last} (${durationText((to - from) / 1000)})`;
}

function emptyNotes({ ignored, capture }: SummaryDocument): Note[] {
  if (capture.packets === 0)
    return [note('warning', 'no replication link found: the capture holds no packets')];
  const { connections, encryptedConnections } = ignored;
  if (connections === 0) {
    return [
      note('warning', `no replication link found: no TCP connection in ${plural(capture.packets, 'packet')}`),
    ];
  }
  const tls = encryptedConnections > 0 ? `, ${countText(encryptedConnections)} of them TLS` : '';
  const hint = encryptedConnections > 0 ? 'the content of TLS connections cannot be read' : null;
  return [note('warning', `no replication link found: saw ${plural(connections, 'connection')}${tls}`, hint)];
}

/** Why there is no link, on one line: `no replication link found: saw 3 connections, 1 of them TLS`. */
export function emptyText(document: SummaryDocument): string {
  return emptyNotes(document)
    .map(({ text }) => text)
    .join('; ');
}

function ignoredNotes({ ignored }: SummaryDocument): Note[] {
  const notes: Note[] = [];
  const others = ignored.connections - ignored.encryptedConnections;
  if (others > 0) notes.push(note('info', `${plural(others, 'other connection')} ignored: no replication`));
  if (ignored.encryptedConnections > 0) {
    notes.push(
      note(
        'info',
        `${plural(ignored.encryptedConnections, 'TLS connection')}: ${ignored.encryptedConnections === 1 ? 'its' : 'their'} content cannot be read`,
      ),
    );
  }
  return notes;
}

function captureNotes({ capture, links }: SummaryDocument): Note[] {
  const notes: Note[] = [];
  if (!capture.complete) {
    notes.push(note('warning', 'the capture is cut short: analysed up to its last whole packet'));
  }
  if (capture.cutPackets > 0) {
    const text = `${plural(capture.cutPackets, 'packet')} captured shorter than on the wire`;
    notes.push(note('warning', text, 'capture with an unlimited snapshot length (tcpdump -s 0)'));
  }
  if (capture.kernelDrops !== null && capture.kernelDrops > 0) {
    const text = `${plural(capture.kernelDrops, 'packet')} dropped by the kernel before the capture had them`;
    notes.push(note('warning', text, 'a narrower filter or a larger capture buffer (tcpdump -B)'));
  }
  const total = lossOf(links);
  if (total.gaps > 0) {
    const text = `${plural(total.gaps, 'gap')} in the links: ${bytesText(total.bytes)} not captured`;
    notes.push(note('warning', text, 'offsets stay exact; counts of commands and keys are lower bounds'));
  }
  return notes;
}

function lossOf(links: readonly LinkDocument[]): { gaps: number; bytes: number } {
  const sessions = links.flatMap((link) => link.sessions);
  return {
    gaps: sessions.reduce((total, session) => total + session.loss.gaps, 0),
    bytes: sessions.reduce((total, session) => total + session.loss.missingBytes, 0),
  };
}

/** How many findings there are, and the worst of them; `psyncscope findings` has the rest. */
function findingNotes({ findings }: SummaryDocument): Note[] {
  const worst = worstFirst(findings)[0];
  if (worst === undefined) return [];
  const { severity, code, link, message, advice } = worst;
  const what = `${escapeText(code, 40)}: ${link === null ? '' : `${escapeText(link, 90)} `}${escapeText(message, 400)}`;
  const others = findings.length - 1;
  const head =
    others === 0 ? '' : `${severityCounts(findings)} (psyncscope findings lists them), the worst: `;
  return [note(severity, `${head}${what}`, advice === null ? null : escapeText(advice, 400))];
}

/** Everything worth a line under a table or a timeline, in the order of a reader's questions. Texts are safe to print. */
export function notesOf(document: SummaryDocument): Note[] {
  const empty = document.links.length === 0;
  return [
    ...(empty ? emptyNotes(document) : ignoredNotes(document)),
    ...captureNotes(document),
    ...document.limits.map((limit) =>
      note('warning', limitText(limit), 'docs/limits.md tells what that means'),
    ),
    ...findingNotes(document),
  ];
}
