import type { Zone } from '../time.js';
import type { CheckReport, ResultDocument, SubjectDocument } from './check-document.js';
import { headline, isWarning, nameText, resultLines } from './failure-lines.js';

/** What XML 1.0 cannot hold, not even as a reference; and what could hide or turn text in a viewer. */
const NOT_XML = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|[\x7f-\x9f]|\p{Cf}/gu;

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text for an attribute or an element. */
export function xmlText(text: string): string {
  return text.replace(NOT_XML, '\ufffd').replace(/[&<>"']/g, (char) => ENTITIES[char]!);
}

/** An attribute: its line breaks and tabs would become blanks. */
function attribute(text: string): string {
  return xmlText(text).replaceAll('\n', '&#10;').replaceAll('\r', '&#13;').replaceAll('\t', '&#9;');
}

/**
 * The report as JUnit XML (the form that Jenkins, GitLab and GitHub actions read): a suite a capture, a case an assertion. A failure
 * that does not count is a case that passed, with its text as output. Ends without a newline.
 */
export function junitReport(report: CheckReport, zone: Zone): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>'];
  const all = report.subjects.flatMap(({ results }) => results);
  lines.push(`<testsuites name="psyncscope check" ${countsOf(all, report)}>`);
  for (const subject of report.subjects) lines.push(...suite(subject, report, zone));
  lines.push('</testsuites>');
  return lines.join('\n');
}

function suite(subject: SubjectDocument, report: CheckReport, zone: Zone): string[] {
  const name = attribute(nameText(subject.name));
  const time = subject.capture?.firstTime ?? null;
  // The schema's time of day has neither zone nor fraction.
  const timestamp = time === null ? '' : ` timestamp="${attribute(time.slice(0, 19))}"`;
  return [
    `  <testsuite name="${name}" ${countsOf(subject.results, report)} time="0"${timestamp}>`,
    ...subject.results.flatMap((result) => testCase(result, name, report, zone)),
    '  </testsuite>',
  ];
}

function testCase(result: ResultDocument, classname: string, report: CheckReport, zone: Zone): string[] {
  const place =
    result.file === null ? '' : ` file="${attribute(nameText(result.file))}" line="${result.line}"`;
  const head = `    <testcase name="${attribute(nameText(result.name))}" classname="${classname}" time="0"${place}`;
  const body = bodyOf(result, report, zone);
  return body === null ? [`${head}/>`] : [`${head}>`, `      ${body}`, '    </testcase>'];
}

function bodyOf(result: ResultDocument, { failOn }: CheckReport, zone: Zone): string | null {
  if (result.status === 'passed') return null;
  const message = attribute(headline(result));
  if (result.status === 'skipped') return `<skipped message="${message}"/>`;
  const text = xmlText(resultLines(result, zone).join('\n'));
  if (isWarning(result, failOn)) return `<system-out>warning: ${text}</system-out>`;
  const element = result.status === 'error' ? 'error' : 'failure';
  return `<${element} message="${message}" type="${result.severity}">${text}</${element}>`;
}

function countsOf(results: readonly ResultDocument[], { failOn }: CheckReport): string {
  const count = (test: (result: ResultDocument) => boolean): number => results.filter(test).length;
  const failures = count((result) => result.status === 'failed' && !isWarning(result, failOn));
  const errors = count(({ status }) => status === 'error');
  const skipped = count(({ status }) => status === 'skipped');
  return `tests="${results.length}" failures="${failures}" errors="${errors}" skipped="${skipped}"`;
}
