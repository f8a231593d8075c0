import { Analyzer, type AnalyzerOptions } from './analyzer.js';
import { type ReadOptions, readCaptures } from './capture/merge.js';
import { CaptureError } from './capture/types.js';
import type { Assertion } from './check/assertion.js';
import { Checker } from './check/checker.js';
import { closerCommand } from './check/closer.js';
import { type AssertionSources, loadAssertions, matchCaptures } from './check/load.js';
import { checkReport, noMatch, unreadable } from './check/report.js';
import type { CheckReport, CheckSeverity, SubjectDocument } from './report/check/check-document.js';
import type { SummaryDocument } from './report/document.js';

export interface CheckOptions
  extends Omit<AnalyzerOptions, 'onEvent' | 'commands' | 'observer'>,
    ReadOptions {
  /** From which severity on a failed assertion makes the report fail; `error` unless told. */
  failOn?: CheckSeverity | undefined;
}

/** See `check` in check.ts. */
export async function checkCaptures(
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

/** See `checkSummary` in check.ts. */
export async function checkDocument(
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
    analyzer.finish(facts);
    return checker.finish(analyzer.summary(facts), path, closerCommand([path]));
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return unreadable(path, error.message);
  }
}
