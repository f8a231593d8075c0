import { Chalk } from 'chalk';
import type { AssertionSources } from './check/load.js';
import type { CheckOptions } from './check-captures.js';
import type { CheckReport } from './report/check/check-document.js';
import { humanReport } from './report/check/human.js';
import type { SummaryDocument } from './report/document.js';

// The parsers of assertions are loaded when the first ones are checked: who only analyses does not wait for them.

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
  const { checkCaptures } = await import('./check-captures.js');
  return checkCaptures(captures, sources, options);
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
  const { checkDocument } = await import('./check-captures.js');
  return checkDocument(document, sources, options);
}

/** A report as lines for people, for a test's message: at most `width` columns, 80 unless told, in plain text. */
export function checkText(report: CheckReport, width = 80): string {
  return humanReport(report, { width, chalk: new Chalk({ level: 0 }), ascii: false, zone: 'utc' });
}
