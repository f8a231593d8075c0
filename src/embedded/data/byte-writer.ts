const FIRST_SIZE = 1024;

/** Bytes written one behind the other. Integers are signed or unsigned as they come; their bytes are the same. */
export class ByteWriter {
  #buffer = new Uint8Array(FIRST_SIZE);
  #view = new DataView(this.#buffer.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written, borrowed: valid until the next write. */
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  byte(value: number): void {
    const at = this.#room(1);
    this.#buffer[at] = value;
  }

  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#buffer.set(bytes, at);
  }

  /** Latin-1 text, a byte a character. */
  text(text: string): void {
    const at = this.#room(text.length);
    for (let i = 0; i < text.length; i++) this.#buffer[at + i] = text.charCodeAt(i);
  }

  uint32BE(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, value);
  }

  uint64BE(value: bigint): void {
    const at = this.#room(8);
    this.#view.setBigUint64(at, value);
  }

  doubleLE(value: number): void {
    const at = this.#room(8);
    this.#view.setFloat64(at, value, true);
  }

  /** An integer of 1 to 8 bytes. */
  integerLE(value: number | bigint, size: number): void {
    let rest = BigInt(value);
    for (let i = 0; i < size; i++) {
      this.byte(Number(rest & 0xffn));
      rest >>= 8n;
    }
  }

  /** Makes room for bytes, maybe in another buffer. @returns where it begins */
  #room(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, at));
      this.#buffer = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}
