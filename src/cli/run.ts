import { Analyzer, type AnalyzerOptions } from '../analyzer.js';
import type { ByteSource } from '../capture/byte-source.js';
import { readCaptures } from '../capture/merge.js';
import type { CaptureFacts } from '../capture/types.js';
import type { SummaryDocument } from '../report/document.js';
import { escapeText } from '../report/escape.js';
import { InputProblem } from './errors.js';
import { isOutputClosed, onOutputClosed } from './output.js';
import { Progress } from './progress.js';
import type { CaptureSelection } from './selection.js';

export interface RunHooks {
  /** For the analyzer: who is told what. */
  analyzer?: Pick<AnalyzerOptions, 'onEvent' | 'commands' | 'observer' | 'biggestKeys' | 'thresholds'>;
  /** Is given the analyzer before it sees a packet. */
  onAnalyzer?: (analyzer: Analyzer) => void;
  /** Pipes that were opened already. */
  sources?: ReadonlyMap<string, ByteSource>;
  /** The capture is one of several: that the filters leave nothing of this one is no news. */
  isOneOfSeveral?: boolean;
  /** After each block of packets: let out what was printed so far. */
  afterRun?: () => void;
}

/** Exit code of a program ended by SIGINT while it cannot print any more. */
const EXIT_INTERRUPTED = 130;

/**
 * Reads the selected captures through an Analyzer to the end, or until Ctrl-C or a closed output, and hands the summary to `show`.
 * Damage is told on standard error, after what was read before it.
 * @throws CaptureError when a capture cannot be read at all; InputProblem with --strict when one breaks off.
 */
export async function runCaptures(
  selection: CaptureSelection,
  hooks: RunHooks,
  show: (document: SummaryDocument, analyzer: Analyzer) => void | Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
    stop.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  onOutputClosed(() => stop.abort());
  const analyzer = new Analyzer({ ...selection.filter, ...hooks.analyzer });
  hooks.onAnalyzer?.(analyzer);
  const progress = new Progress(selection.paths, hooks.analyzer?.onEvent !== undefined);
  let facts: CaptureFacts[];
  try {
    facts = await readCaptures(
      selection.paths,
      { reader: selection.reader, signal: stop.signal, sources: hooks.sources },
      (batch, from, to) => {
        const more = analyzer.run(batch, from, to);
        progress.advance(analyzer.packets, analyzer.bytes);
        hooks.afterRun?.();
        return more && !stop.signal.aborted;
      },
    );
  } finally {
    progress.end();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
  analyzer.finish(facts);
  const document = analyzer.summary(facts);
  await show(document, analyzer);
  const filters = filterNames(selection);
  if (document.links.length === 0 && filters !== '' && hooks.isOneOfSeveral !== true && !isOutputClosed())
    process.stderr.write(`psyncscope: nothing is left after ${filters}\n`);
  const of = hooks.isOneOfSeveral === true ? `${escapeText(selection.paths.join(' '), 200)}: ` : '';
  for (const error of analyzer.internalErrors)
    process.stderr.write(
      `psyncscope: ${of}a defect of this program ended a connection; please report it:\n${escapeText(error, 2000)}\n`,
    );
  reportProblems(facts, selection.strict);
}

/** The filters that are set, as flags. */
function filterNames({ filter }: CaptureSelection): string {
  const flags = {
    port: filter.ports,
    host: filter.hosts,
    link: filter.keepLink,
    since: filter.since,
    until: filter.until,
  };
  const set = Object.entries(flags).filter(([, value]) => value !== undefined);
  return set.map(([name]) => `--${name}`).join(', ');
}

function reportProblems(facts: readonly CaptureFacts[], strict: boolean): void {
  const problems = facts
    .filter((capture) => capture.problem !== null)
    .map(
      ({ source, problem }) =>
        `${escapeText(source, 200)}: ${problem!.message} (byte ${problem!.position}); what came before was analysed`,
    );
  if (problems.length === 0) return;
  if (strict) throw new InputProblem(problems.join('\n'));
  for (const problem of problems) process.stderr.write(`psyncscope: ${problem}\n`);
}
