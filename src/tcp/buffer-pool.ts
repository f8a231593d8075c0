/** A direction that holds buffered data and can let go of it. */
export interface BufferHolder {
  /** Gives up all its holes, so that nothing stays buffered. */
  release(): void;
}

/** Memory that the reorder buffers of all connections take together, and who holds it. */
export class BufferPool {
  /** Bytes held by all holders. */
  used = 0;
  /** In the order in which they began to hold something. */
  private readonly holders = new Set<BufferHolder>();

  add(holder: BufferHolder): void {
    this.holders.add(holder);
  }

  remove(holder: BufferHolder): void {
    this.holders.delete(holder);
  }

  /** Frees down to `limit` bytes; who waits longest goes first, since its hole is the least likely to be filled. */
  reduceTo(limit: number): number {
    let released = 0;
    for (const holder of this.holders) {
      if (this.used <= limit) break;
      this.holders.delete(holder);
      holder.release();
      released++;
    }
    return released;
  }
}
