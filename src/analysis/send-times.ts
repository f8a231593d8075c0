/** Entries kept: 5,000 segments a second for almost a second between ACKs; beyond, neighbours are merged. */
const MAX_ENTRIES = 4096;

/** Segments closer than this share an entry, µs: a lag in ms does not need finer. Doubled while the queue is too long. */
const FINEST_US = 100;

/**
 * When each byte of a stream was sent, as long as it is not acknowledged: a queue of (first byte, time). Where it would outgrow
 * MAX_ENTRIES its resolution is halved, and bytes get the time of an earlier neighbour: an age is never understated.
 */
export class SendTimes {
  #first: Float64Array = new Float64Array(8);
  #time: Float64Array = new Float64Array(8);
  #head = 0;
  #count = 0;
  #resolution = FINEST_US;

  /** Bytes from `first` on were sent at `time` (µs). */
  push(first: number, time: number): void {
    if (this.#count > 0 && time - this.#time[this.#head + this.#count - 1]! < this.#resolution) return;
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
    if (this.#count === 1) this.#resolution = FINEST_US;
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
      this.#resolution *= 2;
      let kept = 0;
      for (let i = this.#head; i < this.#head + this.#count; i++) {
        if (kept > 0 && this.#time[i]! - this.#time[kept - 1]! < this.#resolution) continue;
        this.#first[kept] = this.#first[i]!;
        this.#time[kept] = this.#time[i]!;
        kept++;
      }
      this.#head = 0;
      this.#count = kept;
    }
    if (this.#head + this.#count === this.#first.length) this.#makeRoom();
  }
}

function grown(old: Float64Array): Float64Array {
  const next = new Float64Array(old.length * 2);
  next.set(old);
  return next;
}
