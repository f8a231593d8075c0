import { Chalk } from 'chalk';
import { Analyzer, type AnalyzerOptions } from './analyzer.js';
import { type ReadOptions, readCaptures } from './capture/merge.js';
import { CaptureError } from './capture/types.js';
import type { Assertion } from './check/assertion.js';
import { Checker } from './check/checker.js';
import { closerCommand } from './check/closer.js';
import { type AssertionSources, loadAssertions, matchCaptures } from './check/load.js';
import { checkReport, noMatch, unreadable } from './check/report.js';
import type { CheckReport, CheckSeverity, SubjectDocument } from './report/check/check-document.js';
import { humanReport } from './report/check/human.js';
import type { SummaryDocument } from './report/document.js';

export interface CheckOptions
  extends Omit<AnalyzerOptions, 'onEvent' | 'commands' | 'observer'>,
    ReadOptions {
  /** From which severity on a failed assertion makes the report fail; `error` unless told. */
  failOn?: CheckSeverity | undefined;
}

/**
 * Checks assertions on captures, as `psyncscope check` does. Each capture is a subject of its own.
 * @param captures Paths or globs, or null for those that the assertion files name.
 * @returns what was found; `passed` is false as well when there was nothing to check.
 * @throws AssertionFileError, ExpressionError, UnreadableAssertions for assertions that cannot be used. A capture that cannot be read is
 * an error in the report.
 */
export async function check(
  captures: string | readonly string[] | null,
  sources: AssertionSources,
  options: CheckOptions = {},
): Promise<CheckReport> {
  const loaded = await loadAssertions(sources);
  const patterns = captures === null ? loaded.captures : [captures].flat();
  const subjects: SubjectDocument[] = [];
  for (const pattern of patterns) {
    const paths = pattern === '-' ? ['-'] : await matchCaptures(pattern);
    if (paths.length === 0) subjects.push(noMatch(pattern));
    for (const path of paths) subjects.push(await checkCapture(path, loaded.assertions, options));
  }
  return checkReport(subjects, options.failOn ?? 'error');
}

/**
 * Checks assertions on a summary document, of `analyze` or of `summary --json`. Those on events need the capture: they throw.
 * @throws AssertionFileError, ExpressionError, UnreadableAssertions; Error for an assertion on events.
 */
export async function checkSummary(
  document: SummaryDocument,
  sources: AssertionSources,
  options: Pick<CheckOptions, 'failOn'> = {},
): Promise<CheckReport> {
  const { assertions } = await loadAssertions(sources);
  const onEvents = assertions.find(({ test }) => test.kind === 'events');
  if (onEvents !== undefined) throw new Error(`${onEvents.name}: an assertion on events needs the capture`);
  const checker = new Checker(assertions, { zone: 'utc', startedAt: () => null });
  const subject = checker.finish(document, document.capture.sources.join(', '), null);
  return checkReport([subject], options.failOn ?? 'error');
}

/** A report as lines for people, for a test's message: at most `width` columns, 80 unless told, in plain text. */
export function checkText(report: CheckReport, width = 80): string {
  return humanReport(report, { width, chalk: new Chalk({ level: 0 }), ascii: false, zone: 'utc' });
}

async function checkCapture(
  path: string,
  assertions: readonly Assertion[],
  options: CheckOptions,
): Promise<SubjectDocument> {
  const checker = new Checker(assertions, { zone: 'utc', startedAt: () => analyzer.firstTime });
  const analyzer: Analyzer = new Analyzer({
    ...options,
    onEvent: checker.onEvent,
    commands: checker.wantsCommands,
  });
  try {
    const facts = await readCaptures([path], options, (batch, from, to) => analyzer.run(batch, from, to));
    analyzer.finish();
    return checker.finish(analyzer.summary(facts), path, closerCommand([path]));
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return unreadable(path, error.message);
  }
}
