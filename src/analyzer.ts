import { type SiblingPair, Siblings } from './analysis/divergence/siblings.js';
import { Findings } from './analysis/findings/findings.js';
import type { ClockSteps, Found } from './analysis/findings/rule.js';
import { DEFAULT_THRESHOLDS, type Thresholds } from './analysis/findings/thresholds.js';
import { SessionLag } from './analysis/lag.js';
import { Causes } from './analysis/topology/causes.js';
import type { Topology } from './analysis/topology/model.js';
import { buildTopology } from './analysis/topology/topology.js';
import { linkTypeName } from './capture/link-types.js';
import type { CaptureFacts, PacketBatch } from './capture/types.js';
import { PacketDecoder } from './packet/decoder.js';
import { TcpSegment } from './packet/segment.js';
import { PacketFilter, type PacketFilterOptions } from './packet-filter.js';
import type { ReplicationEvent } from './replication/events.js';
import type { Link } from './replication/model.js';
import type { TrafficObserver } from './replication/observer.js';
import { ReplicationTracker } from './replication/tracker.js';
import type { Disguise } from './report/disguise.js';
import type { CaptureDocument, LimitDocument, SummaryDocument } from './report/document.js';
import { findingDocument } from './report/findings/finding-document.js';
import { siblingDocument } from './report/siblings-document.js';
import { buildSummary } from './report/summary.js';
import { isoMicros } from './report/time.js';
import { DEFAULT_TCP_LIMITS, MAX_HELD_SEGMENTS } from './tcp/limits.js';
import { TcpTracker } from './tcp/tracker.js';

export interface AnalyzerOptions extends PacketFilterOptions {
  /** Receives each event as it happens. */
  onEvent?: ((event: ReplicationEvent) => void) | undefined;
  /** With `onEvent`: an event for every command of a stream as well. */
  commands?: boolean | undefined;
  /** Which links the summary holds; all unless told. */
  keepLink?: ((link: Link) => boolean) | undefined;
  /** How many of the biggest keys of each payload the summary names; BIGGEST_KEYS unless told, 0 saves a little time. */
  biggestKeys?: number | undefined;
  /** Is given the bytes of payloads and the commands of streams as they pass. */
  observer?: TrafficObserver | undefined;
  /** Hides keys or values in events and in the summary. */
  redact?: Disguise | undefined;
  /** From when on something is a finding; what is left out is the servers' own default. */
  thresholds?: Partial<Thresholds> | undefined;
}

/** Keys in each ranking of a payload. */
export const BIGGEST_KEYS = 10;

/**
 * The data path of the program, one packet after the other: link layer and IP → TCP segment → ordered bytes → replication facts.
 * A file, a pipe, a live capture and a test all drive it with runs of packets and ask for the summary when they like.
 */
export class Analyzer {
  packets = 0;
  bytes = 0;
  cutPackets = 0;
  /** Packet time of the first and of the latest packet, µs; null before the first. */
  firstTime: number | null = null;
  lastTime: number | null = null;
  readonly #options: AnalyzerOptions;
  readonly #filter: PacketFilter;
  readonly #decoder = new PacketDecoder();
  readonly #causes = new Causes();
  readonly #siblings = new Siblings();
  readonly #findings: Findings;
  /** Found while an event is told: they follow it. */
  readonly #found: Found[] = [];
  readonly #segment = new TcpSegment();
  readonly #replication: ReplicationTracker;
  readonly #tcp: TcpTracker;
  #packetNumber = 0;
  #previousTime = Number.NEGATIVE_INFINITY;
  #clock: ClockSteps | null = null;
  /** µs. */
  readonly #clockStep: number;

  constructor(options: AnalyzerOptions = {}) {
    this.#options = options;
    this.#filter = new PacketFilter(options);
    const thresholds = { ...DEFAULT_THRESHOLDS, ...options.thresholds };
    this.#clockStep = thresholds.clockStepMs * 1000;
    this.#findings = new Findings(thresholds, (found) => this.#found.push(found));
    const replication = new ReplicationTracker({
      emit: (event) => this.#event(event),
      notice: (notice) => this.#findings.notice(notice),
      commands: options.commands,
      biggestKeys: options.biggestKeys ?? BIGGEST_KEYS,
      observer: options.observer,
      follower: this.#siblings,
      newMeter: () => new SessionLag(),
      causeOf: (sync, session, links) => this.#causes.decided(sync, session, links),
      ordered: (order) => this.#causes.ordered(order),
    });
    this.#replication = replication;
    this.#tcp = new TcpTracker({ open: (connection) => replication.open(connection) });
  }

  /** Takes packets [from, to) of a batch, in the order of their capture. Returns false when no later packet can matter. */
  run(batch: PacketBatch, from: number, to: number): boolean {
    const { bytes, start, end, originalLength, linkType, time } = batch;
    const segment = this.#segment;
    for (let i = from; i < to; i++) {
      this.#packetNumber++;
      const at = time[i]!;
      const first = start[i]!;
      const last = end[i]!;
      const original = originalLength[i]!;
      if (this.#filter.isTimed && !this.#filter.inTime(at)) {
        if (this.#filter.isOver(at)) return false;
        continue;
      }
      this.packets++;
      this.bytes += last - first;
      if (last - first < original) this.cutPackets++;
      if (this.firstTime === null) this.firstTime = at;
      if (at <= this.#previousTime - this.#clockStep) this.#noteStep(at);
      this.#previousTime = at;
      if (this.lastTime === null || at > this.lastTime) this.lastTime = at;
      if (!this.#decoder.decode(bytes, first, last, original, linkType[i]!, at, segment)) continue;
      if (this.#filter.isAddressed && !this.#filter.matches(segment)) continue;
      this.#findings.now(at);
      this.#tcp.segment(segment, at, this.#packetNumber);
      if (this.#found.length > 0) this.#tellFound();
    }
    return true;
  }

  #noteStep(time: number): void {
    const mostUs = this.#previousTime - time;
    const clock = this.#clock;
    if (clock !== null) clock.times++;
    if (clock === null) this.#clock = { times: 1, mostUs, packet: this.#packetNumber, time };
    else if (mostUs > clock.mostUs) Object.assign(clock, { mostUs, packet: this.#packetNumber, time });
  }

  /** No more packets come: what is still buffered is let go, open sessions end with the capture. `facts`: of what was read. */
  finish(facts: readonly CaptureFacts[] = []): void {
    const time = this.lastTime ?? 0;
    this.#tcp.finish(time);
    const { links } = this.#replication.snapshot(time);
    this.#findings.end(links, time, {
      cutPackets: this.cutPackets,
      kernelDrops: kernelDrops(facts),
      clock: this.#clock,
      siblings: this.siblings,
    });
    this.#tellFound();
  }

  /** The links of the capture, those that `keepLink` wants, as of the latest packet. */
  links(): Link[] {
    const { links } = this.#replication.snapshot(this.lastTime ?? 0);
    return links.filter((link) => this.#options.keepLink?.(link) ?? true);
  }

  /** Pairs of links that replicate the same history, and whether they were sent the same bytes. */
  get siblings(): SiblingPair[] {
    return this.#siblings.pairs();
  }

  /** Defects of this program that ended the reading of a connection; empty on every sound run. */
  get internalErrors(): readonly string[] {
    return this.#replication.internalErrors;
  }

  /** Servers, and who replicates from whom, as of the latest packet. */
  topology(): Topology {
    return buildTopology(this.links(), this.#causes, this.lastTime, this.#keptSiblings());
  }

  /** The summary document as of the latest packet. */
  summary(facts: readonly CaptureFacts[]): SummaryDocument {
    const document = buildSummary({
      ...this.overview(facts),
      links: this.links(),
      siblings: this.#keptSiblings().map(siblingDocument),
    });
    return this.#options.redact?.summary(document) ?? document;
  }

  /** Pairs of which one link is wanted. */
  #keptSiblings(): SiblingPair[] {
    const keep = this.#options.keepLink;
    return this.siblings.filter(
      ({ sessions }) => keep === undefined || sessions.some(({ link }) => keep(link)),
    );
  }

  /** The summary document without its links: what costs the same however much was seen. */
  overview(
    facts: readonly CaptureFacts[],
  ): Pick<SummaryDocument, 'capture' | 'ignored' | 'limits' | 'findings'> {
    const { ignoredConnections, unlistedSessions } = this.#replication.snapshot(this.lastTime ?? 0);
    const keep = this.#options.keepLink;
    return {
      capture: this.#capture(facts),
      ignored: {
        connections: ignoredConnections,
        encryptedConnections: this.#replication.encryptedConnections,
        unlistedSessions,
      },
      limits: this.#limits(),
      findings: this.#findings.all
        .filter(({ sessions: [session] }) => session === undefined || (keep?.(session.link) ?? true))
        .map(findingDocument),
    };
  }

  /** The limits that were reached. */
  #limits(): LimitDocument[] {
    const { evicted, bufferOverflows, earlyOverflows } = this.#tcp.counters;
    const { maxConnections, maxReorderBytes } = DEFAULT_TCP_LIMITS;
    const all: LimitDocument[] = [
      { limit: 'connections', most: maxConnections, times: evicted },
      { limit: 'reorder-buffer', most: maxReorderBytes, times: bufferOverflows },
      { limit: 'early-segments', most: MAX_HELD_SEGMENTS, times: earlyOverflows },
      ...this.#replication.reachedLimits(),
    ];
    return all.filter(({ times }) => times > 0);
  }

  #event(event: ReplicationEvent): void {
    this.#findings.event(event);
    this.#options.onEvent?.(this.#options.redact?.event(event) ?? event);
    this.#tellFound();
  }

  #tellFound(): void {
    const { onEvent } = this.#options;
    for (const { sessions, time, severity, code, packets, evidence } of this.#found.splice(0)) {
      const [session] = sessions;
      // What is about the capture as a whole is no event of a link.
      if (session === undefined) continue;
      onEvent?.({
        event: 'finding',
        link: session.link,
        session,
        time: Math.max(time, this.lastTime ?? time),
        at: time,
        packet: this.#packetNumber,
        severity,
        code,
        packets,
        evidence,
      });
    }
  }

  #capture(facts: readonly CaptureFacts[]): CaptureDocument {
    const linkTypes = new Set(facts.flatMap((capture) => capture.linkTypes.map(linkTypeName)));
    return {
      sources: facts.map((capture) => capture.source),
      format: facts[0]?.format ?? 'pcap',
      linkTypes: [...linkTypes],
      packets: this.packets,
      bytes: this.bytes,
      cutPackets: this.cutPackets,
      kernelDrops: kernelDrops(facts),
      firstTime: this.firstTime === null ? null : isoMicros(this.firstTime),
      lastTime: this.lastTime === null ? null : isoMicros(this.lastTime),
      complete: facts.every((capture) => capture.problem === null),
    };
  }
}

/** Packets that the kernel dropped, of all captures that tell; null: none tells. */
function kernelDrops(facts: readonly CaptureFacts[]): number | null {
  const drops = facts.map((capture) => capture.kernelDrops).filter((count) => count !== null);
  return drops.length === 0 ? null : drops.reduce((sum, count) => sum + count, 0);
}
