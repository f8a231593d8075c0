import type { Analyzer } from '../../analyzer.js';
import { fileSpans } from '../../otlp/file-spans.js';
import { LiveTraces } from '../../otlp/live-traces.js';
import { metricFacts } from '../../otlp/metric-facts.js';
import { sessionSpans } from '../../otlp/session-spans.js';
import type { SpanFacts } from '../../otlp/span.js';
import type { ReplicationEvent } from '../../replication/events.js';
import type { SummaryDocument } from '../../report/document.js';
import { safeJson } from '../../report/json.js';
import { Metrics } from '../../report/live/metrics.js';
import type { Consumer, Outputs } from './consumers.js';

/** Spans are settled this often, µs of packet time. */
const SETTLE_EVERY = 1_000_000;

/** `--otlp`: what is sent while packets pass, and of the capture as a file. */
export class OtlpConsumer implements Consumer {
  readonly #live: SpanFacts[] = [];
  readonly #traces = new LiveTraces((span) => this.#live.push(span));
  #nextSettle = Number.NEGATIVE_INFINITY;

  event(event: ReplicationEvent): void {
    if (event.time >= this.#nextSettle) {
      this.#nextSettle = event.time + SETTLE_EVERY;
      this.#traces.settle();
    }
    this.#traces.event(event);
  }

  async show(document: SummaryDocument, analyzer: Analyzer): Promise<Outputs> {
    const lastTime = analyzer.lastTime ?? 0;
    this.#traces.finish(lastTime);
    const links = analyzer.links();
    for (const session of links.flatMap(({ sessions }) => sessions)) {
      const ids = sessionSpans(session, session.closedAt ?? lastTime).map(({ spanId }) => spanId);
      if (new Set(ids).size < ids.length) throw new Error('two spans of a session have one id');
    }
    const spans = [...this.#live, ...fileSpans(links, document.findings, lastTime)];
    for (const { name, start, end } of spans)
      if (!Number.isFinite(start) || !(end >= start)) throw new Error(`${name} from ${start} to ${end}`);
    const metrics = new Metrics({ version: '0', nodeVersion: '0', backend: 'file' });
    metrics.update(document, lastTime, { internalErrors: 0, keepsGone: true });
    return { texts: [], documents: [safeJson(spans), safeJson(await metricFacts(metrics))] };
  }
}
