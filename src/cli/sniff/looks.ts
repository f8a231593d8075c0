import type { Analyzer } from '../../analyzer.js';
import type { CaptureFacts } from '../../capture/types.js';
import { type LiveDocument, LiveLinks } from '../../report/live/live-links.js';

/** Whoever asks within this time after somebody else gets the same look, ms. */
const SAME_LOOK_MS = 400;

/** What the links are at now, made once for all who ask: views, and metrics. */
export class Looks {
  readonly #analyzer: Analyzer;
  readonly #facts: () => CaptureFacts[];
  readonly #links = new LiveLinks();
  #latest: { document: LiveDocument; at: number } | null = null;

  constructor(analyzer: Analyzer, facts: () => CaptureFacts[]) {
    this.#analyzer = analyzer;
    this.#facts = facts;
  }

  /** @param now ms since the epoch. */
  at(now: number): LiveDocument {
    if (this.#latest !== null && Math.abs(now - this.#latest.at) < SAME_LOOK_MS) return this.#latest.document;
    const { links, leftOut } = this.#links.look(this.#analyzer.links(), now * 1000);
    const document = { ...this.#analyzer.overview(this.#facts()), links, leftOut };
    this.#latest = { document, at: now };
    return document;
  }
}
