import type { MetricsAddress } from '../live/metrics-address.js';
import type { MetricsInput } from './live-metrics.js';

/** Metrics that are served while the capture runs. */
export interface MetricsFeed {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts to serve; null where no metrics are wanted, and then their library is not loaded.
 * @throws InputProblem when the address cannot be used.
 */
export async function startMetrics(
  address: MetricsAddress | null,
  by: string,
  input: MetricsInput,
): Promise<MetricsFeed | null> {
  if (address === null) return null;
  const { liveMetrics } = await import('./live-metrics.js');
  const { startMetricsServer } = await import('../live/metrics-server.js');
  const metrics = liveMetrics(by, input);
  const { contentType } = metrics();
  const server = await startMetricsServer(address, { contentType, text: () => metrics().text() });
  return { url: server.url, close: () => server.close() };
}
