import Table from 'cli-table3';
import { toAscii } from './ascii.js';
import type { LinkDocument, SummaryDocument } from './document.js';
import { flow, renderLine } from './layout.js';
import {
  bytesOrUnknown,
  durationOrUnknown,
  endpointText,
  gapsText,
  nearEndpoint,
  offsetText,
  stateText,
} from './link-facts.js';
import { captureText } from './notes.js';
import { noteLines } from './notes-text.js';
import type { TextOptions } from './options.js';
import { countText, plural } from './units.js';
import { displayWidth } from './width.js';

/** A column of the table of links. */
interface Column {
  head: string;
  right?: boolean;
  cell: (link: LinkDocument) => string;
}

const link: Column = {
  head: 'link (master ← replica)',
  cell: ({ master, replica }) => `${endpointText(master)} ← ${nearEndpoint(master, replica)}`,
};
const tallLink: Column = {
  head: 'master\n ← replica',
  cell: ({ master, replica }) => `${endpointText(master, 26)}\n ← ${nearEndpoint(master, replica, 23)}`,
};
const state: Column = { head: 'state', cell: stateText };
const tallState: Column = { head: 'state', cell: (row) => stateText(row).replace(' by ', '\nby ') };
/** State and sessions in one column; who closed is left to the timeline. */
const stateAndSessions: Column = {
  head: 'state',
  cell: (row) => `${stateText(row).replace(/ by .*/, '')}\n${plural(row.sessions.length, 'session')}`,
};
const sessions: Column = { head: 'sessions', right: true, cell: (row) => countText(row.sessions.length) };
const full: Column = { head: 'full', right: true, cell: (row) => countText(row.fullResyncs) };
const partial: Column = { head: 'partial', right: true, cell: (row) => countText(row.partialResyncs) };
const refused: Column = { head: 'refused', right: true, cell: (row) => countText(row.refusedSyncs) };
/** The three counters in one column, in the order its head says. */
const syncs: Column = {
  head: 'full/part\n/refused',
  right: true,
  cell: (row) => [row.fullResyncs, row.partialResyncs, row.refusedSyncs].map(countText).join('/'),
};
const offset: Column = { head: 'offset', right: true, cell: offsetText };
const lag: Column = {
  head: 'lag now / max',
  right: true,
  cell: (row) => `${bytesOrUnknown(row.lag.lastBytes)} / ${bytesOrUnknown(row.lag.maxBytes)}`,
};
const tallLag: Column = {
  head: 'lag now\n/ max',
  right: true,
  cell: (row) => `${bytesOrUnknown(row.lag.lastBytes)}\n/ ${bytesOrUnknown(row.lag.maxBytes)}`,
};
const lagMs: Column = {
  head: 'max lag time',
  right: true,
  cell: (row) => durationOrUnknown(row.lag.maxMs),
};
const ack: Column = {
  head: 'ACK interval',
  right: true,
  cell: (row) => durationOrUnknown(row.lag.maxAckIntervalMs),
};
const offsetAndAck: Column = {
  head: 'offset\nACK interval',
  right: true,
  cell: (row) => `${offsetText(row)}\n${durationOrUnknown(row.lag.maxAckIntervalMs)}`,
};
const gaps: Column = { head: 'lost', right: true, cell: gapsText };

const tallGaps: Column = { head: 'lost', right: true, cell: (row) => gapsText(row).replace(' ', '\n') };

/** From rich to narrow; the first one that fits is used. */
const LAYOUTS: readonly (readonly Column[])[] = [
  [link, state, sessions, full, partial, refused, offset, lag, lagMs, ack, gaps],
  [link, state, sessions, full, partial, refused, offset, lag, ack, gaps],
  [tallLink, tallState, sessions, full, partial, refused, offset, lag, ack, gaps],
  [tallLink, stateAndSessions, syncs, offsetAndAck, tallLag, tallGaps],
];

const CHARS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

function trimmed(table: string): string[] {
  return table.split('\n').map((line) => line.trimEnd());
}

/** The table as plain lines: head, rule, rows. */
function plainTable(links: readonly LinkDocument[], columns: readonly Column[]): string[] {
  const heads = columns.map((column) => column.head);
  const headRows = heads.some((head) => head.includes('\n')) ? 2 : 1;
  const table = new Table({
    chars: CHARS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: columns.map((column) => (column.right ? 'right' : 'left')),
  });
  table.push(heads, ...links.map((row) => columns.map((column) => column.cell(row))));
  const lines = trimmed(table.toString());
  const width = lines.reduce((most, line) => Math.max(most, displayWidth(line)), 0);
  return [...lines.slice(0, headRows), '─'.repeat(width), ...lines.slice(headRows)];
}

/** For terminals too narrow for any table: a few lines a link. */
function cards(links: readonly LinkDocument[], width: number): string[] {
  return links.flatMap((row) => {
    const facts = LAYOUTS[1]!.slice(1).map((column) => ({ text: `${column.head} ${column.cell(row)}` }));
    const lines = flow(facts, Math.max(10, width - 2)).map((line) => [{ text: '  ' }, ...line]);
    return [[{ text: link.cell(row) }], ...lines].map((line) => renderLine(line, width));
  });
}

function linkLines(document: SummaryDocument, options: TextOptions): string[] {
  for (const columns of LAYOUTS) {
    const lines = plainTable(document.links, columns);
    if (lines.some((line) => displayWidth(line) > options.width)) continue;
    const rule = lines.findIndex((line) => line.startsWith('─'));
    return lines.map((line, index) =>
      index < rule ? options.chalk.bold(line) : index === rule ? options.chalk.dim(line) : line,
    );
  }
  return cards(document.links, options.width);
}

/** The table of links for a terminal, with what the capture held and lacked below it. Ends without a newline. */
export function summaryTable(document: SummaryDocument, options: TextOptions): string {
  const lines = document.links.length === 0 ? [] : [...linkLines(document, options), ''];
  lines.push(
    ...flow([{ text: captureText(document, options.zone) }], options.width).map((row) =>
      options.chalk.dim(renderLine(row, options.width)),
    ),
    ...noteLines(document, options),
  );
  const text = lines.join('\n');
  return options.ascii ? toAscii(text) : text;
}
