import type { Zone } from '../time.js';
import type { CheckReport, ResultDocument, SubjectDocument } from './check-document.js';
import { headline, isWarning, nameText, resultLines } from './failure-lines.js';

/**
 * The report as workflow commands of GitHub Actions, one a line: an annotation at the assertion's place in its file for each that
 * failed. Ends without a newline; a report without failures is one notice.
 */
export function githubReport(report: CheckReport, zone: Zone): string {
  const lines = report.subjects.flatMap((subject) =>
    subject.results.flatMap((result) => annotation(subject, result, report, zone)),
  );
  const { passed, failed, warned, skipped, errors } = report.counts;
  const totals = `${passed} passed, ${failed + errors} failed, ${warned} warnings, ${skipped} skipped`;
  return [...lines, `::notice title=psyncscope check::${data(totals)}`].join('\n');
}

function annotation(
  subject: SubjectDocument,
  result: ResultDocument,
  { failOn }: CheckReport,
  zone: Zone,
): string[] {
  if (result.status === 'passed' || result.status === 'skipped') return [];
  const level = isWarning(result, failOn) ? 'warning' : 'error';
  const place = result.file === null ? '' : `file=${property(result.file)},line=${result.line},`;
  const title = property(`${nameText(result.name)} (${nameText(subject.name)})`);
  const text = [headline(result), ...resultLines(result, zone)].filter(
    (line, index, all) => all.indexOf(line) === index,
  );
  return [`::${level} ${place}title=${title}::${data(text.join('\n'))}`];
}

/** https://github.com/actions/toolkit: what a command's text and its properties have instead of their own marks. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
