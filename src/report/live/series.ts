import { Counter, Gauge, type Registry } from 'prom-client';

/**
 * Metrics made from documents that hold totals. prom-client's counters are counted up; these are told the total and never go down,
 * whatever the document says: it can shrink when two links turn out to be one.
 */

export type Labels = Readonly<Record<string, string>>;

/** Between the values of labels in a key: a character that escaped text does not hold. */
const BETWEEN = '\n';

/** A counter that is told totals. */
export class TotalCounter {
  readonly #counter: Counter;
  readonly #names: readonly string[];
  readonly #totals = new Map<string, { labels: Labels; total: number }>();

  constructor(registry: Registry, name: string, help: string, names: readonly string[] = []) {
    this.#names = names;
    this.#counter = new Counter({ name, help, labelNames: [...names], registers: [registry] });
  }

  /** The total as of now; a lower one than before changes nothing. A series exists from its first total on, be it zero. */
  raise(total: number, labels: Labels = {}): void {
    const key = this.#names.map((name) => labels[name]).join(BETWEEN);
    const known = this.#totals.get(key);
    if (known !== undefined && total <= known.total) return;
    this.#counter.inc(labels, total - (known?.total ?? 0));
    this.#totals.set(key, { labels, total });
  }

  /** Forgets the series that `isOver` holds for. */
  drop(isOver: (labels: Labels) => boolean): void {
    for (const [key, { labels }] of this.#totals) {
      if (!isOver(labels)) continue;
      this.#totals.delete(key);
      this.#counter.remove(labels);
    }
  }
}

/** A gauge whose series are told anew each time: what is not told again is no more. */
export class FreshGauge {
  readonly #gauge: Gauge;

  constructor(registry: Registry, name: string, help: string, names: readonly string[] = []) {
    this.#gauge = new Gauge({ name, help, labelNames: [...names], registers: [registry] });
    this.clear();
  }

  clear(): void {
    this.#gauge.reset();
  }

  /** null (not known) makes no series: unknown is not zero. */
  set(value: number | null, labels: Labels = {}): void {
    if (value !== null && Number.isFinite(value)) this.#gauge.set(labels, value);
  }
}
