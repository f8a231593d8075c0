import { findingEvent, type SpanFacts, type SpanFinding } from './span.js';

/**
 * Enters findings as events into the spans that they fall in: the earliest phase that holds their time, else the root that does.
 * @param isAll no more spans of the session come: what falls in none goes to the latest root. @returns those that have no place yet.
 */
export function placeFindings(
  spans: readonly SpanFacts[],
  findings: readonly SpanFinding[],
  isAll: boolean,
): SpanFinding[] {
  const left: SpanFinding[] = [];
  for (const finding of findings) {
    const latest = isAll ? (spans.findLast(isRoot) ?? null) : null;
    const span = phaseAt(spans, finding.at) ?? rootAt(spans, finding.at) ?? latest;
    if (span === null) left.push(finding);
    else span.events.push(findingEvent(finding));
  }
  return left;
}

function phaseAt(spans: readonly SpanFacts[], at: number): SpanFacts | null {
  let found: SpanFacts | null = null;
  for (const span of spans)
    if (!isRoot(span) && span.start <= at && at <= span.end && (found === null || span.start < found.start))
      found = span;
  return found;
}

function rootAt(spans: readonly SpanFacts[], at: number): SpanFacts | null {
  return spans.find((span) => isRoot(span) && span.start <= at && at <= span.end) ?? null;
}

/** The root of what one connection did: that of its trace, or the second connection of a two-connection sync. */
function isRoot({ name }: SpanFacts): boolean {
  return name.startsWith('replication ') || name === 'rdb channel';
}

/** A finding about what was sent already: a span of no length in the same trace. */
export function lateFinding(
  finding: SpanFinding,
  root: Pick<SpanFacts, 'traceId' | 'spanId'>,
  spanId: string,
): SpanFacts {
  const { at } = finding;
  return {
    traceId: root.traceId,
    spanId,
    parentSpanId: root.spanId,
    name: 'finding',
    start: at,
    end: at,
    attributes: {},
    events: [findingEvent(finding)],
    error: null,
  };
}
