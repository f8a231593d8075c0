import type { ReplicationEvent } from '../replication/events.js';
import { EventPrinter } from '../report/event-printer.js';
import { eventLine } from '../report/events.js';
import { noteLines } from '../report/notes-text.js';
import { requireOneLink } from './aof-links.js';
import { AofOutput } from './aof-output.js';
import { UsageError } from './errors.js';
import { type ReplayArguments, STANDARD_INPUT_TOKEN } from './flags.js';
import { FileOutput } from './jobs/file-output.js';
import { readApart } from './jobs/jobs.js';
import { openOtlpFile } from './otlp/open.js';
import { isOutputClosed, Output } from './output.js';
import { runCaptures } from './run.js';
import { type CaptureSelection, refuseRedacted, selectCaptures, textOptions } from './selection.js';
import { writeSummary } from './summary-file.js';
import { typedThresholds } from './threshold-flags.js';

/** Wider than any event. */
const ONE_LINE = 100_000;

/** `psyncscope replay`: events as they happen. */
export async function replay(args: ReplayArguments): Promise<void> {
  const selection = selectCaptures(args);
  if (args.jobs !== undefined) return replayApart(args, selection);
  const aofPath = checkAof(args);
  if (aofPath !== null) await requireOneLink(selection);
  const aof = aofPath === null ? null : new AofOutput(aofPath, selection.filter.keepLink);
  try {
    await replayTo(args, selection, new Output(), aof);
  } finally {
    aof?.close();
  }
}

/** `--jobs`: each capture by itself. */
async function replayApart(args: ReplayArguments, selection: CaptureSelection): Promise<void> {
  typedThresholds(args);
  const { json, summary, aof, otlp } = args;
  const { paths } = selection;
  const input = { command: 'replay', args, paths, isJson: json, elsewhere: { summary, aof, otlp } };
  await readApart(input, (path) =>
    replayTo(args, { ...selection, paths: [path] }, new FileOutput(path), null),
  );
}

/** @returns where the command stream goes, or null. @throws UsageError when two things would go to standard output. */
function checkAof(args: ReplayArguments): string | null {
  if (args.aof === undefined) return null;
  refuseRedacted(args.redact, '--aof');
  if (args.aof !== STANDARD_INPUT_TOKEN && args.aof !== '-') return args.aof;
  if (args.json || args.commands || args.acks)
    throw new UsageError('--aof - writes to standard output: leave out --json, --commands and --acks');
  return '-';
}

async function replayTo(
  args: ReplayArguments,
  selection: CaptureSelection,
  output: Pick<Output, 'line' | 'flush'>,
  aof: AofOutput | null,
): Promise<void> {
  const thresholds = typedThresholds(args);
  const otlp = await openOtlpFile(args.otlp);
  const quiet = args.quiet || aof?.isStandardOutput === true;
  const onEvent = quiet ? undefined : printer(args, output, selection.filter.keepLink);
  await runCaptures(
    selection,
    {
      analyzer: {
        onEvent: onEvent?.event,
        commands: args.commands,
        thresholds,
        biggestKeys: args.summary === undefined ? 0 : undefined,
        observer: aof ?? undefined,
      },
      isOneOfSeveral: args.jobs !== undefined,
      afterRun: () => {
        output.flush();
        aof?.flush();
      },
    },
    async (document, analyzer) => {
      onEvent?.end();
      output.flush();
      aof?.finish();
      if (!args.json && !isOutputClosed())
        for (const line of noteLines(document, { ...textOptions(args) })) process.stderr.write(`${line}\n`);
      if (args.summary !== undefined) writeSummary(args.summary, document);
      otlp?.take(document, analyzer);
    },
  );
  await otlp?.send();
}

function printer(
  args: ReplayArguments,
  output: Pick<Output, 'line'>,
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
