import type { Registry } from 'prom-client';
import type { LinkDocument, SessionDocument } from '../document.js';
import { escapeText } from '../escape.js';
import type { LiveLinkDocument } from './earlier-sessions.js';
import { LINK_GAUGES, type LinkGauge } from './link-gauges.js';
import { LIVE_PHASES, type LinkState } from './link-state.js';
import { LINK_TOTALS, type LinkTotal } from './link-totals.js';
import { FreshGauge, type Labels, TotalCounter } from './series.js';
import { checksumsOf, count, decisionsOf, replidOf } from './session-tally.js';

/**
 * The metrics of each link. Labels `master` and `replica` are the endpoints; `link_info` has their hosts and ports apart, under the
 * label names of redis_exporter (`connected_slave_lag_seconds`, `slave_repl_offset`), to join with its series.
 */

const LINK = ['master', 'replica'];

export class LinkMetrics {
  readonly #totals: readonly [LinkTotal, TotalCounter][];
  readonly #gauges: readonly [LinkGauge, FreshGauge][];
  readonly #phase: FreshGauge;
  readonly #info: FreshGauge;
  readonly #decisions: TotalCounter;
  readonly #checksums: TotalCounter;

  constructor(registry: Registry, prefix: string) {
    const counter = (name: string, help: string, labels: readonly string[] = LINK) =>
      new TotalCounter(registry, prefix + name, help, labels);
    const gauge = (name: string, help: string, labels: readonly string[] = LINK) =>
      new FreshGauge(registry, prefix + name, help, labels);
    this.#totals = LINK_TOTALS.map((each) => [each, counter(each.metric, each.help)]);
    this.#gauges = LINK_GAUGES.map((each) => [each, gauge(each.metric, each.help)]);
    this.#phase = gauge('link_phase', '1 for the phase the link is in, 0 for the others.', [
      ...LINK,
      'phase',
    ]);
    this.#info = gauge(
      'link_info',
      'The ends of the link, its replication id and server version; always 1.',
      [...LINK, 'master_host', 'master_port', 'slave_ip', 'slave_port', 'master_replid', 'server_version'],
    );
    this.#decisions = counter(
      'sync_decisions_total',
      'Answers to PSYNC and SYNC by what was decided and why.',
      ['decision', 'cause', ...LINK],
    );
    this.#checksums = counter(
      'payload_checksums_total',
      'Complete RDB payloads by the verdict on their checksum.',
      ['checksum', ...LINK],
    );
  }

  /** The links as of now; series of others go. */
  update(states: readonly LinkState[]): void {
    for (const [, gauge] of this.#gauges) gauge.clear();
    this.#phase.clear();
    this.#info.clear();
    const present = new Set<string>();
    for (const state of states) {
      const labels = linkLabels(state.link);
      present.add(key(labels));
      this.#tell(state, labels);
    }
    const isOver = (labels: Labels) => !present.has(key(labels));
    for (const [, counter] of this.#totals) counter.drop(isOver);
    this.#decisions.drop(isOver);
    this.#checksums.drop(isOver);
  }

  #tell(state: LinkState, labels: Labels): void {
    const { link } = state;
    for (const [{ total }, counter] of this.#totals) counter.raise(total(link), labels);
    for (const [{ value }, gauge] of this.#gauges) gauge.set(value(state), labels);
    for (const phase of LIVE_PHASES) this.#phase.set(phase === state.phase ? 1 : 0, { ...labels, phase });
    this.#info.set(1, { ...labels, ...infoLabels(state) });
    for (const [name, count] of tally(link, decisionsOf, link.earlier?.decisions)) {
      const [decision = '', cause = ''] = name.split(' ');
      this.#decisions.raise(count, { ...labels, decision, cause });
    }
    for (const [checksum, count] of tally(link, checksumsOf, link.earlier?.checksums))
      this.#checksums.raise(count, { ...labels, checksum });
  }
}

function key({ master, replica }: Labels): string {
  return `${master} ${replica}`;
}

/** Endpoints as label values: a replica announces what it likes, so nothing that a terminal or a page might obey. */
function linkLabels({ master, replica }: LinkDocument): Labels {
  return { master: escapeText(master), replica: escapeText(replica) };
}

function infoLabels({ link, payload }: LinkState): Labels {
  const [masterHost, masterPort] = hostAndPort(link.master);
  const [replicaHost, replicaPort] = hostAndPort(link.replica);
  return {
    master_host: masterHost,
    master_port: masterPort,
    slave_ip: replicaHost,
    slave_port: replicaPort,
    master_replid: escapeText(latestReplid(link) ?? ''),
    server_version: escapeText(payload?.rdb?.server ?? ''),
  };
}

function hostAndPort(endpoint: string): [string, string] {
  const colon = endpoint.lastIndexOf(':');
  const host = endpoint.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return [escapeText(host), escapeText(endpoint.slice(colon + 1))];
}

/** The replication id that the link follows. */
function latestReplid({ sessions, earlier }: LiveLinkDocument): string | null {
  for (let i = sessions.length - 1; i >= 0; i--) {
    const replid = replidOf(sessions[i]!);
    if (replid !== null) return replid;
  }
  return earlier?.replid ?? null;
}

/** How often each name comes up in the sessions of a link. */
function tally(
  { sessions }: LiveLinkDocument,
  namesOf: (session: SessionDocument) => string[],
  earlier: ReadonlyMap<string, number> | undefined,
): Map<string, number> {
  const counts = new Map(earlier);
  for (const session of sessions) count(counts, namesOf(session));
  return counts;
}
