import { FILLER } from './patches.js';

/** Block types (draft-ietf-opsawg-pcapng, 4 and 11.1). */
const SECTION_HEADER = 0x0a0d0d0a;
const NAME_RESOLUTION = 4;
const JOURNAL_EXPORT = 9;
const DECRYPTION_SECRETS = 0x0a;
const CUSTOM = new Set([0x0bad, 0x40000bad]);

/** Bytes before the options of blocks whose body has a fixed length: SHB, IDB, ISB. */
const OPTIONS_AT = new Map([
  [SECTION_HEADER, 24],
  [1, 16],
  [5, 20],
]);
/** Enhanced and obsolete packet blocks: their data begin here, and the captured length stands there. */
const PACKETS = new Set([2, 6]);
const PACKET_DATA_AT = 28;
const CAPTURED_AT = 20;

/** Options of free text: opt_comment, and the four custom ones, which begin with a number of who made them (3.5). */
const COMMENT = 1;
const CUSTOM_OPTIONS = new Set([2988, 2989, 19372, 19373]);
const ENTERPRISE_BYTES = 4;

/** Bytes of the address that a name record begins with, by its type (4.6): IPv4, IPv6, EUI-48, EUI-64. */
const ADDRESS_BYTES = new Map([
  [1, 4],
  [2, 16],
  [3, 6],
  [4, 8],
]);

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const MIN_BLOCK_BYTES = 12;
/** Type and length of a block; a secrets block has two more words before its secrets. */
const BLOCK_HEAD = 8;
const SECRETS_AT = 16;

/**
 * Overwrites what a pcapng file holds besides packets and facts about how they were captured: keys of TLS sessions, comments, names of
 * hosts, journal entries and whatever others put there. Nobody knows what is in these; lengths stay.
 */
export class PcapngMetadata {
  /** Blocks of TLS keys, and other pieces of text. */
  keyBlocks = 0;
  texts = 0;
  #littleEndian = true;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** bytes[from, to) are whole blocks, as a decoder found them. */
  overwrite(bytes: Uint8Array, from: number, to: number): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = from; at + MIN_BLOCK_BYTES <= to; ) {
      const type = this.#word(at);
      if (type === SECTION_HEADER)
        this.#littleEndian = this.#view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
      const length = this.#word(at + 4);
      if (length < MIN_BLOCK_BYTES || at + length > to) return;
      this.#block(type, at, at + length - 4);
      at += length;
    }
  }

  /** A block's bytes [at, end), without the length behind it. */
  #block(type: number, at: number, end: number): void {
    if (type === DECRYPTION_SECRETS) {
      this.#fill(at + SECRETS_AT, end);
      this.keyBlocks++;
    } else if (type === JOURNAL_EXPORT) this.#text(at + BLOCK_HEAD, end);
    else if (CUSTOM.has(type)) this.#text(at + BLOCK_HEAD + ENTERPRISE_BYTES, end);
    else if (type === NAME_RESOLUTION) this.#options(this.#names(at + BLOCK_HEAD, end), end);
    else if (PACKETS.has(type) && at + PACKET_DATA_AT <= end) {
      const captured = this.#word(at + CAPTURED_AT);
      this.#options(at + PACKET_DATA_AT + captured + (-captured & 3), end);
    } else {
      const options = OPTIONS_AT.get(type);
      if (options !== undefined) this.#options(at + options, end);
    }
  }

  #options(from: number, end: number): void {
    for (let at = from; at + 4 <= end; ) {
      const code = this.#half(at);
      const length = this.#half(at + 2);
      if (code === 0) return;
      const behind = Math.min(end, at + 4 + length);
      if (code === COMMENT) this.#text(at + 4, behind);
      else if (CUSTOM_OPTIONS.has(code)) this.#text(at + 4 + ENTERPRISE_BYTES, behind);
      at += 4 + length + (-length & 3);
    }
  }

  /** The names of each record keep their ends. @returns where the options begin. */
  #names(from: number, end: number): number {
    let at = from;
    while (at + 4 <= end) {
      const type = this.#half(at);
      const length = this.#half(at + 2);
      const body = at + 4;
      at = body + length + (-length & 3);
      if (type === 0) return at;
      const behind = Math.min(end, body + length);
      for (let i = body + (ADDRESS_BYTES.get(type) ?? 0); i < behind; i++)
        if (this.#bytes[i] !== 0) this.#bytes[i] = FILLER;
      this.texts++;
    }
    return end;
  }

  #text(from: number, to: number): void {
    if (to <= from) return;
    this.#fill(from, to);
    this.texts++;
  }

  #fill(from: number, to: number): void {
    if (to > from) this.#bytes.fill(FILLER, from, to);
  }

  #word(at: number): number {
    return this.#view.getUint32(at, this.#littleEndian);
  }

  #half(at: number): number {
    return this.#view.getUint16(at, this.#littleEndian);
  }
}
