import type { LiveDocument } from '../../report/live/live-links.js';
import type { MetricsAddress } from '../live/metrics-address.js';
import { version } from '../version.js';

/** Metrics that are served while the capture runs. */
export interface MetricsFeed {
  readonly url: string;
  close(): Promise<void>;
}

/** Where the metrics come from, whenever somebody asks for them. */
export interface MetricsInput {
  readonly look: () => LiveDocument;
  /** Defects of this program so far. */
  readonly internalErrors: () => number;
}

const MICROS_PER_MS = 1000;

/**
 * Starts to serve; null where no metrics are wanted, and then their library is not loaded.
 * @throws InputProblem when the address cannot be used.
 */
export async function startMetrics(
  address: MetricsAddress | null,
  backend: string,
  { look, internalErrors }: MetricsInput,
): Promise<MetricsFeed | null> {
  if (address === null) return null;
  const { Metrics } = await import('../../report/live/metrics.js');
  const { startMetricsServer } = await import('../live/metrics-server.js');
  const metrics = new Metrics({ version: version(), nodeVersion: process.versions.node, backend });
  const server = await startMetricsServer(address, {
    contentType: metrics.contentType,
    text: () => {
      // When it is asked for and not before: series of 500 links take their time.
      metrics.update(look(), Date.now() * MICROS_PER_MS, { internalErrors: internalErrors() });
      return metrics.text();
    },
  });
  return { url: server.url, close: () => server.close() };
}
