/** Entries kept: 5,000 segments a second for almost a second between ACKs; beyond, neighbours are merged. */
const MAX_ENTRIES = 4096;

/** Segments closer than this share an entry, µs: a lag in ms does not need finer. */
const RESOLUTION_US = 100;

/**
 * When each byte of a stream was sent, as long as it is not acknowledged: a queue of (first byte, time). Where it would outgrow
 * MAX_ENTRIES each two neighbours become one with the earlier time, so an age is never understated.
 */
export class SendTimes {
  #first: Float64Array = new Float64Array(8);
  #time: Float64Array = new Float64Array(8);
  #head = 0;
  #count = 0;

  /** Bytes from `first` on were sent at `time` (µs). */
  push(first: number, time: number): void {
    if (this.#count > 0 && time - this.#time[this.#head + this.#count - 1]! < RESOLUTION_US) return;
    if (this.#head + this.#count === this.#first.length) this.#makeRoom();
    this.#first[this.#head + this.#count] = first;
    this.#time[this.#head + this.#count] = time;
    this.#count++;
  }

  /** Bytes before `until` need no time any more. */
  forget(until: number): void {
    while (this.#count > 1 && this.#first[this.#head + 1]! <= until) {
      this.#head++;
      this.#count--;
    }
  }

  /** When byte `byte` was sent, µs. */
  at(byte: number): number {
    let low = this.#head;
    let high = this.#head + this.#count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#first[middle]! <= byte) low = middle;
      else high = middle - 1;
    }
    return this.#time[low]!;
  }

  #makeRoom(): void {
    if (this.#head >= this.#first.length >> 1) {
      this.#first.copyWithin(0, this.#head, this.#head + this.#count);
      this.#time.copyWithin(0, this.#head, this.#head + this.#count);
      this.#head = 0;
    } else if (this.#first.length < MAX_ENTRIES) {
      this.#first = grown(this.#first);
      this.#time = grown(this.#time);
    } else {
      const kept = (this.#count + 1) >> 1;
      for (let i = 0; i < kept; i++) {
        this.#first[i] = this.#first[this.#head + i * 2]!;
        this.#time[i] = this.#time[this.#head + i * 2]!;
      }
      this.#head = 0;
      this.#count = kept;
    }
  }
}

function grown(old: Float64Array): Float64Array {
  const next = new Float64Array(old.length * 2);
  next.set(old);
  return next;
}
