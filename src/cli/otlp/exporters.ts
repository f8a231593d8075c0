import type { DiagLogger } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { escapeText } from '../../report/escape.js';
import { withRemedies } from '../remedies.js';
import { version } from '../version.js';
import type { OtlpEndpoint } from './endpoint.js';
import { loadOtlpPackages, type OtlpPackages } from './packages.js';

type ExportResult = Parameters<Parameters<SpanExporter['export']>[1]>[0];

/** How long a collector may take for one request, tries after the first included, ms; OTEL_EXPORTER_OTLP_TIMEOUT within the second. */
const REQUEST_MS = 5_000;
export const MAX_REQUEST_MS = 10_000;

/** Characters of a collector's complaint that are repeated. */
const MAX_COMPLAINT = 200;

/** The official exporters, aimed at a collector. */
export interface Exporters {
  readonly packages: OtlpPackages;
  /** Who sends: service.name psyncscope, with what OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say. */
  readonly resource: Resource;
  readonly spans: SpanExporter;
  readonly metrics: PushMetricExporter;
}

/**
 * @param rejected is told what a collector says of a request that it took in part only.
 * @throws InputProblem where the packages are not installed.
 */
export function openExporters(endpoint: OtlpEndpoint, rejected: (text: string) => void): Exporters {
  const packages = loadOtlpPackages();
  const { api, resources, traceExporter, metricsExporter } = packages;
  api.diag.setLogger(rejectionLogger(endpoint, rejected), {
    logLevel: api.DiagLogLevel.WARN,
    suppressOverrideMessage: true,
  });
  const timeoutMillis = requestMs(process.env.OTEL_EXPORTER_OTLP_TIMEOUT);
  const told = resources.detectResources({ detectors: [resources.envDetector] });
  const own = { 'service.name': 'psyncscope', 'service.version': version() };
  return {
    packages,
    resource: resources.defaultResource().merge(resources.resourceFromAttributes(own)).merge(told),
    spans: new traceExporter.OTLPTraceExporter({ url: endpoint.traces, timeoutMillis }),
    metrics: new metricsExporter.OTLPMetricExporter({ url: endpoint.metrics, timeoutMillis }),
  };
}

/** The exporters tell of what was rejected in their log alone. All else in it is told to us as well, and left out. */
function rejectionLogger({ shown }: OtlpEndpoint, rejected: (text: string) => void): DiagLogger {
  const nothing = (): void => {};
  const warn = (message: string, ...details: unknown[]): void => {
    if (message.startsWith('Received Partial Success'))
      rejected(`--otlp ${shown}: it took a part only: ${escapeText(details.join(' '), MAX_COMPLAINT)}`);
  };
  return { error: nothing, warn, info: nothing, debug: nothing, verbose: nothing };
}

function requestMs(told: string | undefined): number {
  const ms = Number(told);
  return ms > 0 ? Math.min(ms, MAX_REQUEST_MS) : REQUEST_MS;
}

/** Export results are no exceptions; `code` 0 is success. @returns what went wrong, or null. */
export function errorOf({ code, error }: ExportResult): Error | null {
  return code === 0 ? null : (error ?? new Error('the collector took too long'));
}

/** `--otlp http://…: connect ECONNREFUSED 127.0.0.1:4318`, and what may mend it. */
export function complaint({ shown }: OtlpEndpoint, error: Error): string {
  const { code } = error as Error & { code?: string | number };
  const status = typeof code === 'number' ? `it answers ${code} ` : '';
  const text = escapeText(error.message || String(code ?? error.name), MAX_COMPLAINT);
  const message = `--otlp ${shown}: ${status}${text}`;
  return withRemedies(message, remediesOf(code, error.message));
}

function remediesOf(code: string | number | undefined, message: string): string[] {
  if (code === 401 || code === 403) return ['OTEL_EXPORTER_OTLP_HEADERS=authorization=... is sent along'];
  if (code === 404)
    return ['/v1/traces and /v1/metrics are added to the URL: is it the base of an OTLP receiver?'];
  if (code === 'ECONNREFUSED' || message.includes('ECONNREFUSED'))
    return ['nothing listens there: collectors take OTLP over HTTP at port 4318'];
  if (code === 'ECONNRESET' || code === 'EPIPE' || message.includes('Parse Error'))
    return ['what listens there speaks no HTTP: 4317 is the port of gRPC, 4318 that of HTTP'];
  return [];
}
