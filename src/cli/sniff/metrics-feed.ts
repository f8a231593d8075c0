import type { SummaryDocument } from '../../report/document.js';
import type { MetricsAddress } from '../live/metrics-address.js';
import { version } from '../version.js';

/** Metrics that are served while the capture runs. */
export interface MetricsFeed {
  readonly url: string;
  /** @param now µs since the epoch. */
  update(document: SummaryDocument, now: number, internalErrors: number): void;
  close(): Promise<void>;
}

/**
 * Starts to serve; null where no metrics are wanted, and then their library is not loaded.
 * @throws InputProblem when the address cannot be used.
 */
export async function startMetrics(
  address: MetricsAddress | null,
  backend: string,
): Promise<MetricsFeed | null> {
  if (address === null) return null;
  const { Metrics } = await import('../../report/live/metrics.js');
  const { startMetricsServer } = await import('../live/metrics-server.js');
  const metrics = new Metrics({ version: version(), nodeVersion: process.versions.node, backend });
  const server = await startMetricsServer(address, {
    contentType: metrics.contentType,
    text: () => metrics.text(),
  });
  return {
    url: server.url,
    update: (document, now, internalErrors) => metrics.update(document, now, { internalErrors }),
    close: () => server.close(),
  };
}
