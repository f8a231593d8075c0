/** Spans as OpenTelemetry has them, in plain data: what is sent, before anything of its library. Times in µs since the epoch. */

export type AttributeValue = string | number | boolean | string[] | number[];
export type Attributes = Record<string, AttributeValue>;

export interface SpanEvent {
  name: string;
  at: number;
  attributes: Attributes;
}

export interface SpanFacts {
  /** 32 and 16 hexadecimal digits. */
  traceId: string;
  spanId: string;
  /** null: the root of its trace. */
  parentSpanId: string | null;
  name: string;
  start: number;
  end: number;
  attributes: Attributes;
  events: SpanEvent[];
  /** What failed, in words; null: nothing did. */
  error: string | null;
}

/** What a finding says, as spans carry it. `at`: when it came about, µs. */
export interface SpanFinding {
  at: number;
  severity: string;
  code: string;
  message: string;
  advice: string | null;
  packets: readonly number[];
}

/** Attributes without those that are not known: unknown is not zero, nor an empty text. */
export function known(attributes: Record<string, AttributeValue | null | undefined>): Attributes {
  const entries = Object.entries(attributes);
  return Object.fromEntries(entries.filter((entry): entry is [string, AttributeValue] => entry[1] != null));
}

/** A finding as an event of the span it falls in. */
export function findingEvent({ at, severity, code, message, advice, packets }: SpanFinding): SpanEvent {
  return {
    name: 'psyncscope.finding',
    at,
    attributes: known({
      'psyncscope.finding.code': code,
      'psyncscope.finding.severity': severity,
      'psyncscope.finding.message': message,
      'psyncscope.finding.advice': advice,
      'psyncscope.finding.packets': [...packets],
    }),
  };
}
