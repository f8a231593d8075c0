import type { Interruptions } from '../../capture/live/reconnecting.js';
import type { LiveDocument } from '../../report/live/live-links.js';
import { Metrics } from '../../report/live/metrics.js';
import { version } from '../version.js';

/** Where the metrics of a running capture come from, whenever somebody asks for them. */
export interface MetricsInput {
  readonly look: () => LiveDocument;
  /** Defects of this program so far. */
  readonly internalErrors: () => number;
  /** Of the connection that packets come over; null: there is none to lose. */
  readonly interruptions: () => Interruptions | null;
  /** µs since the epoch, by the clock that packets bear the time of. */
  readonly now: () => number;
}

/**
 * The metrics of a running capture, for one who hands them on. @param by what captures.
 * @returns gives them as of now: when they are asked for and not before, as series of 500 links take their time.
 */
export function liveMetrics(by: string, input: MetricsInput): () => Metrics {
  const { look, internalErrors, interruptions, now } = input;
  const metrics = new Metrics({ version: version(), nodeVersion: process.versions.node, backend: by });
  return () => {
    metrics.update(look(), now(), { internalErrors: internalErrors(), connection: interruptions() });
    return metrics;
  };
}
