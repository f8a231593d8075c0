import type { Analyzer } from '../../analyzer.js';
import type { LiveProblem } from '../../capture/live/types.js';
import type { SummaryDocument } from '../../report/document.js';
import { summaryTable } from '../../report/table.js';
import type { LineOutput } from '../live/line-output.js';
import { isOutputClosed } from '../output.js';
import { type ReportFeed, writePage } from '../report-feed.js';
import { textOptions } from '../selection.js';
import { writeSummary } from '../summary-file.js';
import type { SniffArguments } from './flags.js';
import type { SniffPlan } from './plan.js';
import { collect, defect, interrupted, notRecorded, sentence } from './problems.js';
import type { Recorder } from './recorder.js';
import type { Source } from './source.js';
import type { Verdict } from './verdict.js';

/** --check: an assertion failed, or there was nothing to check. */
const EXIT_FAILED = 1;

/** A capture that is over, and what of it is to be printed and written. */
export interface Closing {
  readonly args: SniffArguments;
  readonly plan: SniffPlan;
  readonly source: Source;
  readonly analyzer: Analyzer;
  /** Of the whole capture. */
  readonly document: SummaryDocument;
  readonly output: LineOutput;
  readonly recorder: Recorder | null;
  readonly report: ReportFeed | null;
  readonly verdict: Verdict | null;
  /** A line on standard error. */
  readonly tell: (text: string) => void;
}

/** The end: what was seen is printed and written. @returns what went wrong. */
export function sumUp(closing: Closing, problem: LiveProblem | null): string[] {
  const { args, plan, source, analyzer, document, recorder, tell } = closing;
  const isShown = plan.view !== 'json' && analyzer.packets > 0;
  if (isShown) closing.output.last(`\n${summaryTable(document, textOptions(args))}\n`);
  const problems: string[] = [];
  const interruptions = source.interruptions();
  if (interruptions !== null && interruptions.lost > 0) tell(interrupted(interruptions));
  if (problem !== null) problems.push(sentence(problem));
  else if (analyzer.packets === 0 && !isOutputClosed()) tell(source.emptyHint);
  for (const error of analyzer.internalErrors) tell(defect(error));
  if (recorder !== null && recorder.leftOut > 0) tell(notRecorded(recorder.leftOut, plan.record!.path));
  collect(problems, () => recorder?.close());
  const { summary, report } = args;
  if (summary !== undefined) collect(problems, () => writeSummary(summary, document));
  if (report !== undefined)
    collect(problems, () => writePage(report, closing.report!.page(document, analyzer)));
  collect(problems, () => check(closing));
  return problems;
}

/** The assertions of --check. A command that failed keeps its own exit code. @throws InputProblem */
function check({ plan, verdict, document, output }: Closing): void {
  const path = plan.record?.path;
  const passed = verdict?.give(document, path === undefined ? [] : [path], (text) => {
    if (plan.view === 'json') process.stderr.write(`${text}\n`);
    else output.last(`\n${text}\n`);
  });
  if (passed === false) process.exitCode = EXIT_FAILED;
}
