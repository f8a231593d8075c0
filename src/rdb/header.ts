/** Opcode of an auxiliary field: `FA key value`, since RDB 7 (docs: rdb.h of the servers). */
const AUX = 0xfa;

/** The fields about replication stand among the first few; a header that does not fit is read as far as it goes. */
const MAX_HEADER_BYTES = 4096;

const MAGIC_BYTES = 9;

/**
 * Reads the head of an RDB payload as it passes by: magic, version and the auxiliary fields that stand before the first key.
 * Fed spans of any size; keeps at most MAX_HEADER_BYTES.
 */
export class RdbHeader {
  /** RDB version, or null when the payload does not begin with `REDIS` or `VALKEY`. */
  version: number | null = null;
  /** AUX fields by name, decoded as Latin-1 text. */
  readonly fields = new Map<string, string>();
  /** True once nothing more will be learnt. */
  done = false;

  #bytes = new Uint8Array(512);
  #length = 0;
  #at = 0;

  feed(bytes: Uint8Array, start: number, end: number): void {
    if (this.done) return;
    const take = Math.min(end - start, MAX_HEADER_BYTES - this.#length);
    if (this.#length + take > this.#bytes.length) {
      const grown = new Uint8Array(MAX_HEADER_BYTES);
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes.subarray(start, start + take), this.#length);
    this.#length += take;
    this.#parse();
    if (this.#length === MAX_HEADER_BYTES) this.done = true;
    if (this.done) this.#bytes = new Uint8Array(0);
  }

  #parse(): void {
    if (this.#at === 0) {
      if (this.#length < MAGIC_BYTES) return;
      const magic = latin1(this.#bytes, 0, MAGIC_BYTES);
      const version = /^(?:REDIS(\d{4})|VALKEY(\d{3}))$/.exec(magic);
      if (version === null) {
        this.done = true;
        return;
      }
      this.version = Number(version[1] ?? version[2]);
      this.#at = MAGIC_BYTES;
    }
    while (this.#at < this.#length) {
      if (this.#bytes[this.#at] !== AUX) {
        this.done = true;
        return;
      }
      const key = this.#string(this.#at + 1);
      const value = key === null ? null : this.#string(key.next);
      if (key === null || value === null) return;
      this.fields.set(key.text, value.text);
      this.#at = value.next;
    }
  }

  /** The length-prefixed or integer-encoded string at `at`, or null when it is not wholly there or of another form. */
  #string(at: number): { text: string; next: number } | null {
    const lead = this.#bytes[at]!;
    if (at >= this.#length) return null;
    if (lead >> 6 === 3) {
      const size = [1, 2, 4][lead & 0x3f];
      if (size === undefined) {
        this.done = true; // compressed or unknown: no server writes a header field so
        return null;
      }
      if (at + 1 + size > this.#length) return null;
      let value = 0;
      for (let i = 0; i < size; i++) value |= this.#bytes[at + 1 + i]! << (8 * i);
      const shift = 32 - size * 8;
      return { text: String((value << shift) >> shift), next: at + 1 + size };
    }
    let length = lead & 0x3f;
    let body = at + 1;
    if (lead >> 6 === 1) {
      if (body >= this.#length) return null;
      length = (length << 8) | this.#bytes[body]!;
      body++;
    } else if (lead >> 6 === 2) {
      this.done = true; // longer than any header field this reader wants
      return null;
    }
    if (body + length > this.#length) return null;
    return { text: latin1(this.#bytes, body, body + length), next: body + length };
  }
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
