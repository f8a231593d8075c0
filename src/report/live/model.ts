import type { CaptureDocument, FindingDocument } from '../document.js';
import { isGone, type LinkState, linkState } from './link-state.js';
import { type LiveDocument, MAX_LIVE_LINKS } from './live-links.js';
import { type LinkRate, LinkRates } from './rates.js';
import { type Trouble, troublesOf } from './troubles.js';

/** A link as live views show it. */
export interface LiveLink {
  state: LinkState;
  rate: LinkRate;
  troubles: Trouble[];
  /** Warnings and errors found on this link, the latest last. */
  findings: FindingDocument[];
}

/** All that a live view shows, at one moment. */
export interface LiveSnapshot {
  /** µs. */
  now: number;
  capture: CaptureDocument;
  /** Packets and captured bytes over the last interval; null at the first look. */
  packetsPerSecond: number | null;
  bytesPerSecond: number | null;
  links: LiveLink[];
  /** Links beyond MAX_LIVE_LINKS. */
  leftOut: number;
  ignored: LiveDocument['ignored'];
}

/** Makes snapshots from successive documents. One of these serves every view. */
export class LiveModel {
  readonly #rates = new LinkRates();
  #last: { now: number; packets: number; bytes: number } | null = null;
  #packetsPerSecond: number | null = null;
  #bytesPerSecond: number | null = null;

  /** @param now the time of this look, µs; documents come in the order of time. */
  update(document: LiveDocument, now: number): LiveSnapshot {
    const { capture, ignored } = document;
    this.#countPackets(capture, now);
    const current = document.links.filter((link) => !isGone(link, now));
    const states = current.slice(0, MAX_LIVE_LINKS).map((link) => linkState(link, capture.lastTime, now));
    const rates = this.#rates.update(states, now);
    const atWork = new Map<string, string>();
    for (const { isOpen, phase, link } of states)
      if (isOpen && phase !== 'refused') atWork.set(link.replica, link.id);
    const findings = findingsByLink(document.findings);
    return {
      now,
      capture,
      packetsPerSecond: this.#packetsPerSecond,
      bytesPerSecond: this.#bytesPerSecond,
      links: states.map((state) => {
        const rate = rates.get(state.link.id)!;
        const elsewhere = atWork.get(state.link.replica);
        const moved = elsewhere !== undefined && elsewhere !== state.link.id;
        const troubles = troublesOf(state, rate, now, moved);
        return { state, rate, troubles, findings: findings.get(state.link.id) ?? [] };
      }),
      leftOut: current.length - states.length + (document.leftOut ?? 0),
      ignored,
    };
  }

  #countPackets({ packets, bytes }: CaptureDocument, now: number): void {
    const last = this.#last;
    if (last !== null && now <= last.now) return;
    if (last !== null) {
      const seconds = (now - last.now) / 1_000_000;
      this.#packetsPerSecond = (packets - last.packets) / seconds;
      this.#bytesPerSecond = (bytes - last.bytes) / seconds;
    }
    this.#last = { now, packets, bytes };
  }
}

function findingsByLink(findings: readonly FindingDocument[]): Map<string, FindingDocument[]> {
  const byLink = new Map<string, FindingDocument[]>();
  for (const finding of findings) {
    if (finding.link === null || finding.severity === 'info') continue;
    const known = byLink.get(finding.link);
    if (known === undefined) byLink.set(finding.link, [finding]);
    else known.push(finding);
  }
  return byLink;
}
