import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import root from 'otlp-definitions/build/src/generated/root.js';

/**
 * A receiver of OTLP over HTTP. It decodes with the code that protobuf.js generated from OpenTelemetry's own definitions
 * (opentelemetry-proto), as an earlier release of their otlp-transformer shipped it; the release under test encodes with code of its own.
 */

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** Empty: a root. */
  parentSpanId: string;
  name: string;
  /** ns since the epoch, as digits. */
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Record<string, unknown>;
  events: { name: string; timeUnixNano: string; attributes: Record<string, unknown> }[];
  /** 0 unset, 2 error. */
  status: { code: number; message: string };
}

export interface ReceivedPoint {
  name: string;
  unit: string;
  kind: 'gauge' | 'sum';
  isMonotonic: boolean;
  startTimeUnixNano: string;
  timeUnixNano: string;
  value: number;
  attributes: Record<string, unknown>;
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  readonly points: ReceivedPoint[];
  /** Attributes of the resources that sent. */
  readonly resources: Record<string, unknown>[];
  /** `POST /v1/traces application/x-protobuf`, one a request. */
  readonly requests: string[];
  /** Their `authorization` headers. */
  readonly tokens: (string | undefined)[];
  /** What it answers from now on; 200 unless told. */
  status: number;
  /** Data points that it says to have rejected of each request with metrics, and why. */
  rejects: { rejectedDataPoints: number; errorMessage: string } | null;
  close(): Promise<void>;
}

/** The definitions' messages as plain objects, as far as they are looked at. */
interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string;
  doubleValue?: number;
  arrayValue?: { values: AnyValue[] };
}

type KeyValues = { key: string; value: AnyValue }[];

interface SpanMessage
  extends Omit<ReceivedSpan, 'traceId' | 'spanId' | 'parentSpanId' | 'attributes' | 'events' | 'status'> {
  traceId: Uint8Array;
  spanId: Uint8Array;
  parentSpanId?: Uint8Array;
  attributes: KeyValues;
  events: { name: string; timeUnixNano: string; attributes: KeyValues }[];
  status?: { code?: number; message?: string };
}

interface PointMessage {
  startTimeUnixNano: string;
  timeUnixNano: string;
  asDouble?: number;
  asInt?: string;
  attributes: KeyValues;
}

interface MetricMessage {
  name: string;
  unit: string;
  gauge?: { dataPoints: PointMessage[] };
  sum?: { dataPoints: PointMessage[]; isMonotonic: boolean };
}

interface Resource {
  resource: { attributes: KeyValues };
}

interface Request {
  resourceSpans?: (Resource & { scopeSpans: { spans: SpanMessage[] }[] })[];
  resourceMetrics?: (Resource & { scopeMetrics: { metrics: MetricMessage[] }[] })[];
}

interface MessageType {
  decode(bytes: Uint8Array): unknown;
  toObject(message: unknown, options: object): Request;
}

interface Definitions {
  opentelemetry: {
    proto: {
      collector: {
        trace: { v1: { ExportTraceServiceRequest: MessageType } };
        metrics: {
          v1: {
            ExportMetricsServiceRequest: MessageType;
            ExportMetricsServiceResponse: { encode(message: object): { finish(): Uint8Array } };
          };
        };
      };
    };
  };
}

const { collector } = (root as unknown as Definitions).opentelemetry.proto;
const RESPONSE = collector.metrics.v1.ExportMetricsServiceResponse;
const TYPES: Record<string, MessageType> = {
  '/v1/traces': collector.trace.v1.ExportTraceServiceRequest,
  '/v1/metrics': collector.metrics.v1.ExportMetricsServiceRequest,
};

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      receiver.tokens.push(request.headers.authorization);
      receiver.requests.push(`${request.method} ${request.url} ${request.headers['content-type']}`);
      const type = TYPES[request.url ?? ''];
      if (type === undefined) return response.writeHead(404).end();
      if (receiver.status === 200) {
        const message = type.toObject(type.decode(body), { longs: String });
        take(receiver, message);
      }
      const { status, rejects } = receiver;
      const isMetrics = type === TYPES['/v1/metrics'];
      const answer =
        isMetrics && rejects !== null ? RESPONSE.encode({ partialSuccess: rejects }).finish() : '';
      return response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: OtlpReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    points: [],
    resources: [],
    requests: [],
    tokens: [],
    rejects: null,
    status: 200,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function take(receiver: OtlpReceiver, { resourceSpans = [], resourceMetrics = [] }: Request): void {
  for (const { resource } of [...resourceSpans, ...resourceMetrics])
    receiver.resources.push(attributesOf(resource.attributes));
  for (const { spans } of resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
    receiver.spans.push(...spans.map(spanOf));
  for (const { metrics } of resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics))
    receiver.points.push(...metrics.flatMap(pointsOf));
}

function spanOf(span: SpanMessage): ReceivedSpan {
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId),
    name: span.name,
    startTimeUnixNano: span.startTimeUnixNano,
    endTimeUnixNano: span.endTimeUnixNano,
    attributes: attributesOf(span.attributes),
    events: (span.events ?? []).map(({ name, timeUnixNano, attributes }) => ({
      ...{ name, timeUnixNano },
      attributes: attributesOf(attributes),
    })),
    status: { code: span.status?.code ?? 0, message: span.status?.message ?? '' },
  };
}

function pointsOf({ name, unit, gauge, sum }: MetricMessage): ReceivedPoint[] {
  return (gauge ?? sum)!.dataPoints.map((point) => ({
    name,
    unit: unit ?? '',
    kind: gauge === undefined ? 'sum' : 'gauge',
    isMonotonic: sum?.isMonotonic ?? false,
    startTimeUnixNano: point.startTimeUnixNano,
    timeUnixNano: point.timeUnixNano,
    value: point.asDouble ?? Number(point.asInt),
    attributes: attributesOf(point.attributes),
  }));
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}

function attributesOf(list: KeyValues | undefined): Record<string, unknown> {
  return Object.fromEntries((list ?? []).map(({ key, value }) => [key, plain(value)]));
}

function plain(value: AnyValue): unknown {
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plain);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue;
}
