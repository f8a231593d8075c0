import { Analyzer } from '../analyzer.js';
import { MemorySource } from '../capture/byte-source.js';
import { openByteSource } from '../capture/open.js';
import { fileSpans } from '../otlp/file-spans.js';
import { LiveTraces } from '../otlp/live-traces.js';
import type { SpanFacts } from '../otlp/span.js';
import type { Link } from '../replication/model.js';
import type { SummaryDocument } from '../report/document.js';
import { captureBytes } from './fixtures.js';

const SECOND_US = 1_000_000;

export interface TracedCapture {
  readonly document: SummaryDocument;
  readonly links: readonly Link[];
  /** Spans as a file's are sent, and as they are while the same packets pass. */
  readonly file: readonly SpanFacts[];
  readonly live: readonly SpanFacts[];
  /** Of the live ones, how many were sent before the end. */
  readonly sentBefore: number;
}

/** The spans of a capture, by its path or its bytes, live ones settled at each second of packet time. */
export async function traced(capture: string | Uint8Array): Promise<TracedCapture> {
  const bytes = typeof capture === 'string' ? captureBytes(capture) : capture;
  const live: SpanFacts[] = [];
  const traces = new LiveTraces((span) => live.push(span));
  const analyzer = new Analyzer({ onEvent: (event) => traces.event(event) });
  const reader = await openByteSource(new MemorySource(bytes), 'memory');
  let next = Number.NEGATIVE_INFINITY;
  for (let batch = await reader.next(); batch !== null; batch = await reader.next())
    for (let i = 0; i < batch.count; i++) {
      analyzer.run(batch, i, i + 1);
      if (batch.time[i]! < next) continue;
      next = batch.time[i]! + SECOND_US;
      traces.settle();
    }
  await reader.close();
  const sentBefore = live.length;
  analyzer.finish([reader.facts]);
  const document = analyzer.summary([reader.facts]);
  const lastTime = analyzer.lastTime ?? 0;
  traces.finish(lastTime);
  const links = analyzer.links();
  return { document, links, file: [...fileSpans(links, document.findings, lastTime)], live, sentBefore };
}
