import type { Link } from '../replication/model.js';
import type { FindingDocument } from '../report/document.js';
import { parseMicros } from '../report/time.js';
import { placeFindings } from './findings.js';
import { sessionSpans } from './session-spans.js';
import type { SpanFacts, SpanFinding } from './span.js';

/**
 * The spans of an analysis that is over, session by session: nothing is made before it is asked for.
 * @param endTime packet time of the last packet, µs: what still went on ends there.
 */
export function* fileSpans(
  links: readonly Link[],
  findings: readonly FindingDocument[],
  endTime: number,
): Generator<SpanFacts> {
  const bySession = findingsBySession(findings);
  for (const link of links)
    for (const session of link.sessions) {
      const spans = sessionSpans(session, session.closedAt ?? endTime);
      placeFindings(spans, bySession.get(keyOf(link.id, session.number)) ?? [], true);
      yield* spans;
    }
}

function keyOf(link: string, session: number): string {
  return `${session} ${link}`;
}

/** Those about the capture as a whole fall in no span. */
function findingsBySession(findings: readonly FindingDocument[]): Map<string, SpanFinding[]> {
  const bySession = new Map<string, SpanFinding[]>();
  for (const finding of findings) {
    const { link, session, at } = finding;
    if (link === null || session === null || at === null) continue;
    const key = keyOf(link, session);
    const ofSession = bySession.get(key);
    const entry = { ...finding, at: parseMicros(at) };
    if (ofSession === undefined) bySession.set(key, [entry]);
    else ofSession.push(entry);
  }
  return bySession;
}
