const SECOND_US = 1_000_000;

/** An amount by seconds of packet time: only the largest is kept. */
export class SecondPeak {
  /** What came in the fullest second, and when that began (µs); null before anything came. */
  most = 0;
  mostAt: number | null = null;
  #second = -1;
  #now = 0;

  add(amount: number, time: number): void {
    const second = Math.floor(time / SECOND_US);
    // Times of a merged capture may go back: what is late counts into the second that runs.
    if (second > this.#second) {
      this.#second = second;
      this.#now = 0;
    }
    this.#now += amount;
    if (this.#now <= this.most) return;
    this.most = this.#now;
    this.mostAt = this.#second * SECOND_US;
  }
}
