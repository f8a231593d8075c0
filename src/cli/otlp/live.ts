import type { MetricProducer, PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { LiveTraces } from '../../otlp/live-traces.js';
import { metricFacts } from '../../otlp/metric-facts.js';
import type { ReplicationEvent } from '../../replication/events.js';
import { plural } from '../../report/units.js';
import { liveMetrics, type MetricsInput } from '../sniff/live-metrics.js';
import { readableSpan, resourceMetrics } from './convert.js';
import type { OtlpEndpoint } from './endpoint.js';
import { complaint, type Exporters, errorOf, MAX_REQUEST_MS, openExporters } from './exporters.js';

/** Spans that wait for the collector; further ones are lost, and counted. */
export const MAX_QUEUED_SPANS = 4096;

/** How often spans that wait are sent, and metrics unless OTEL_METRIC_EXPORT_INTERVAL says otherwise, ms. */
const SPANS_EVERY_MS = 1000;
const METRICS_EVERY_MS = 10_000;

/** What a running capture sends to a collector. Nothing of it is waited for before the end. */
export interface OtlpFeed {
  event(event: ReplicationEvent): void;
  /** Once a second. */
  tick(): void;
  /** The capture is over; sends what is left, for MAX_REQUEST_MS at most. @param endTime of its last packet, µs; null: none came. */
  close(endTime: number | null): Promise<void>;
}

/** What the metrics are made from, as those of --metrics. */
export interface OtlpInput extends MetricsInput {
  /** What captures. */
  readonly by: string;
  /** Says something while it runs, beside whatever is shown; and when it is over. */
  readonly message: (text: string) => void;
  readonly tell: (text: string) => void;
}

/** @throws InputProblem where the packages are not installed. */
export function otlpFeed(endpoint: OtlpEndpoint, input: OtlpInput): OtlpFeed {
  return new Feed(endpoint, openExporters(endpoint, once(input.message)), input);
}

class Feed implements OtlpFeed {
  readonly #input: OtlpInput;
  readonly #traces: LiveTraces;
  readonly #close: () => Promise<unknown>;
  readonly #tellOnce: (error: Error) => void;
  /** Spans handed over, and those that the collector took. */
  #spans = 0;
  #taken = 0;
  #isClosing = false;

  constructor(endpoint: OtlpEndpoint, exporters: Exporters, input: OtlpInput) {
    this.#input = input;
    this.#tellOnce = once((error) => {
      const text = complaint(endpoint, error);
      if (this.#isClosing) input.tell(text);
      else input.message(`${text}\n  (the capture goes on, and so do the tries)`);
    });
    const { packages, resource } = exporters;
    const spans = new packages.trace.BatchSpanProcessor({
      exporter: this.#watchedSpans(exporters.spans),
      maxQueueSize: MAX_QUEUED_SPANS,
      scheduledDelayMillis: SPANS_EVERY_MS,
      exportTimeoutMillis: MAX_REQUEST_MS,
    });
    this.#traces = new LiveTraces((span) => {
      this.#spans++;
      spans.onEnd(readableSpan(span, resource));
    });
    const told = Number(process.env.OTEL_METRIC_EXPORT_INTERVAL);
    const every = told > 0 ? told : METRICS_EVERY_MS;
    const reader = new packages.metrics.PeriodicExportingMetricReader({
      exporter: this.#watchedMetrics(exporters.metrics),
      exportIntervalMillis: every,
      exportTimeoutMillis: Math.min(every, MAX_REQUEST_MS),
      metricProducers: [this.#producer(exporters)],
    });
    const meters = new packages.metrics.MeterProvider({ resource, readers: [reader] });
    // Each goes on where the other fails.
    this.#close = () => Promise.allSettled([spans.shutdown(), meters.shutdown()]);
  }

  event(event: ReplicationEvent): void {
    this.#traces.event(event);
  }

  tick(): void {
    this.#traces.settle();
  }

  async close(endTime: number | null): Promise<void> {
    this.#isClosing = true;
    if (endTime !== null) this.#traces.finish(endTime);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, MAX_REQUEST_MS);
    });
    await Promise.race([this.#close(), late]);
    clearTimeout(timer);
    const lost = this.#spans - this.#taken;
    if (lost > 0) this.#input.tell(`--otlp: ${plural(lost, 'span')} of ${this.#spans} not sent`);
  }

  /** The metrics of --metrics, made when they are due. */
  #producer({ resource }: Exporters): MetricProducer {
    const { by, now } = this.#input;
    const metrics = liveMetrics(by, this.#input);
    const from = now();
    return {
      collect: async () => {
        const facts = await metricFacts(metrics());
        const to = now();
        // Another host's clock is known once its first packet has come, and may be behind ours.
        const times = { from: Math.min(from, to), to };
        return { resourceMetrics: resourceMetrics(facts, resource, times), errors: [] };
      },
    };
  }

  #watchedSpans(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          const error = errorOf(result);
          if (error === null) this.#taken += spans.length;
          else this.#tellOnce(error);
          done(result);
        }),
      shutdown: () => exporter.shutdown(),
    };
  }

  #watchedMetrics(exporter: PushMetricExporter): PushMetricExporter {
    return {
      export: (collection, done) =>
        exporter.export(collection, (result) => {
          const error = errorOf(result);
          if (error !== null) this.#tellOnce(error);
          done(result);
        }),
      forceFlush: () => exporter.forceFlush(),
      shutdown: () => exporter.shutdown(),
    };
  }
}

function once<T>(act: (value: T) => void): (value: T) => void {
  let isDone = false;
  return (value) => {
    if (isDone) return;
    isDone = true;
    act(value);
  };
}
