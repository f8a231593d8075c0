import { safeJson } from '../json.js';
import type { Zone } from '../time.js';
import type { CheckReport, ResultDocument, SubjectDocument } from './check-document.js';
import { headline, isWarning, messageText, nameText, resultLines } from './failure-lines.js';

/**
 * The report as TAP 14 (https://testanything.org): a test an assertion and capture. A failure that does not count is a TODO. Ends without
 * a newline.
 */
export function tapReport(report: CheckReport, zone: Zone): string {
  const cases = report.subjects.flatMap((subject) => subject.results.map((result) => ({ subject, result })));
  const lines = ['TAP version 14', `1..${cases.length}`];
  cases.forEach(({ subject, result }, index) => {
    lines.push(...testPoint(index + 1, subject, result, report, zone));
  });
  return lines.join('\n');
}

function testPoint(
  number: number,
  subject: SubjectDocument,
  result: ResultDocument,
  { failOn }: CheckReport,
  zone: Zone,
): string[] {
  const isGood = result.status === 'passed' || result.status === 'skipped';
  const name = `${isGood ? 'ok' : 'not ok'} ${number} - ${plain(nameText(subject.name))}: ${plain(nameText(result.name))}`;
  if (result.status === 'skipped') return [`${name} # SKIP ${plain(messageText(result.reason ?? ''))}`];
  if (isGood) return [name];
  const directive = isWarning(result, failOn) ? ' # TODO a warning' : '';
  const [failure] = result.failures;
  const details: [string, unknown][] = [
    ['message', headline(result)],
    ['severity', result.severity],
    ['asserted', messageText(result.rule)],
    ['at', result.file === null ? null : { file: nameText(result.file), line: result.line }],
    ['link', failure?.link == null ? null : nameText(failure.link)],
    ['text', resultLines(result, zone)],
  ];
  // JSON is YAML: one line a key, and nothing in it that needs a thought.
  return [
    `${name}${directive}`,
    '  ---',
    ...details.map(([key, value]) => `  ${key}: ${safeJson(value)}`),
    '  ...',
  ];
}

/** What begins a directive is no part of a description. The backslashes of nameText are doubled ones. */
function plain(text: string): string {
  return text.replaceAll('#', '\\#');
}
