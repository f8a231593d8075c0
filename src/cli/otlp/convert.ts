import type { SpanContext } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { MetricFacts } from '../../otlp/metric-facts.js';
import type { SpanFacts } from '../../otlp/span.js';
import { version } from '../version.js';

/** Our facts as the structures that OpenTelemetry's exporters take. Its enums are numbers here: nothing is loaded for them. */

const SAMPLED = 1;
const KIND_INTERNAL = 0;
const STATUS_UNSET = 0;
const STATUS_ERROR = 2;
const VALUE_DOUBLE = 1;
const CUMULATIVE = 1;
const GAUGE = 2;
const SUM = 3;

const SCOPE = { name: 'psyncscope', version: version() };

type HrTime = [seconds: number, nanos: number];

/** µs since the epoch as seconds and nanoseconds, exactly: packet times are whole µs in all that is told of them. */
export function hrTime(micros: number): HrTime {
  const whole = Math.floor(micros);
  const seconds = Math.floor(whole / 1_000_000);
  return [seconds, (whole - seconds * 1_000_000) * 1000];
}

export function readableSpan(span: SpanFacts, resource: Resource): ReadableSpan {
  const context = (spanId: string): SpanContext => ({ traceId: span.traceId, spanId, traceFlags: SAMPLED });
  const own = context(span.spanId);
  return {
    name: span.name,
    kind: KIND_INTERNAL,
    spanContext: () => own,
    ...(span.parentSpanId !== null && { parentSpanContext: context(span.parentSpanId) }),
    startTime: hrTime(span.start),
    endTime: hrTime(span.end),
    duration: hrTime(Math.floor(span.end) - Math.floor(span.start)),
    status: span.error === null ? { code: STATUS_UNSET } : { code: STATUS_ERROR, message: span.error },
    attributes: span.attributes,
    links: [],
    events: span.events.map(({ name, at, attributes }) => ({ name, time: hrTime(at), attributes })),
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** @param from since when totals count. @param to as of when the values hold; both µs. */
export function resourceMetrics(
  facts: readonly MetricFacts[],
  resource: Resource,
  { from, to }: { from: number; to: number },
): ResourceMetrics {
  const startTime = hrTime(from);
  const endTime = hrTime(to);
  const metrics = facts.map(({ name, description, unit, isTotal, points }): MetricData => {
    const common = {
      descriptor: { name, description, unit, valueType: VALUE_DOUBLE },
      aggregationTemporality: CUMULATIVE,
      dataPoints: points.map((point) => ({ startTime, endTime, ...point })),
    };
    return isTotal
      ? { ...common, dataPointType: SUM, isMonotonic: true }
      : { ...common, dataPointType: GAUGE };
  });
  return { resource, scopeMetrics: [{ scope: SCOPE, metrics }] };
}
