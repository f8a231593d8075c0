/** Bytes on their way, in order; takes copies. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  /** Bytes of the first chunk that are gone already. */
  #offset = 0;
  #first = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds a copy. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    // Not slice(): a Buffer's shares the memory.
    this.#chunks.push(new Uint8Array(bytes));
    this.#length += bytes.length;
  }

  /** Takes at most limit (1 or more) bytes off the front; none only when the queue is empty. Small chunks are joined. */
  take(limit: number): Uint8Array {
    const size = Math.min(limit, this.#length);
    const first = this.#chunks[this.#first];
    if (first !== undefined && first.length - this.#offset >= size) {
      const piece = first.subarray(this.#offset, this.#offset + size);
      this.#advance(size);
      return piece;
    }
    const joined = new Uint8Array(size);
    for (let at = 0; at < size; ) {
      const chunk = this.#chunks[this.#first]!;
      const part = chunk.subarray(this.#offset, this.#offset + size - at);
      joined.set(part, at);
      at += part.length;
      this.#advance(part.length);
    }
    return joined;
  }

  clear(): void {
    this.#chunks = [];
    this.#first = 0;
    this.#offset = 0;
    this.#length = 0;
  }

  /** Moves on by bytes that all lie in the first chunk. */
  #advance(bytes: number): void {
    this.#offset += bytes;
    this.#length -= bytes;
    if (this.#length === 0) {
      this.clear();
    } else if (this.#offset === this.#chunks[this.#first]!.length) {
      this.#offset = 0;
      this.#first++;
      // Gone chunks are let go in bulk: a shift per chunk would cost the length of the list each time.
      if (this.#first >= 64 && this.#first * 2 >= this.#chunks.length) {
        this.#chunks = this.#chunks.slice(this.#first);
        this.#first = 0;
      }
    }
  }
}
