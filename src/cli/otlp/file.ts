import type { Analyzer } from '../../analyzer.js';
import { fileSpans } from '../../otlp/file-spans.js';
import { metricFacts } from '../../otlp/metric-facts.js';
import type { SpanFacts } from '../../otlp/span.js';
import type { SummaryDocument } from '../../report/document.js';
import { Metrics } from '../../report/live/metrics.js';
import { InputProblem } from '../errors.js';
import { version } from '../version.js';
import { readableSpan, resourceMetrics } from './convert.js';
import type { OtlpEndpoint } from './endpoint.js';
import { complaint, type Exporters, errorOf, openExporters } from './exporters.js';

/** Spans in one request. */
const BATCH_SPANS = 512;

/** Sends what an analysis of files has shown. */
export interface OtlpFile {
  /** What there is to send, when all is read. */
  take(document: SummaryDocument, analyzer: Analyzer): void;
  /** Once everything else is told: a collector may keep us waiting. @throws InputProblem */
  send(): Promise<void>;
}

interface Target {
  readonly endpoint: OtlpEndpoint;
  readonly exporters: Exporters;
}

interface Taken {
  readonly document: SummaryDocument;
  readonly analyzer: Analyzer;
}

/** @throws InputProblem where the packages are not installed. */
export function otlpFile(endpoint: OtlpEndpoint): OtlpFile {
  const exporters = openExporters(endpoint, (text) => process.stderr.write(`psyncscope: ${text}\n`));
  const target = { endpoint, exporters };
  let taken: Taken | null = null;
  return {
    take: (document, analyzer) => {
      taken = { document, analyzer };
    },
    send: async () => {
      if (taken !== null) await sendAll(target, taken);
    },
  };
}

/** One request after the other; the first that fails is the last. @throws InputProblem */
async function sendAll(target: Target, { document, analyzer }: Taken): Promise<void> {
  const { firstTime, lastTime } = analyzer;
  const { spans, metrics } = target.exporters;
  try {
    if (firstTime === null || lastTime === null) return;
    let batch: SpanFacts[] = [];
    for (const span of fileSpans(analyzer.links(), document.findings, lastTime)) {
      batch.push(span);
      if (batch.length < BATCH_SPANS) continue;
      await sendSpans(target, batch);
      batch = [];
    }
    if (batch.length > 0) await sendSpans(target, batch);
    await sendMetrics(target, document, { from: firstTime, to: lastTime }, analyzer.internalErrors.length);
  } finally {
    await Promise.all([spans.shutdown(), metrics.shutdown()]);
  }
}

function sendSpans({ endpoint, exporters }: Target, batch: readonly SpanFacts[]): Promise<void> {
  const readable = batch.map((span) => readableSpan(span, exporters.resource));
  return sent(endpoint, (done) => exporters.spans.export(readable, done));
}

/** One collection, as of the last packet. */
async function sendMetrics(
  { endpoint, exporters }: Target,
  document: SummaryDocument,
  times: { from: number; to: number },
  internalErrors: number,
): Promise<void> {
  const metrics = new Metrics({ version: version(), nodeVersion: process.versions.node, backend: 'file' });
  metrics.update(document, times.to, { internalErrors, keepsGone: true });
  const collection = resourceMetrics(await metricFacts(metrics), exporters.resource, times);
  await sent(endpoint, (done) => exporters.metrics.export(collection, done));
}

type Done = Parameters<Exporters['spans']['export']>[1];

/** Waits for a request's end. @throws InputProblem */
function sent(endpoint: OtlpEndpoint, start: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((result) => {
      const error = errorOf(result);
      if (error === null) resolve();
      else reject(new InputProblem(complaint(endpoint, error)));
    });
  });
}
