import type { ReplicationEvent, StreamNotice } from '../../replication/events.js';
import type { Link } from '../../replication/model.js';
import type { CaptureState, Found, Rule, RuleKind } from './rule.js';
import { RULES } from './rules.js';
import type { Thresholds } from './thresholds.js';

/** Findings of one code that a link gets; further ones are counted in the last of them. */
export const MAX_PER_LINK_AND_CODE = 8;

/** Findings of a capture. */
export const MAX_FINDINGS = 1000;

const NOTHING_KNOWN: CaptureState = { cutPackets: 0, kernelDrops: null, clock: null, siblings: [] };

const SECOND_US = 1_000_000;

/** Stands for a link where a finding is about none. */
const THE_CAPTURE = {};

/** Those of a code that a link has. */
interface Kept {
  found: number;
  last: Found;
}

/** Everything an expert would point at: shows each event to each rule, and keeps what they find. */
export class Findings {
  readonly all: Found[] = [];
  readonly #rules: { rule: Rule; code: string }[];
  readonly #found: (found: Found) => void;
  readonly #kept = new WeakMap<Link | typeof THE_CAPTURE, Map<string, Kept>>();
  #nextTick = Number.NEGATIVE_INFINITY;

  /** @param found is called once for each finding that is kept; its evidence may grow later. */
  constructor(thresholds: Thresholds, found: (found: Found) => void, rules: readonly RuleKind[] = RULES) {
    this.#found = found;
    this.#rules = rules.map((kind) => ({
      code: kind.code,
      rule: new kind((each) => this.#report(each), thresholds),
    }));
  }

  event(event: ReplicationEvent): void {
    if (event.event === 'encrypted' || event.event === 'finding') return;
    for (const { rule } of this.#rules) rule.event?.(event);
  }

  notice(notice: StreamNotice): void {
    for (const { rule } of this.#rules) rule.notice?.(notice);
  }

  /** It is `time` (µs) now, whether or not anything happened. To be called with the time of each packet. */
  now(time: number): void {
    if (time < this.#nextTick) return;
    this.#nextTick = time + SECOND_US;
    for (const { rule } of this.#rules) rule.tick?.(time);
  }

  /** No more events come. */
  end(links: readonly Link[], time: number, capture: CaptureState = NOTHING_KNOWN): void {
    for (const { rule } of this.#rules) rule.end?.(links, time, capture);
  }

  #report(found: Found): Found | null {
    const link = found.sessions[0]?.link ?? THE_CAPTURE;
    let ofLink = this.#kept.get(link);
    if (ofLink === undefined) {
      ofLink = new Map();
      this.#kept.set(link, ofLink);
    }
    const kept = ofLink.get(found.code);
    if (kept !== undefined && kept.found >= MAX_PER_LINK_AND_CODE) {
      kept.last.evidence.further = Number(kept.last.evidence.further ?? 0) + 1;
      if (found.severity === 'error') kept.last.severity = 'error';
      return null;
    }
    if (this.all.length >= MAX_FINDINGS) return null;
    ofLink.set(found.code, { found: (kept?.found ?? 0) + 1, last: found });
    this.all.push(found);
    this.#found(found);
    return found;
  }
}
