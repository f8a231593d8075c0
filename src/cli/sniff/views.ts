import { Chalk } from 'chalk';
import type { ReplicationEvent } from '../../replication/events.js';
import { EventPrinter } from '../../report/event-printer.js';
import { eventLine } from '../../report/events.js';
import type { LiveSnapshot } from '../../report/live/model.js';
import { RecentEvents } from '../../report/live/recent-events.js';
import { StatLines } from '../../report/live/stat-lines.js';
import type { TextOptions } from '../../report/options.js';
import type { LineOutput } from '../live/line-output.js';
import type { TextSink } from '../live/text-sink.js';
import { canShowTop, TopScreen } from '../live/top-screen.js';
import { textOptions } from '../selection.js';
import type { SniffArguments } from './flags.js';
import type { SniffPlan } from './plan.js';

/** What is printed while the capture runs. */
export interface LiveView {
  /** ms between snapshots; null: it wants none. */
  readonly every: number | null;
  event?(event: ReplicationEvent): void;
  snapshot?(snapshot: LiveSnapshot): void;
  /** A line of ours that is neither output nor the end. */
  message(text: string): void;
  end(): void;
}

/** Wider than any line: in a file or a pipe nothing is cut, so that grep finds all of it. */
const ONE_LINE = 100_000;

/** How often the screen is drawn anew, ms. */
const SCREEN_MS = 1000;

const toStandardError = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Width of a terminal, or of none. */
function plainWidth(options: TextOptions): number {
  return process.stdout.isTTY === true || process.env.COLUMNS !== undefined ? options.width : ONE_LINE;
}

/** What a view prints on. */
export interface ViewOutput {
  readonly output: LineOutput;
  readonly sink: TextSink;
  /** Of the screen. */
  readonly title: string;
  readonly onQuit: () => void;
}

/** The view of a plan; a screen that is asked for without a terminal is lines instead. */
export function chooseView({ view, statMs }: SniffPlan, args: SniffArguments, on: ViewOutput): LiveView {
  const options = textOptions(args);
  if (view === 'none') return quietView();
  if (view === 'json') return jsonView(on.output);
  if (view === 'events')
    return eventView(on.output, { ...options, acks: args.acks, commands: args.commands });
  if (view === 'top' && canShowTop()) return topView(options, on);
  return statView(on.output, options, statMs);
}

export function quietView(): LiveView {
  return { every: null, message: toStandardError, end: () => {} };
}

function jsonView(output: LineOutput): LiveView {
  return {
    every: null,
    event: (event) => output.line(eventLine(event)),
    message: toStandardError,
    end: () => {},
  };
}

function eventView(
  output: LineOutput,
  options: TextOptions & { readonly acks: boolean; readonly commands: boolean },
): LiveView {
  const lines = { ...options, width: plainWidth(options), showLink: false };
  const printer = new EventPrinter(lines, (line) => output.line(line));
  return {
    every: null,
    event: (event) => printer.print(event),
    message: (text) => {
      output.flush();
      toStandardError(text);
    },
    end: () => printer.end(),
  };
}

function statView(output: LineOutput, options: TextOptions, every: number): LiveView {
  const lines = new StatLines({ ...options, width: plainWidth(options) });
  return {
    every,
    snapshot: (snapshot) => {
      for (const line of lines.lines(snapshot)) output.line(line);
    },
    message: toStandardError,
    end: () => {},
  };
}

function topView(options: TextOptions, { title, sink, onQuit }: ViewOutput): LiveView {
  const { chalk, ascii, zone } = options;
  const events = new RecentEvents({ chalk: new Chalk({ level: 0 }), zone });
  const screen = new TopScreen({
    title,
    text: { chalk, ascii, zone },
    eventsOf: (link, width) => events.of(link, width),
    onQuit,
    sink,
  });
  screen.start();
  return {
    every: SCREEN_MS,
    event: (event) => events.add(event),
    snapshot: (snapshot) => screen.update(snapshot),
    message: (text) => screen.message(text),
    end: () => screen.stop(),
  };
}
