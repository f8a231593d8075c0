/** How long a comparison of the two clocks counts, ms, and once more as long: another host's clock may be set. */
const WINDOW = 60_000;

/**
 * The time of day where the packets come from. Its clock is not ours, and it may hand over a capture of last week: what is measured up to
 * now is measured by its clock. A packet's time is that clock's when it was captured, so of all differences to its arrival here the largest
 * is the nearest.
 */
export class RemoteClock {
  /** ms that are added to our time, of this window and the one before. */
  #offset = Number.NEGATIVE_INFINITY;
  #earlier = Number.NEGATIVE_INFINITY;
  #windowStart = 0;

  /** @param packetTime µs since the epoch. @param now ms since the epoch, here. */
  arrived(packetTime: number, now: number): void {
    if (Math.abs(now - this.#windowStart) >= WINDOW) {
      this.#earlier = this.#offset;
      this.#offset = Number.NEGATIVE_INFINITY;
      this.#windowStart = now;
    }
    this.#offset = Math.max(this.#offset, packetTime / 1000 - now);
  }

  /** @returns its time when ours is `now`, ms since the epoch; ours while nothing has come. */
  at(now: number): number {
    const offset = Math.max(this.#offset, this.#earlier);
    return offset === Number.NEGATIVE_INFINITY ? now : now + offset;
  }
}
