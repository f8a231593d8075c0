/** Block type of a pcapng's decryption secrets (draft-ietf-opsawg-pcapng, 4.7): keys of TLS sessions. */
const DECRYPTION_SECRETS = 0x0a;
const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Type, length, secrets type and length in front; length behind. */
const HEAD = 16;

/** Overwrites the keys in the whole pcapng blocks bytes[from, to), which begin with one. Blocks are aligned to four bytes. */
export class SecretsBlocks {
  overwritten = 0;
  #littleEndian = true;

  overwrite(bytes: Uint8Array, from: number, to: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = from; at + 12 <= to; ) {
      const type = view.getUint32(at, this.#littleEndian);
      if (type === SECTION_HEADER) this.#littleEndian = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
      const length = view.getUint32(at + 4, this.#littleEndian);
      if (length < 12 || at + length > to) return;
      if (type === DECRYPTION_SECRETS && length > HEAD + 4) {
        bytes.fill(0x78, at + HEAD, at + length - 4);
        this.overwritten++;
      }
      at += length;
    }
  }
}
