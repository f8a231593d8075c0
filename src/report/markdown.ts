import { Chalk } from 'chalk';
import type { LinkDocument, SummaryDocument } from './document.js';
import { escapeText } from './escape.js';
import { bytesOrUnknown, durationOrUnknown, gapsText, offsetText, stateText } from './link-facts.js';
import { captureText, notesOf } from './notes.js';
import type { Zone } from './time.js';
import { timelineText } from './timeline.js';
import { countText } from './units.js';

/** Documents as GitHub-flavoured Markdown, to be pasted into an issue. */

const SPECIAL = /[\\`*_{}[\]|~#]/g;

/** Text that Markdown shows as it is: no markup, no HTML, no mention, no second line. Expects text that is safe to print. */
function inert(text: string): string {
  return text
    .replace(SPECIAL, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', '&#64;')
    .replaceAll('://', '&#58;//')
    .replaceAll('\n', ' ');
}

const HEADS = [
  'link (master ← replica)',
  'state',
  'sessions',
  'full',
  'partial',
  'refused',
  'offset',
  'lag now',
  'lag max',
  'ACK interval max',
  'gaps',
];

function row(link: LinkDocument): string[] {
  return [
    escapeText(`${link.master} ← ${link.replica}`, 120),
    stateText(link),
    countText(link.sessions.length),
    countText(link.fullResyncs),
    countText(link.partialResyncs),
    countText(link.refusedSyncs),
    offsetText(link),
    bytesOrUnknown(link.lag.lastBytes),
    bytesOrUnknown(link.lag.maxBytes),
    durationOrUnknown(link.lag.maxAckIntervalMs),
    gapsText(link),
  ];
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** The table of links with its notes. Times are UTC: the reader is elsewhere. */
export function summaryMarkdown(document: SummaryDocument): string {
  const lines: string[] = [];
  if (document.links.length > 0) {
    lines.push(tableRow(HEADS), tableRow(HEADS.map((_, index) => (index < 2 ? '---' : '---:'))));
    for (const link of document.links) lines.push(tableRow(row(link).map(inert)));
    lines.push('');
  }
  lines.push(`${inert(captureText(document, 'utc'))} UTC`);
  const notes = notesOf(document).map((note) => {
    const advice = note.advice === null ? '' : ` → ${inert(note.advice)}`;
    return `- ${note.severity === 'info' ? '' : `**${note.severity}** `}${inert(note.text)}${advice}`;
  });
  if (notes.length > 0) lines.push('', ...notes);
  return lines.join('\n');
}

/** The timeline in a fenced block; backticks of the wire become apostrophes, so that none can end it. */
export function timelineMarkdown(document: SummaryDocument, options: { all: boolean; zone: Zone }): string {
  const text = timelineText(document, {
    ...options,
    width: 110,
    chalk: new Chalk({ level: 0 }),
    ascii: false,
  });
  return ['```text', text.replaceAll('`', "'"), '```'].join('\n');
}
