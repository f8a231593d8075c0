import type { Metrics } from '../report/live/metrics.js';

/** One metric of `--metrics` as OpenTelemetry has it. */
export interface MetricFacts {
  name: string;
  description: string;
  /** Of UCUM: bytes, seconds; empty for counts. */
  unit: 'By' | 's' | '';
  /** It only grows: a total since the capture began. */
  isTotal: boolean;
  points: { value: number; attributes: Record<string, string> }[];
}

const PREFIX = 'psyncscope_';

/**
 * The metrics as of their last update. `psyncscope_payload_bytes_total` becomes `psyncscope.payload_bytes`, a sum of bytes: what makes
 * Prometheus names of these names (a collector's exporter, Prometheus' own receiver) gives those of `--metrics` back.
 */
export async function metricFacts(metrics: Metrics): Promise<MetricFacts[]> {
  const facts: MetricFacts[] = [];
  for (const { name, help, type, values } of await metrics.values()) {
    // The types of prom-client say numbers, its registry says words.
    const isTotal = String(type) === 'counter';
    const base = isTotal ? name.replace(/_total$/, '') : name;
    const points = values.map(({ value, labels }) => ({ value, attributes: textLabels(labels) }));
    if (points.length === 0) continue;
    facts.push({
      name: `psyncscope.${base.slice(PREFIX.length)}`,
      description: help,
      unit: base.endsWith('_bytes') ? 'By' : base.endsWith('_seconds') ? 's' : '',
      isTotal,
      points,
    });
  }
  return facts;
}

function textLabels(labels: Partial<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}
