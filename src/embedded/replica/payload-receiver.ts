import { MAX_PAYLOAD_BYTES } from './limits.js';
import type { PayloadHeader } from './sync-reply.js';

/** A payload is kept in blocks of this size, however small the spans that bring it. */
const BLOCK_BYTES = 64 * 1024;

/** Collects a payload, by its length or up to its mark. */
export class PayloadReceiver {
  readonly form: 'length' | 'eof-mark';
  readonly #wanted: number;
  readonly #mark: Uint8Array | null;
  readonly #blocks: Uint8Array[] = [];
  #received = 0;
  #complete = false;

  constructor(header: PayloadHeader & { readonly form: 'length' | 'eof-mark' }) {
    this.form = header.form;
    this.#mark = header.form === 'eof-mark' ? header.mark : null;
    this.#wanted = header.form === 'length' ? header.bytes : MAX_PAYLOAD_BYTES;
  }

  get isComplete(): boolean {
    return this.#complete;
  }

  /** As many bytes came as are taken, and no mark. */
  get isTooLong(): boolean {
    return !this.#complete && this.#received === this.#wanted;
  }

  /** Bytes of the payload so far; the mark is none of them. */
  get bytes(): number {
    return this.#complete ? this.#received - (this.#mark?.length ?? 0) : this.#received;
  }

  /**
   * Takes what belongs to the payload of bytes from index `from` on. The mark is looked for where a span ends, as servers do: nothing
   * follows it before the replica has acknowledged, and within the payload the same text may stand.
   * @returns the index behind what was taken.
   */
  take(bytes: Uint8Array, from: number): number {
    const end = Math.min(bytes.length, from + this.#wanted - this.#received);
    let at = from;
    while (at < end) {
      const used = this.#received % BLOCK_BYTES;
      if (used === 0) this.#blocks.push(new Uint8Array(BLOCK_BYTES));
      const take = Math.min(end - at, BLOCK_BYTES - used);
      this.#blocks.at(-1)!.set(bytes.subarray(at, at + take), used);
      this.#received += take;
      at += take;
    }
    this.#complete = this.#mark === null ? this.#received === this.#wanted : this.#endsWith(this.#mark);
    return end;
  }

  /** The payload, once it is complete. */
  chunks(): Uint8Array[] {
    const whole = this.bytes;
    const blocks = this.#blocks.slice(0, Math.ceil(whole / BLOCK_BYTES));
    return blocks.map((block, i) => block.subarray(0, whole - i * BLOCK_BYTES));
  }

  #endsWith(mark: Uint8Array): boolean {
    const start = this.#received - mark.length;
    if (start < 0) return false;
    for (let i = mark.length - 1; i >= 0; i--) {
      const at = start + i;
      if (this.#blocks[Math.floor(at / BLOCK_BYTES)]![at % BLOCK_BYTES] !== mark[i]) return false;
    }
    return true;
  }
}
