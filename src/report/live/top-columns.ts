import type { ChalkInstance } from 'chalk';
import type { Paint } from '../layout.js';
import { sparkline } from '../sparkline.js';
import { bytesText, countText } from '../units.js';
import { displayWidth } from '../width.js';
import { linkName, replicaName } from './link-name.js';
import type { LivePhase } from './link-state.js';
import type { LiveLink } from './model.js';
import { flowRate } from './rates.js';
import type { SortKey } from './top-state.js';
import { ACK_BAD_MS, ACK_WARN_MS, isBad, LAG_BAD_MS } from './troubles.js';

/** The columns of the table of links: what they say, how wide they are, and which of them go when the terminal is narrow. */

export interface TopColumn {
  head: string;
  sort: SortKey | null;
  /** Columns on a screen; cells fit, or are cut. */
  width: number;
  right: boolean;
  cell: (link: LiveLink, chalk: ChalkInstance) => { text: string; paint?: Paint | undefined };
}

export interface ChosenColumns {
  columns: TopColumn[];
  /** Columns between two cells. */
  gap: number;
  /** Head, width and text of the first column. */
  linkHead: string;
  linkWidth: number;
  linkText: (link: LiveLink) => string;
}

const UNKNOWN = '–';

/** What a link's name is given before columns go for it: for both ends, and for the replica alone. */
const MOST_LINK = 48;
const MOST_REPLICA = 23;
const NARROWEST_LINK = 10;

/** From here on cells stand two columns apart. */
const WIDE = 100;

const SPARK_CELLS = 8;
const WIDE_SPARK_CELLS = 12;

/** A duration in at most seven columns: `0 ms`, `999 ms`, `99.9 s`, `59 m`, `47 h`, `99 d`. */
export function shortDuration(ms: number): string {
  if (ms < 999.5) return `${ms < 9.95 && ms > 0 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = ms / 60_000;
  if (minutes < 100) return `${Math.floor(minutes)} m`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}

function duration(ms: number | null): string {
  return ms === null ? UNKNOWN : shortDuration(ms);
}

function bytes(value: number | null): string {
  return value === null ? UNKNOWN : bytesText(Math.round(value));
}

function phasePaint(phase: LivePhase, chalk: ChalkInstance): Paint | undefined {
  if (phase === 'refused' || phase === 'closed') return chalk.red;
  return phase === 'online' ? chalk.green : chalk.yellow;
}

function ackPaint(ms: number | null, chalk: ChalkInstance): Paint | undefined {
  if (ms === null || ms < ACK_WARN_MS) return undefined;
  return ms < ACK_BAD_MS ? chalk.yellow : chalk.red;
}

const PHASE: TopColumn = {
  head: 'phase',
  sort: 'phase',
  width: 9,
  right: false,
  cell: ({ state, troubles }, chalk) => ({
    text: state.phase,
    // A link that closed as it should (a dump client, a replica that moved on) is no alarm.
    paint: state.phase === 'closed' && !troubles.some(isBad) ? chalk.dim : phasePaint(state.phase, chalk),
  }),
};
const RATE: TopColumn = {
  head: 'rate/s',
  sort: 'rate',
  width: 7,
  right: true,
  cell: ({ rate, state }) => ({ text: bytes(flowRate(state, rate)) }),
};
const LAG: TopColumn = {
  head: 'lag',
  sort: 'lag',
  width: 7,
  right: true,
  cell: ({ state }) => ({ text: bytes(state.lagBytes) }),
};
const AGE: TopColumn = {
  head: 'age',
  sort: 'age',
  width: 7,
  right: true,
  cell: ({ state: { lagMs } }, chalk) => ({
    text: duration(lagMs),
    paint: lagMs !== null && lagMs >= LAG_BAD_MS ? chalk.red : undefined,
  }),
};
const ACK: TopColumn = {
  head: 'ACK',
  sort: 'ACK',
  width: 7,
  right: true,
  cell: ({ state }, chalk) => ({ text: duration(state.ackAgeMs), paint: ackPaint(state.ackAgeMs, chalk) }),
};
const RESYNCS: TopColumn = {
  head: 'full/part',
  sort: 'resyncs',
  width: 9,
  right: true,
  cell: ({ state: { link }, rate }, chalk) => ({
    text: `${countText(link.fullResyncs)}/${countText(link.partialResyncs)}`,
    paint: rate.fullResyncs + rate.refusedSyncs > 0 ? chalk.yellow : undefined,
  }),
};
function offsetText({ state }: LiveLink): string {
  if (state.masterOffset === null) return UNKNOWN;
  return `${state.isInferred ? '~' : ''}${countText(state.masterOffset)}`;
}

/** As wide as the longest offset: they have 1 to 21 digits and blanks. */
function offset(links: readonly LiveLink[]): TopColumn {
  const width = links.reduce((most, link) => Math.max(most, offsetText(link).length), 'offset'.length);
  return { head: 'offset', sort: 'offset', width, right: true, cell: (link) => ({ text: offsetText(link) }) };
}

const LOST: TopColumn = {
  head: 'lost',
  sort: 'lost',
  width: 7,
  right: true,
  cell: ({ state }, chalk) => ({
    text: bytes(state.missingBytes),
    paint: state.missingBytes > 0 ? chalk.yellow : chalk.dim,
  }),
};

function isSending({ state }: LiveLink): boolean {
  return state.phase === 'transfer' && state.payload !== null && !state.payload.complete;
}

/** How much of a payload has come, as a bar; its bytes where the whole is not known. */
function progress({ state: { payload } }: LiveLink, cells: number): string {
  if (payload?.declaredBytes == null) return bytes(payload?.bytes ?? null);
  const done = payload.declaredBytes === 0 ? 1 : Math.min(1, payload.bytes / payload.declaredBytes);
  const full = Math.floor(done * cells);
  return '█'.repeat(full) + '▁'.repeat(cells - full);
}

/** Lag over the last minutes, each link on a scale of its own; a payload under way as a bar. */
function past(cells: number): TopColumn {
  return {
    head: 'lag past',
    sort: null,
    width: cells,
    right: true,
    cell: (link, chalk) =>
      isSending(link)
        ? { text: progress(link, cells), paint: chalk.yellow }
        : {
            text: link.state.lagBytes === null ? '' : sparkline(link.rate.lagHistory, cells),
            paint: chalk.cyan,
          },
  };
}

/** Which columns go first when room is short, by their heads. Phase and lag stay. */
const DROPPED_FIRST = ['lost', 'offset', 'full/part', 'lag past', 'rate/s', 'ACK', 'age'];

/** How many of these go so that both ends of a link can be told, where its masters differ. */
const DROPPED_FOR_MASTERS = 2;

/** The columns that fit into `width`, of which `marks` columns stand before the link. */
export function chooseColumns(links: readonly LiveLink[], width: number, marks: number): ChosenColumns {
  const gap = width >= WIDE ? 2 : 1;
  const sparkCells = width >= WIDE ? WIDE_SPARK_CELLS : SPARK_CELLS;
  const all = [PHASE, RATE, LAG, past(sparkCells), AGE, ACK, RESYNCS, offset(links), LOST];
  const dropped = new Set<string>();
  const left = () => all.filter((column) => !dropped.has(column.head));
  const room = () => width - marks - left().reduce((sum, column) => sum + gap + column.width, 0);
  const widest = (text: (link: LiveLink) => string) =>
    links.reduce((most, link) => Math.max(most, displayWidth(text(link))), 'replica'.length);
  const dropUntil = (wanted: number, most: number) => {
    for (const head of DROPPED_FIRST.slice(0, most)) {
      if (room() >= wanted) break;
      dropped.add(head);
    }
    return room() >= wanted;
  };

  const masters = new Set(links.map(({ state }) => state.link.master));
  const whole = (link: LiveLink) => linkName(link.state.link);
  const both = widest(whole);
  if (both <= MOST_LINK && dropUntil(both, masters.size > 1 ? DROPPED_FOR_MASTERS : 0))
    return { columns: left(), gap, linkHead: 'link', linkWidth: both, linkText: whole };
  dropped.clear();
  const replica = (link: LiveLink) => replicaName(link.state.link);
  const needed = widest(replica);
  dropUntil(Math.min(needed, MOST_REPLICA), DROPPED_FIRST.length);
  const linkWidth = Math.max(Math.min(NARROWEST_LINK, width - marks), Math.min(room(), needed));
  return { columns: left(), gap, linkHead: 'replica', linkWidth, linkText: replica };
}
