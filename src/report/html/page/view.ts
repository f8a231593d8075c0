/** Least stretch of the axis that is shown, µs. */
const SHORTEST = 100;

export interface Span {
  from: number;
  to: number;
}

/** What stretch of the time axis all parts of the picture show, and where its cursor is. Times in µs since the axis begins. */
export class View {
  readonly length: number;
  span: Span;
  /** null: nowhere. */
  cursor: number | null = null;
  readonly #spanListeners: (() => void)[] = [];
  readonly #cursorListeners: (() => void)[] = [];

  constructor(length: number) {
    this.length = length;
    this.span = this.#whole();
  }

  onSpan(listener: () => void): void {
    this.#spanListeners.push(listener);
  }

  onCursor(listener: () => void): void {
    this.#cursorListeners.push(listener);
  }

  /** Shows [from, to], moved and cut so that it lies on the axis. */
  show(from: number, to: number): void {
    const whole = this.#whole();
    const width = Math.min(whole.to - whole.from, Math.max(SHORTEST, to - from));
    const middle = (from + to) / 2;
    const begin = Math.min(Math.max(whole.from, middle - width / 2), whole.to - width);
    this.span = { from: begin, to: begin + width };
    for (const listener of this.#spanListeners) listener();
  }

  reset(): void {
    const { from, to } = this.#whole();
    this.show(from, to);
  }

  /** `factor` below 1 shows less; around the cursor, or the middle. */
  zoom(factor: number): void {
    const { from, to } = this.span;
    const at = this.cursor !== null && this.cursor > from && this.cursor < to ? this.cursor : (from + to) / 2;
    this.show(at - (at - from) * factor, at + (to - at) * factor);
  }

  /** By a share of what is shown. */
  pan(share: number): void {
    const by = (this.span.to - this.span.from) * share;
    this.show(this.span.from + by, this.span.to + by);
  }

  /** Moves the cursor by a share of what is shown, from the middle where there is none; what is shown follows it. */
  step(share: number): void {
    const { from, to } = this.span;
    const width = to - from;
    const at = (this.cursor ?? (from + to) / 2) + width * share;
    const kept = Math.min(this.length, Math.max(0, at));
    if (kept < from || kept > to) this.show(kept - width / 2, kept + width / 2);
    this.point(kept);
  }

  /** Brings a moment into view, close up. */
  focus(at: number): void {
    const half = Math.max(this.length / 20, SHORTEST);
    this.show(at - half, at + half);
    this.point(at);
  }

  point(at: number | null): void {
    this.cursor = at;
    for (const listener of this.#cursorListeners) listener();
  }

  /** The axis with a little air on both sides, so that what happens at its ends can be seen. */
  #whole(): Span {
    const air = this.length / 100;
    return { from: -air, to: this.length + air };
  }
}
