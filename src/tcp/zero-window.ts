/** How long a receiver told its peer to stop (window 0, RFC 9293, 3.8.6.1). Times in µs. */
export class ZeroWindow {
  private total = 0;
  private since = -1;

  close(time: number): void {
    if (this.since < 0) this.since = time;
  }

  open(time: number): void {
    this.total += this.running(time);
    this.since = -1;
  }

  /** Milliseconds so far; an interval that is still open counts up to `now`. */
  milliseconds(now: number): number {
    return (this.total + this.running(now)) / 1000;
  }

  private running(now: number): number {
    // Packets of a merged capture may go back in time.
    return this.since < 0 ? 0 : Math.max(0, now - this.since);
  }
}
