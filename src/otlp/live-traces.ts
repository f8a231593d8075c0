import { payloadOf } from '../replication/channels.js';
import type { ReplicationEvent } from '../replication/events.js';
import type { Session } from '../replication/model.js';
import { findingWords } from '../report/findings/wording.js';
import { lateFinding, placeFindings } from './findings.js';
import { latestRoot, sessionSpans } from './session-spans.js';
import type { SpanFacts, SpanFinding } from './span.js';
import { spanIdOf } from './span-ids.js';

/** Sessions of which spans are still to come; beyond it the oldest is ended where it is. As many links are followed. */
export const MAX_OPEN_TRACES = 10_000;

/** Findings that wait for their span, of one session. */
export const MAX_WAITING_FINDINGS = 64;

type FindingEvent = Extract<ReplicationEvent, { event: 'finding' }>;
type SessionEvent = Exclude<ReplicationEvent, { event: 'finding' | 'encrypted' }>;

interface Trace {
  readonly session: Session;
  /** Ids of the spans that are sent. */
  readonly sent: Set<string>;
  findings: SpanFinding[];
  isClosed: boolean;
}

/**
 * Turns events into spans while a capture runs. A span is sent once it has ended and a whole `settle` has passed without news of its
 * session: what is found about it comes right behind, and belongs into it. Time plays no part: the clock of the packets may be another.
 */
export class LiveTraces {
  readonly #send: (span: SpanFacts) => void;
  readonly #open = new Map<Session, Trace>();
  /** Sessions all of whose spans are sent. */
  readonly #done = new WeakSet<Session>();
  /** With news since the latest `settle`, and since the one before it. */
  #fresh = new Set<Trace>();
  #ripe = new Set<Trace>();

  constructor(send: (span: SpanFacts) => void) {
    this.#send = send;
  }

  event(event: ReplicationEvent): void {
    if (event.event === 'finding') this.#found(event);
    else if (event.event !== 'encrypted' && !this.#done.has(event.session)) this.#happened(event);
  }

  #happened(event: SessionEvent): void {
    switch (event.event) {
      case 'connection.opened':
      case 'connection.joined':
      case 'sync.requested':
      case 'sync.decided':
      case 'payload.started':
      case 'payload.finished':
        this.#news(event.session);
        return;
      case 'connection.closed':
        this.#news(event.session).isClosed = true;
    }
  }

  /** To be called about once a second: lets go what had ended by the call before. */
  settle(): void {
    const ripe = this.#ripe;
    this.#ripe = this.#fresh;
    this.#fresh = new Set();
    for (const trace of ripe) {
      if (this.#ripe.has(trace)) continue;
      this.#tell(trace, trace.isClosed ? trace.session.closedAt : null);
      if (!trace.isClosed && isLoading(trace.session)) this.#fresh.add(trace);
    }
  }

  /** The capture is over: all that is left is sent. @param endTime packet time of its last packet, µs. */
  finish(endTime: number): void {
    for (const trace of [...this.#open.values()]) this.#tell(trace, trace.session.closedAt ?? endTime);
  }

  #news(session: Session): Trace {
    let trace = this.#open.get(session);
    if (trace === undefined) {
      trace = { session, sent: new Set(), findings: [], isClosed: false };
      if (this.#open.size >= MAX_OPEN_TRACES) this.#endOldest();
      this.#open.set(session, trace);
    }
    this.#fresh.add(trace);
    return trace;
  }

  #endOldest(): void {
    const [oldest] = this.#open.values();
    if (oldest === undefined) return;
    const { session } = oldest;
    this.#tell(oldest, session.closedAt ?? session.acks.lastAt ?? session.firstSeenAt);
  }

  #found(event: FindingEvent): void {
    const { session, at, severity, code, packets } = event;
    const finding: SpanFinding = { at, severity, code, packets, ...findingWords(event) };
    const trace = this.#done.has(session) ? null : this.#news(session);
    if (trace !== null && trace.findings.length < MAX_WAITING_FINDINGS) trace.findings.push(finding);
    else this.#tellLate(session, finding);
  }

  #tellLate(session: Session, finding: SpanFinding): void {
    const root = latestRoot(session);
    this.#send(lateFinding(finding, root, spanIdOf(root.spanId, `${finding.code} ${finding.at}`)));
  }

  /** Sends what has ended; with `until` (µs) all that is left, and then the session is done. */
  #tell(trace: Trace, until: number | null): void {
    const { session, sent } = trace;
    const spans = sessionSpans(session, until).filter(({ spanId }) => !sent.has(spanId));
    trace.findings = placeFindings(spans, trace.findings, until !== null);
    for (const span of spans) {
      sent.add(span.spanId);
      this.#send(span);
    }
    if (until === null) return;
    this.#open.delete(session);
    this.#done.add(session);
  }
}

/** Its payload has come, and its first ACK, which ends the loading, has not. */
function isLoading(session: Session): boolean {
  const payload = payloadOf(session);
  return payload !== null && payload.finishedAt !== null && payload.loadedAt === null;
}
