import type { ReceivedSpan } from './otlp-receiver.js';

/** Names of spans are padded to this width. */
const NAME_COLUMNS = 20;

/** The spans of a trace as lines: what stands below what, when it began after its root, and how long it took. Findings below them. */
export function traceTree(spans: readonly ReceivedSpan[], traceId: string): string[] {
  const ofTrace = spans.filter((span) => span.traceId === traceId);
  const root = ofTrace.find(({ parentSpanId }) => parentSpanId === '')!;
  return linesOf(root, ofTrace, BigInt(root.startTimeUnixNano), '');
}

function linesOf(
  span: ReceivedSpan,
  spans: readonly ReceivedSpan[],
  origin: bigint,
  indent: string,
): string[] {
  const ms = (from: bigint, to: bigint): string => (Number(to - from) / 1e6).toFixed(3).padStart(10);
  const start = BigInt(span.startTimeUnixNano);
  const name = (indent + span.name).padEnd(NAME_COLUMNS);
  const children = spans
    .filter(({ parentSpanId }) => parentSpanId === span.spanId)
    .sort((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)));
  return [
    `${name}${ms(origin, start)} ms${ms(start, BigInt(span.endTimeUnixNano))} ms`,
    ...span.events.map(
      ({ name: event, timeUnixNano, attributes }) =>
        `${`${indent}  ◆ ${event}`.padEnd(NAME_COLUMNS + 6)}${ms(origin, BigInt(timeUnixNano)).trim()} ms  ${String(attributes['psyncscope.finding.code'])}`,
    ),
    ...children.flatMap((child) => linesOf(child, spans, origin, `${indent}  `)),
  ];
}
