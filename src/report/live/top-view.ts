import { toAscii } from '../ascii.js';
import { escapeText } from '../escape.js';
import { type Part, renderLine } from '../layout.js';
import type { TextOptions } from '../options.js';
import { clockText } from '../time.js';
import { bytesText, countText, plural } from '../units.js';
import { displayWidth } from '../width.js';
import { replicaName } from './link-name.js';
import type { LiveLink, LiveSnapshot } from './model.js';
import { detailLines, sessionLines } from './top-detail.js';
import { helpLines } from './top-help.js';
import { sortLinks } from './top-sort.js';
import { selectedIndex, type TopState } from './top-state.js';
import { topTable } from './top-table.js';
import { isBad } from './troubles.js';

/** The screen of `--top` as lines. */

export interface TopInput {
  snapshot: LiveSnapshot;
  state: TopState;
  /** What is captured: the interface and ports, or the file. */
  title: string;
  /** Lines of the picked link's latest events, the latest last, without colours. */
  events: readonly string[];
  /** Something to tell for a moment, instead of the keys; null for nothing. */
  message: string | null;
}

/** Fewer rows show the table alone. */
const ROWS_FOR_DETAIL = 16;
/** From here on blank lines part the header from the table. */
const ROWS_FOR_AIR = 20;
/** Rows kept for the latest events below the facts of a link. */
const EVENT_ROWS = 3;
/** Sessions listed on the screen of one link. */
const SESSION_ROWS = 5;

/** Ids of the links in the order of the screen: what keys move over. */
export function shownIds(snapshot: LiveSnapshot, state: TopState): string[] {
  return sortLinks(snapshot.links, state).map((link) => link.state.link.id);
}

/** @returns exactly `rows` lines, none wider than `options.width`, without newlines. */
export function topScreenLines(input: TopInput, rows: number, options: TextOptions): string[] {
  const links = sortLinks(input.snapshot.links, input.state);
  const header = headerLines(input, links, options);
  if (rows >= ROWS_FOR_AIR) header.push('');
  const room = Math.max(0, rows - header.length - 1);
  const body = bodyLines(input, links, room, options).slice(0, room);
  const above = [...header, ...body].slice(0, Math.max(0, rows - 1));
  while (above.length < rows - 1) above.push('');
  const lines = [...above, footerLine(input, options)].slice(0, Math.max(0, rows));
  return options.ascii ? lines.map(toAscii) : lines;
}

function bodyLines(input: TopInput, links: LiveLink[], room: number, options: TextOptions): string[] {
  const { state, snapshot } = input;
  if (state.view === 'help') return helpLines(options);
  const picked =
    links[
      selectedIndex(
        state,
        links.map((link) => link.state.link.id),
      )
    ];
  if (picked === undefined) return emptyLines(snapshot, options);
  if (state.view === 'detail') {
    const facts = detailLines(picked, options);
    const more = room - facts.length - 1;
    const sessions = sessionLines(
      picked,
      Math.max(0, Math.min(SESSION_ROWS, more - EVENT_ROWS - 1)),
      options,
    );
    if (sessions.length > 0) facts.push(rule('sessions', options), ...sessions);
    return withEvents(facts, input.events, room, options);
  }
  const tableOnly = room + 4 < ROWS_FOR_DETAIL;
  const height = tableOnly ? room - 1 : Math.min(links.length, Math.max(3, Math.floor(room / 2) - 1));
  const table = topTable(links, state, height, options);
  if (tableOnly) return table;
  const left = room - table.length - 1;
  const facts = detailLines(picked, options);
  const kept =
    left >= 3 * EVENT_ROWS ? facts.slice(0, left - Math.min(EVENT_ROWS + 1, input.events.length + 1)) : facts;
  const heading =
    links.length > height
      ? `${
          selectedIndex(
            state,
            links.map((l) => l.state.link.id),
          ) + 1
        } of ${links.length}`
      : '';
  return [...table, rule(heading, options), ...withEvents(kept, input.events, left, options)];
}

/** Facts, then as many of the latest events as there is room for. */
function withEvents(
  facts: string[],
  events: readonly string[],
  room: number,
  options: TextOptions,
): string[] {
  const left = room - facts.length - 1;
  if (left < 1 || events.length === 0) return facts;
  const lines = events.slice(-left).map((text) => renderLine([{ text }], options.width));
  return [...facts, rule('events', options), ...lines];
}

function rule(heading: string, { chalk, width }: TextOptions): string {
  const text = heading === '' ? '' : `── ${heading} `;
  return chalk.dim(`${text}${'─'.repeat(Math.max(0, width - displayWidth(text)))}`);
}

function headerLines(input: TopInput, links: readonly LiveLink[], options: TextOptions): string[] {
  return [titleLine(input, options), countsLine(input.snapshot, options), statusLine(links, options)];
}

function titleLine({ title, snapshot, state }: TopInput, { chalk, width, zone }: TextOptions): string {
  const time = clockText(snapshot.now, { zone, decimals: 3, withDate: false }).slice(0, 8);
  const end = state.paused ? `PAUSED at ${time}` : time;
  const name = 'psyncscope ';
  const room = Math.max(0, width - name.length - displayWidth(end) - 1);
  const source = escapeText(title, room);
  return renderLine(
    [
      { text: name, paint: chalk.bold },
      { text: source },
      { text: ' '.repeat(Math.max(1, width - name.length - displayWidth(source) - displayWidth(end))) },
      { text: end, paint: state.paused ? chalk.yellow.bold : chalk.dim },
    ],
    width,
  );
}

function countsLine(
  { capture, links, leftOut, packetsPerSecond, bytesPerSecond }: LiveSnapshot,
  options: TextOptions,
): string {
  const { chalk, width } = options;
  const { kernelDrops, cutPackets } = capture;
  const loss: Part[] = [];
  // What is lost comes first, where a narrow terminal still shows it.
  if (kernelDrops !== null && kernelDrops > 0)
    loss.push({ text: `! ${countText(kernelDrops)} dropped by the kernel`, paint: chalk.red.bold });
  if (cutPackets > 0) loss.push({ text: `! ${plural(cutPackets, 'packet')} cut`, paint: chalk.red.bold });
  const counts: Part[] = [
    { text: plural(links.length + leftOut, 'link') },
    ...loss,
    {
      text:
        packetsPerSecond === null
          ? plural(capture.packets, 'packet')
          : `${countText(packetsPerSecond)} packets/s`,
    },
    {
      text: bytesPerSecond === null ? bytesText(capture.bytes) : `${bytesText(Math.round(bytesPerSecond))}/s`,
    },
  ];
  if (kernelDrops === 0) counts.push({ text: 'kernel drops 0', paint: chalk.dim });
  if (kernelDrops === null) counts.push({ text: 'kernel drops –', paint: chalk.dim });
  if (cutPackets === 0) counts.push({ text: 'cut packets 0', paint: chalk.dim });
  if (leftOut > 0) counts.push({ text: `${countText(leftOut)} not shown`, paint: chalk.yellow });
  const separator = { text: ' · ', paint: chalk.dim };
  while (counts.length > 1 && widthOf(counts) + (counts.length - 1) * separator.text.length > width)
    counts.pop();
  return renderLine(
    counts.flatMap((part, i) => (i === 0 ? [part] : [separator, part])),
    width,
  );
}

function widthOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { text }) => sum + displayWidth(text), 0);
}

/** The worst that is wrong anywhere, in words. */
function statusLine(links: readonly LiveLink[], { chalk, width }: TextOptions): string {
  if (links.length === 0) return '';
  const troubled = links.filter(({ troubles }) => troubles.length > 0);
  const worst = troubled.find(({ troubles }) => isBad(troubles[0]!)) ?? troubled[0];
  if (worst === undefined) return renderLine([{ text: 'all links in order', paint: chalk.green }], width);
  const trouble = worst.troubles[0]!;
  const paint = isBad(trouble) ? chalk.red : chalk.yellow;
  const name = links.length === 1 ? '' : `   ${replicaName(worst.state.link)}`;
  return renderLine(
    [
      { text: `${isBad(trouble) ? '!' : '*'} ${trouble.text}`, paint },
      { text: name },
      {
        text: troubled.length === 1 ? '' : `   and ${countText(troubled.length - 1)} more`,
        paint: chalk.dim,
      },
    ],
    width,
  );
}

function emptyLines({ capture, ignored }: LiveSnapshot, { chalk, width }: TextOptions): string[] {
  const lines: Part[] = [
    { text: 'no replication link yet', paint: chalk.bold },
    {
      text: `${plural(capture.packets, 'packet')}, ${plural(ignored.connections, 'other connection')} so far`,
    },
  ];
  if (ignored.encryptedConnections > 0)
    lines.push({
      text: `${plural(ignored.encryptedConnections, 'TLS connection')}: content cannot be read`,
      paint: chalk.yellow,
    });
  lines.push({ text: 'a link shows at its handshake or its next ACK', paint: chalk.dim });
  return lines.map((part) => renderLine([part], width));
}

/** Keys, the most needed first: a narrow terminal cuts the rest. */
function footerLine({ state, message }: TopInput, { chalk, width }: TextOptions): string {
  if (message !== null) return renderLine([{ text: escapeText(message, width), paint: chalk.yellow }], width);
  const order = `sort < ${state.sort} >${state.descending ? '' : ' reversed'}`;
  const keys =
    state.view === 'table'
      ? [
          'q quit',
          '? help',
          state.paused ? 'p go on' : 'p pause',
          'Enter detail',
          order,
          'r reverse',
          'j k pick',
        ]
      : ['q quit', 'Esc back', state.paused ? 'p go on' : 'p pause', 'j k next link'];
  return renderLine([{ text: fitting(keys, '  ', width), paint: chalk.dim }], width);
}

/** As many texts as fit, whole: half a word says nothing. */
function fitting(texts: readonly string[], between: string, width: number): string {
  let line = texts[0] ?? '';
  for (const text of texts.slice(1)) {
    if (displayWidth(line + between + text) > width) break;
    line += between + text;
  }
  return line;
}
