import { writeFile } from 'node:fs/promises';
import type { ReplicationEvent } from '../replication/events.js';
import { EventPrinter } from '../report/event-printer.js';
import { eventLine } from '../report/events.js';
import { safeJson } from '../report/json.js';
import { noteLines } from '../report/notes-text.js';
import { InputProblem } from './errors.js';
import type { ReplayArguments } from './flags.js';
import { isOutputClosed, Output } from './output.js';
import { runCaptures } from './run.js';
import { selectCaptures, textOptions } from './selection.js';

/** Wider than any event. */
const ONE_LINE = 100_000;

/** `psyncscope replay`: events as they happen. */
export async function replay(args: ReplayArguments): Promise<void> {
  const selection = selectCaptures(args);
  const output = new Output();
  const onEvent = args.quiet ? undefined : printer(args, output, selection.filter.keepLink);
  await runCaptures(
    selection,
    { analyzer: { onEvent: onEvent?.event, commands: args.commands }, afterRun: () => output.flush() },
    async (document) => {
      onEvent?.end();
      output.flush();
      if (!args.json && !isOutputClosed())
        for (const line of noteLines(document, { ...textOptions(args) })) process.stderr.write(`${line}\n`);
      if (args.summary !== undefined) await writeSummary(args.summary, safeJson(document, 2));
    },
  );
}

async function writeSummary(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, `${text}\n`);
  } catch (error) {
    throw new InputProblem(`${path}: cannot write the summary: ${(error as Error).message}`);
  }
}

function printer(
  args: ReplayArguments,
  output: Output,
  keepLink: ((link: never) => boolean) | undefined,
): { event: (event: ReplicationEvent) => void; end: () => void } {
  const isKept = (event: ReplicationEvent): boolean =>
    event.event === 'encrypted'
      ? args.link === undefined
      : keepLink === undefined || keepLink(event.link as never);
  if (args.json)
    return {
      event: (event) => {
        if (isKept(event)) output.line(eventLine(event));
      },
      end: () => {},
    };
  const text = textOptions(args);
  // In a file or a pipe each event is one line, however long, so that grep finds all of it.
  const width = process.stdout.isTTY === true || process.env.COLUMNS !== undefined ? text.width : ONE_LINE;
  const options = { ...text, width, showLink: false, acks: args.acks, commands: args.commands };
  const lines = new EventPrinter(options, (line) => output.line(line));
  return {
    event: (event) => {
      if (isKept(event)) lines.print(event);
    },
    end: () => lines.end(),
  };
}
