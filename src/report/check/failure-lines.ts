import { escapeText } from '../escape.js';
import { clockText, parseMicros, type Zone } from '../time.js';
import type { FailureDocument, ResultDocument } from './check-document.js';

/** Characters of one message; what is asserted of many thousand links does not fill a log. */
const MAX_MESSAGE = 2000;
const MAX_NAME = 300;

/** A name (of a file, an assertion, a link), safe to print. */
export function nameText(name: string): string {
  return escapeText(name, MAX_NAME);
}

/** A message, safe to print. */
export function messageText(message: string): string {
  return escapeText(message, MAX_MESSAGE);
}

/** `127.0.0.1:6379<-127.0.0.1:6380, session 2, 04:40:39.625, packet 351`; '' where it is about no link. */
export function placeText({ link, session, at, packet }: FailureDocument, zone: Zone): string {
  const clock = at === null ? Number.NaN : parseMicros(at);
  const parts = [
    link === null ? '' : nameText(link),
    session === null ? '' : `session ${session}`,
    Number.isNaN(clock) ? '' : clockText(clock, { zone, decimals: 3, withDate: false }),
    packet === null ? '' : `packet ${packet}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** A result that is not passed, in plain lines: what was asserted, each failure, the timeline around it, what to run. */
export function resultLines(result: ResultDocument, zone: Zone): string[] {
  const lines = [`asserted: ${messageText(result.rule)}`];
  if (result.description !== null) lines.push(`for: ${messageText(result.description)}`);
  if (result.reason !== null) lines.push(messageText(result.reason));
  result.failures.forEach((failure, index) => {
    lines.push(messageText(failure.message));
    const place = placeText(failure, zone);
    if (place !== '') lines.push(`  ${place}`);
    // The first one is shown at length; the others mostly have the same reason.
    if (index > 0) return;
    lines.push(...failure.timeline.map((line) => `  ${line}`));
    for (const { severity, code, message, advice } of failure.findings) {
      lines.push(`${severity}: ${code}: ${messageText(message)}`);
      if (advice !== null) lines.push(`  to do: ${messageText(advice)}`);
    }
    if (failure.command !== null) lines.push(`  look closer: ${messageText(failure.command)}`);
  });
  const more = result.failureCount - result.failures.length;
  if (more > 0) lines.push(`and ${more} more`);
  return lines;
}

/** What a failed result says in one line. */
export function headline({ failures, reason, rule }: ResultDocument): string {
  return messageText(failures[0]?.message ?? reason ?? rule);
}

/** Does a failure of it count, or is it a warning only? */
export function isWarning({ status, severity }: ResultDocument, failOn: 'warning' | 'error'): boolean {
  return status === 'failed' && severity === 'warning' && failOn === 'error';
}
