import { toAscii } from '../ascii.js';
import { flow, type Paint, renderLine } from '../layout.js';
import type { TextOptions } from '../options.js';
import { parseMicros } from '../time.js';
import { countText, durationText, plural } from '../units.js';
import { displayWidth } from '../width.js';
import type { CheckReport, FailureDocument, ResultDocument, SubjectDocument } from './check-document.js';
import { isWarning, messageText, nameText, placeText } from './failure-lines.js';

/** Wider lines are hard to read in a log. */
const MAX_WIDTH = 100;

const MARKS = { passed: '✓', failed: '✗', error: '✗', warned: '!', skipped: '-' };
const ASCII_MARKS = { passed: 'ok  ', failed: 'FAIL', error: 'FAIL', warned: 'warn', skipped: 'skip' };

/** The report for people: a line an assertion, and for each that failed why, where, and what to run. Ends without a newline. */
export function humanReport(report: CheckReport, options: TextOptions): string {
  const writer = new HumanWriter(report, { ...options, width: Math.min(options.width, MAX_WIDTH) });
  const text = writer.lines.join('\n');
  return options.ascii ? toAscii(text) : text;
}

class HumanWriter {
  readonly lines: string[] = [];
  readonly #report: CheckReport;
  readonly #options: TextOptions;
  /** Sessions whose timeline was shown of this subject, and findings. */
  readonly #shown = new Set<string>();

  constructor(report: CheckReport, options: TextOptions) {
    this.#report = report;
    this.#options = options;
    for (const subject of report.subjects) this.#subject(subject);
    this.#text(totals(report), 0, report.passed ? options.chalk.green : options.chalk.red);
  }

  #subject(subject: SubjectDocument): void {
    const { chalk } = this.#options;
    this.#shown.clear();
    this.#text(nameText(subject.name), 0, chalk.bold);
    const facts = factsOf(subject);
    if (facts !== '') this.#text(facts, 2, chalk.dim);
    for (const result of subject.results) this.#result(result);
    if (this.lines.at(-1) !== '') this.lines.push('');
  }

  #result(result: ResultDocument): void {
    const { chalk, ascii } = this.#options;
    const status = isWarning(result, this.#report.failOn) ? 'warned' : result.status;
    const paint = {
      passed: chalk.green,
      failed: chalk.red,
      error: chalk.red,
      warned: chalk.yellow,
      skipped: chalk.dim,
    };
    const mark = (ascii ? ASCII_MARKS : MARKS)[status];
    const place = result.file === null ? '' : `   ${nameText(result.file)}:${result.line}`;
    const isSilent = status === 'passed' || status === 'skipped';
    const skipped = status === 'skipped' && result.reason !== null ? `   ${messageText(result.reason)}` : '';
    this.#text(
      `${mark} ${nameText(result.name)}${isSilent ? skipped : place}`,
      2,
      paint[status],
      mark.length + 1,
    );
    if (isSilent) return;
    if (result.rule !== result.name) this.#text(messageText(result.rule), 6, chalk.dim);
    if (result.description !== null) this.#text(messageText(result.description), 6);
    if (result.reason !== null) this.#text(messageText(result.reason), 6, paint[status]);
    for (const [index, failure] of result.failures.entries()) this.#failure(failure, index, paint[status]);
    const more = result.failureCount - result.failures.length;
    if (more > 0) this.#text(`and ${countText(more)} more`, 6, chalk.dim);
    this.lines.push('');
  }

  #failure(failure: FailureDocument, index: number, paint: Paint): void {
    const { zone } = this.#options;
    // Behind the timeline of the first one.
    if (index === 1 && this.lines.at(-1) !== '') this.lines.push('');
    this.#text(messageText(failure.message), 6, paint);
    const place = placeText(failure, zone);
    if (place !== '') this.#text(place, 6);
    if (index === 0) this.#surroundings(failure);
  }

  /** What happened around it. A session that another assertion failed on above is not told once more. */
  #surroundings({ link, session, timeline, findings, command }: FailureDocument): void {
    const { chalk, width } = this.#options;
    const isKnown = timeline.length > 0 && this.#isShown('session', link, session);
    const fresh = findings.filter(({ code, message }) => !this.#isShown('finding', code, message));
    if (isKnown) {
      const known = findings.filter((finding) => !fresh.includes(finding)).map(({ code }) => `: ${code}`);
      this.#text(`the session shown above${known.join('')}`, 6, chalk.dim);
    } else if (timeline.length > 0) {
      this.lines.push('');
      for (const line of timeline)
        this.lines.push(renderLine([{ text: '      ' }, { text: line, paint: chalk.dim }], width));
      this.lines.push('');
    }
    for (const finding of fresh) this.#finding(finding);
    if (fresh.length > 0) this.lines.push('');
    if (!isKnown && command !== null) this.#command(messageText(command));
  }

  /** Was this shown in this subject? From now on it is. */
  #isShown(...what: (string | number | null)[]): boolean {
    const key = JSON.stringify(what);
    const isShown = this.#shown.has(key);
    this.#shown.add(key);
    return isShown;
  }

  #finding({ severity, code, message, advice }: FailureDocument['findings'][number]): void {
    const { chalk } = this.#options;
    const lead = `${severity}  `;
    const paint = severity === 'error' ? chalk.red : chalk.yellow;
    this.#text(`${lead}${code}: ${messageText(message)}`, 6, paint, lead.length);
    if (advice !== null) this.#text(`→ ${messageText(advice)}`, 6 + lead.length);
  }

  /** A command to be copied: on two lines, as a shell has it, where one is too narrow. */
  #command(text: string): void {
    const last = text.lastIndexOf(' ');
    const fits = displayWidth(text) + 8 <= this.#options.width;
    if (fits || last === -1) this.lines.push(`      → ${text}`);
    else this.lines.push(`      → ${text.slice(0, last)} \\`, `          ${text.slice(last + 1)}`);
  }

  /** A text in as many lines as it takes; `hang`: further columns of those after the first. */
  #text(text: string, indent: number, paint?: Paint, hang = 0): void {
    const { width } = this.#options;
    flow([{ text, paint }], width - indent - hang).forEach((row, index) => {
      const lead = ' '.repeat(index === 0 ? indent : indent + hang);
      this.lines.push(renderLine([{ text: lead }, ...row], width));
    });
  }
}

/** `1 link, 507 packets, 9.6 s` */
function factsOf({ capture, links }: SubjectDocument): string {
  if (capture === null) return '';
  const { packets, firstTime, lastTime } = capture;
  const parts = [plural(links, 'link'), plural(packets, 'packet')];
  if (firstTime !== null && lastTime !== null)
    parts.push(durationText((parseMicros(lastTime) - parseMicros(firstTime)) / 1000));
  return parts.join(', ');
}

/** `3 results on 1 capture: 1 passed, 2 failed.` */
function totals({ counts, subjects }: CheckReport): string {
  const captures = subjects.filter(({ capture }) => capture !== null).length;
  const { passed, failed, warned, skipped, errors } = counts;
  const all = passed + failed + warned + skipped + errors;
  const parts = [`${countText(passed)} passed`];
  if (failed > 0) parts.push(`${countText(failed)} failed`);
  if (errors > 0) parts.push(`${plural(errors, 'capture')} not readable`);
  if (warned > 0) parts.push(plural(warned, 'warning'));
  if (skipped > 0) parts.push(`${countText(skipped)} skipped`);
  return `${plural(all, 'result')} on ${plural(captures, 'capture')}: ${parts.join(', ')}.${noLinkText(subjects)}`;
}

/** ` No replication link in 3 captures: saw 12 connections, 1 of them TLS.`; '' when there is one, or one capture says so itself. */
function noLinkText(subjects: readonly SubjectDocument[]): string {
  const read = subjects.flatMap(({ ignored }) => (ignored === null ? [] : [ignored]));
  if (read.length < 2 || subjects.some(({ links }) => links > 0)) return '';
  const sum = (count: (ignored: (typeof read)[number]) => number): number =>
    read.reduce((total, ignored) => total + count(ignored), 0);
  const encrypted = sum(({ encryptedConnections }) => encryptedConnections);
  const saw = plural(
    sum(({ connections }) => connections),
    'connection',
  );
  const tls = encrypted === 0 ? '' : `, ${countText(encrypted)} of them TLS`;
  return ` No replication link in ${plural(read.length, 'capture')}: saw ${saw}${tls}.`;
}
