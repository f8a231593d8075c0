import type { BatchBuffer } from './batch.js';
import { BATCH_PACKETS } from './batch.js';
import { type CaptureDecoder, damagedLength, MAX_RECORD_BYTES } from './decoder.js';

/** Bytes of a classic pcap's file header (draft-ietf-opsawg-pcap, 4). */
export const PCAP_HEADER_BYTES = 24;

/** Magic numbers, as the first four bytes of the file read in the file's byte order. */
const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
/** Alexey Kuznetzov's variant: records carry interface index, protocol and packet type in 8 more bytes (libpcap, sf-pcap.c). */
const MODIFIED = 0xa1b2cd34;

const RECORD_HEADER_BYTES = 16;
const MODIFIED_RECORD_HEADER_BYTES = 24;

/** Up to this minor version some writers swapped a record's two lengths (libpcap, sf-pcap.c). */
const LAST_MINOR_WITH_SWAPPED_LENGTHS = 3;

/** What the file header of a classic pcap says. */
export interface PcapHeader {
  readonly variant: 'microseconds' | 'nanoseconds' | 'modified';
  readonly littleEndian: boolean;
  readonly majorVersion: number;
  readonly minorVersion: number;
  /** LINKTYPE_ number: the low 16 bits of the field, the upper ones tell of the frame check sequence. */
  readonly linkType: number;
}

function variantOf(magic: number): PcapHeader['variant'] | null {
  if (magic === MICROSECONDS) return 'microseconds';
  if (magic === NANOSECONDS) return 'nanoseconds';
  return magic === MODIFIED ? 'modified' : null;
}

/** True when the first four bytes are one of the magic numbers, in either byte order. */
export function isPcap(head: Uint8Array): boolean {
  if (head.length < 4) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return variantOf(view.getUint32(0, true)) !== null || variantOf(view.getUint32(0, false)) !== null;
}

/**
 * Reads the file header.
 * @param head at least `PCAP_HEADER_BYTES` bytes for which `isPcap` holds.
 */
export function readPcapHeader(head: Uint8Array): PcapHeader {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const littleEndian = variantOf(view.getUint32(0, true)) !== null;
  return {
    variant: variantOf(view.getUint32(0, littleEndian)) ?? 'microseconds',
    littleEndian,
    majorVersion: view.getUint16(4, littleEndian),
    minorVersion: view.getUint16(6, littleEndian),
    linkType: view.getUint32(20, littleEndian) & 0xffff,
  };
}

/** Decoder of the records behind the file header of a classic pcap (draft-ietf-opsawg-pcap, 5). */
export class PcapDecoder implements CaptureDecoder {
  needed = RECORD_HEADER_BYTES;
  problem: string | null = null;

  readonly #littleEndian: boolean;
  readonly #nanoseconds: boolean;
  readonly #lengthsMayBeSwapped: boolean;
  readonly #headerBytes: number;
  readonly #linkType: number;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #viewed: Uint8Array | null = null;

  constructor(header: PcapHeader) {
    this.#littleEndian = header.littleEndian;
    this.#nanoseconds = header.variant === 'nanoseconds';
    this.#headerBytes = header.variant === 'modified' ? MODIFIED_RECORD_HEADER_BYTES : RECORD_HEADER_BYTES;
    this.#lengthsMayBeSwapped = header.minorVersion <= LAST_MINOR_WITH_SWAPPED_LENGTHS;
    this.#linkType = header.linkType;
  }

  decode(bytes: Uint8Array, from: number, to: number, batch: BatchBuffer): number {
    if (bytes !== this.#viewed) {
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.#viewed = bytes;
    }
    const view = this.#view;
    const littleEndian = this.#littleEndian;
    const nanoseconds = this.#nanoseconds;
    const headerBytes = this.#headerBytes;
    const linkType = this.#linkType;
    const { start, end, originalLength, time } = batch;
    let at = from;
    let count = batch.count;
    while (count < BATCH_PACKETS) {
      if (to - at < headerBytes) {
        this.needed = headerBytes;
        break;
      }
      let captured = view.getUint32(at + 8, littleEndian);
      let original = view.getUint32(at + 12, littleEndian);
      if (captured > original) {
        // Either one of the old writers that swapped them, or a writer that left the second one out.
        const first = captured;
        if (this.#lengthsMayBeSwapped) captured = original;
        original = first;
      }
      if (captured > MAX_RECORD_BYTES) {
        this.problem = damagedLength(captured);
        break;
      }
      const dataStart = at + headerBytes;
      const next = dataStart + captured;
      if (next > to) {
        this.needed = next - at;
        break;
      }
      const fraction = view.getUint32(at + 4, littleEndian);
      time[count] =
        view.getUint32(at, littleEndian) * 1_000_000 + (nanoseconds ? Math.floor(fraction / 1000) : fraction);
      start[count] = dataStart;
      end[count] = next;
      originalLength[count] = original;
      batch.linkType[count] = linkType;
      count++;
      at = next;
    }
    batch.count = count;
    return at;
  }
}
