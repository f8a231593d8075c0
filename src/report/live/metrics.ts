import { type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';
import { LinkMetrics } from './link-metrics.js';
import { isGone, linkState } from './link-state.js';
import type { LiveDocument } from './live-links.js';
import { FreshGauge, TotalCounter } from './series.js';

/**
 * The summary document as Prometheus metrics, in a registry of their own. Sizes in bytes, times in seconds, `_total` on what only
 * grows; what is not known has no series.
 */

const PREFIX = 'psyncscope_';

/** Links with series of their own, some 50 each; further ones are counted in `psyncscope_links_left_out`. */
export const MAX_METRIC_LINKS = 500;

/** What the document does not hold. */
export interface MetricsExtras {
  /** Defects of this program so far that ended the reading of a connection. */
  internalErrors: number;
  /** Links gone for a while keep their series: the capture is over. */
  keepsGone?: boolean;
  /** Of a capture that comes over a connection: how often it was lost, and whether there is none now. */
  connection?: { readonly lost: number; readonly isOut: boolean } | null;
}

export interface BuildInfo {
  version: string;
  nodeVersion: string;
  /** Which capture backend runs. */
  backend: string;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #links: LinkMetrics;
  readonly #packets: TotalCounter;
  readonly #bytes: TotalCounter;
  readonly #cut: TotalCounter;
  /** Made when the backend first tells of drops: unknown is not zero. */
  #drops: TotalCounter | null = null;
  /** Made for a capture that comes over a connection. */
  #connection: { isThere: FreshGauge; lost: TotalCounter } | null = null;
  readonly #linkCount: FreshGauge;
  readonly #leftOut: FreshGauge;
  readonly #ignored: FreshGauge;
  readonly #encrypted: TotalCounter;
  readonly #unlisted: TotalCounter;
  readonly #findings: TotalCounter;
  readonly #internalErrors: TotalCounter;

  constructor(build: BuildInfo) {
    const registry = this.#registry;
    const counter = (name: string, help: string, labels: readonly string[] = []) =>
      new TotalCounter(registry, PREFIX + name, help, labels);
    const gauge = (name: string, help: string, labels: readonly string[] = []) =>
      new FreshGauge(registry, PREFIX + name, help, labels);
    gauge('build_info', 'Version of psyncscope and of Node.js, and the capture backend; always 1.', [
      'version',
      'node_version',
      'backend',
    ]).set(1, { version: build.version, node_version: build.nodeVersion, backend: build.backend });
    this.#packets = counter('capture_packets_total', 'Packets captured.');
    this.#bytes = counter('capture_bytes_total', 'Bytes of packet data captured.');
    this.#cut = counter('capture_cut_packets_total', 'Packets captured shorter than on the wire.');
    this.#linkCount = gauge('links', 'Replication links that are watched now.');
    this.#leftOut = gauge(
      'links_left_out',
      `Links beyond the first ${MAX_METRIC_LINKS}, which have no series of their own.`,
    );
    this.#ignored = gauge('ignored_connections', 'TCP connections seen so far that are no replication.');
    this.#encrypted = counter(
      'encrypted_connections_total',
      'TLS connections, whose content cannot be read.',
    );
    this.#unlisted = counter(
      'unlisted_sessions_total',
      'Sessions of links beyond the limits of this program.',
    );
    this.#findings = counter('findings_total', 'Findings by code and severity.', ['code', 'severity']);
    this.#internalErrors = counter(
      'internal_errors_total',
      'Defects of this program that ended the reading of a connection.',
    );
    this.#links = new LinkMetrics(registry, PREFIX);
  }

  /** Content-Type of `text`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics as of the last update, in Prometheus' text format 0.0.4. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The same as values. */
  values(): Promise<MetricObjectWithValues<MetricValue<string>>[]> {
    return this.#registry.getMetricsAsJSON();
  }

  /** Names of all metrics. */
  get names(): string[] {
    return this.#registry.getMetricsAsArray().map((metric) => metric.name);
  }

  /** @param now time of this look, µs: links gone for a while lose their series (GONE_AFTER_US, SILENT_AFTER_US). */
  update(document: LiveDocument, now: number, extras: MetricsExtras = { internalErrors: 0 }): void {
    const { capture, ignored } = document;
    this.#packets.raise(capture.packets);
    this.#bytes.raise(capture.bytes);
    this.#cut.raise(capture.cutPackets);
    this.#tellDrops(capture.kernelDrops);
    this.#tellConnection(extras.connection ?? null);
    this.#ignored.set(ignored.connections);
    this.#encrypted.raise(ignored.encryptedConnections);
    this.#unlisted.raise(ignored.unlistedSessions);
    this.#internalErrors.raise(extras.internalErrors);
    this.#tellFindings(document);
    const links = document.links.filter((link) => extras.keepsGone === true || !isGone(link, now));
    const told = links.slice(0, MAX_METRIC_LINKS);
    const leftOut = links.length - told.length + (document.leftOut ?? 0);
    this.#linkCount.set(told.length + leftOut);
    this.#leftOut.set(leftOut);
    this.#links.update(told.map((link) => linkState(link, capture.lastTime, now)));
  }

  #tellDrops(drops: number | null): void {
    if (drops === null) return;
    this.#drops ??= new TotalCounter(
      this.#registry,
      `${PREFIX}capture_kernel_drops_total`,
      'Packets dropped by the kernel before the capture had them; absent where the backend does not tell.',
    );
    this.#drops.raise(drops);
  }

  #tellConnection(connection: { readonly lost: number; readonly isOut: boolean } | null): void {
    if (connection === null) return;
    this.#connection ??= {
      isThere: new FreshGauge(
        this.#registry,
        `${PREFIX}capture_connected`,
        'Whether there is a connection to what captures (--ssh, --connect): without one nothing is seen.',
      ),
      lost: new TotalCounter(
        this.#registry,
        `${PREFIX}capture_connections_lost_total`,
        'Times that the connection to what captures was lost.',
      ),
    };
    this.#connection.isThere.set(connection.isOut ? 0 : 1);
    this.#connection.lost.raise(connection.lost);
  }

  #tellFindings({ findings }: LiveDocument): void {
    const counts = new Map<string, { code: string; severity: string; count: number }>();
    for (const { code, severity } of findings) {
      const known = counts.get(`${severity} ${code}`);
      if (known === undefined) counts.set(`${severity} ${code}`, { code, severity, count: 1 });
      else known.count++;
    }
    for (const { code, severity, count } of counts.values()) this.#findings.raise(count, { code, severity });
  }
}
