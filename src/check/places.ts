import { Chalk } from 'chalk';
import type { FailureDocument } from '../report/check/check-document.js';
import type { FindingDocument, SummaryDocument } from '../report/document.js';
import { worstFirst } from '../report/findings/severity.js';
import type { Zone } from '../report/time.js';
import { sessionLines } from '../report/timeline.js';
import type { Closer } from './closer.js';
import { type Focus, focusOf } from './focus.js';

/** What a failure is shown with. */
export interface Surroundings {
  readonly document: SummaryDocument;
  readonly zone: Zone;
  /** Gives a command that shows more of a link; null: what was captured was not kept. */
  readonly command: Closer | null;
}

/** Columns of the lines of the timeline: with the indentation of a report they stay below 80. */
const COLUMNS = 72;

/** Lines of one failure. */
const MAX_LINES = 14;

/** A failure at a place of the summary document. `paths`: the values it met, the telling one first. */
export function failureAt(
  message: string,
  values: FailureDocument['values'],
  paths: readonly (string | null)[],
  around: Surroundings,
): FailureDocument {
  let focus: Focus | null = null;
  for (const path of paths) if (path !== null) focus ??= focusOf(path, around.document);
  if (focus === null) return { ...bareFailure(message), values };
  const { link, session, at, finding } = focus;
  return {
    message,
    values,
    link: link.id,
    session,
    at,
    packet: null,
    timeline: timelineOf(focus, around),
    findings: finding === undefined ? findingsOn(link.id, session, around) : [told(finding)],
    command: closer(link.id, around),
  };
}

/** A failure that is about no place. */
export function bareFailure(message: string): FailureDocument {
  const nowhere = { link: null, session: null, at: null, packet: null };
  return { message, values: [], ...nowhere, timeline: [], findings: [], command: null };
}

/** Findings that one failure is shown with. */
const MAX_FINDINGS = 2;

/** What the analysis found amiss with a link in a session, or in all of them. `session`: null: any. */
export function findingsOn(
  link: string,
  session: number | null,
  { document }: Surroundings,
): FailureDocument['findings'] {
  const here = document.findings.filter(
    (finding) =>
      finding.link === link &&
      finding.severity !== 'info' &&
      (session === null || finding.session === null || finding.session === session),
  );
  return worstFirst(here).slice(0, MAX_FINDINGS).map(told);
}

function told({ severity, code, message, advice }: FindingDocument): FailureDocument['findings'][number] {
  return { severity, code, message, advice };
}

/** The command that shows more of a link. */
export function closer(link: string, { command, document }: Surroundings): string | null {
  return command === null ? null : command(link, document.links);
}

/** The session in question as the timeline tells it, and how the one before it ended. */
function timelineOf({ link, session }: Focus, { document, zone }: Surroundings): string[] {
  if (session === null) return [];
  const options = { width: COLUMNS, chalk: new Chalk({ level: 0 }), ascii: false, zone };
  const lines: string[] = [];
  if (session > 1) {
    const before = sessionLines(document, link, session - 1, options);
    lines.push(before[0]!, ...(before.length > 1 ? [before.at(-1)!] : []));
  }
  lines.push(...sessionLines(document, link, session, options));
  return lines.length <= MAX_LINES ? lines : [...lines.slice(0, MAX_LINES - 1), '  …'];
}
