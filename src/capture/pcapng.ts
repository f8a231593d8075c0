import type { BatchBuffer } from './batch.js';
import { BATCH_PACKETS } from './batch.js';
import { type CaptureDecoder, damagedLength, MAX_RECORD_BYTES, noteLinkType } from './decoder.js';
import { PcapngInterface } from './pcapng-interface.js';
import { findOption, readUint64 } from './pcapng-options.js';
import type { CaptureFacts } from './types.js';

/** Block types (draft-ietf-opsawg-pcapng, 4 and 11.1). */
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const PACKET = 2;
const SIMPLE_PACKET = 3;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const MAJOR_VERSION = 1;

/** Bytes of the smallest block: type, length, and the length again behind the body. */
const MIN_BLOCK_BYTES = 12;
/** Bytes of a section header block without options: what a pcapng file has at least. */
export const MIN_SECTION_BYTES = 28;

/** Bytes of a block of that type without packet data and options: each field below is then inside the block. */
const MIN_BYTES_BY_TYPE = new Map([
  [SECTION_HEADER, MIN_SECTION_BYTES],
  [INTERFACE_DESCRIPTION, 20],
  [PACKET, 32],
  [SIMPLE_PACKET, 16],
  [INTERFACE_STATISTICS, 24],
  [ENHANCED_PACKET, 32],
]);

/** epb_dropcount: a 64-bit number (draft-ietf-opsawg-pcapng, 4.3). */
const EPB_DROPCOUNT = 4;
/** The obsolete packet block's drop count when it is not known (draft-ietf-opsawg-pcapng, appendix A). */
const DROPS_UNKNOWN = 0xffff;

/** Interfaces one section may describe, so that a hostile file cannot fill the memory with them. */
const MAX_INTERFACES = 4096;

/** True when the bytes begin a pcapng file: a section header block with its byte-order magic. */
export function isPcapng(head: Uint8Array): boolean {
  if (head.length < MIN_BLOCK_BYTES) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return view.getUint32(0) === SECTION_HEADER && sectionByteOrder(view, 0) !== null;
}

/** True for little-endian, null when the magic is neither way round. */
function sectionByteOrder(view: DataView, at: number): boolean | null {
  if (view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC) return true;
  return view.getUint32(at + 8, false) === BYTE_ORDER_MAGIC ? false : null;
}

/** Decoder of a pcapng stream, from its first section header block on (draft-ietf-opsawg-pcapng). */
export class PcapngDecoder implements CaptureDecoder {
  needed = MIN_BLOCK_BYTES;
  problem: string | null = null;

  readonly #facts: CaptureFacts;
  #littleEndian = true;
  #interfaces: PcapngInterface[] = [];
  /** Drops of the sections before this one. */
  #earlierDrops: number | null = null;
  #lastTime = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #viewed: Uint8Array | null = null;

  /** @param facts gets the link types and the kernel's drops as they are read. */
  constructor(facts: CaptureFacts) {
    this.#facts = facts;
  }

  decode(bytes: Uint8Array, from: number, to: number, batch: BatchBuffer): number {
    if (bytes !== this.#viewed) {
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.#viewed = bytes;
    }
    const view = this.#view;
    let at = from;
    while (batch.count < BATCH_PACKETS) {
      if (to - at < MIN_BLOCK_BYTES) {
        this.needed = MIN_BLOCK_BYTES;
        break;
      }
      const type = view.getUint32(at, this.#littleEndian);
      const littleEndian = type === SECTION_HEADER ? sectionByteOrder(view, at) : this.#littleEndian;
      if (littleEndian === null) {
        this.problem = 'a section header has no byte-order magic';
        break;
      }
      const length = view.getUint32(at + 4, littleEndian);
      if (length < MIN_BLOCK_BYTES || length % 4 !== 0 || length > MAX_RECORD_BYTES) {
        this.problem = damagedLength(length);
        break;
      }
      if (length > to - at) {
        this.needed = length;
        break;
      }
      this.problem = this.#decodeBlock(type, at, at + length, littleEndian, batch);
      if (this.problem !== null) break;
      at += length;
    }
    return at;
  }

  /** Takes one complete block. @returns what is wrong with it, or null. */
  #decodeBlock(
    type: number,
    at: number,
    end: number,
    littleEndian: boolean,
    batch: BatchBuffer,
  ): string | null {
    const view = this.#view;
    if (view.getUint32(end - 4, littleEndian) !== end - at) return 'the two lengths of a block differ';
    if (type === ENHANCED_PACKET && end - at >= 32) return this.#enhancedPacket(at, end - 4, batch);
    if (end - at < (MIN_BYTES_BY_TYPE.get(type) ?? 0)) return damagedLength(end - at);
    switch (type) {
      case SECTION_HEADER:
        return this.#section(at, littleEndian);
      case INTERFACE_DESCRIPTION:
        return this.#describe(at, end - 4);
      case PACKET:
        return this.#obsoletePacket(at, end - 4, batch);
      case SIMPLE_PACKET:
        return this.#simplePacket(at, end - 4, batch);
      case INTERFACE_STATISTICS:
        return this.#statistics(at, end - 4);
      default:
        return null;
    }
  }

  #section(at: number, littleEndian: boolean): string | null {
    const major = this.#view.getUint16(at + 12, littleEndian);
    if (major !== MAJOR_VERSION) return `a section of pcapng version ${major}, which is not known`;
    this.#earlierDrops = this.#facts.kernelDrops;
    this.#littleEndian = littleEndian;
    this.#interfaces = [];
    return null;
  }

  #describe(at: number, end: number): string | null {
    if (this.#interfaces.length >= MAX_INTERFACES)
      return `more than ${MAX_INTERFACES} interfaces in a section`;
    const described = new PcapngInterface(this.#view, at + 8, end, this.#littleEndian);
    this.#interfaces.push(described);
    noteLinkType(this.#facts, described.linkType);
    return null;
  }

  #enhancedPacket(at: number, end: number, batch: BatchBuffer): string | null {
    const view = this.#view;
    const littleEndian = this.#littleEndian;
    const id = view.getUint32(at + 8, littleEndian);
    const captured = view.getUint32(at + 20, littleEndian);
    const problem = this.#timedPacket(at, end, id, captured, batch);
    if (problem !== null) return problem;
    const options = at + 28 + captured + (-captured & 3);
    if (end - options < 4) return null;
    const drops = findOption(view, options, end, littleEndian, EPB_DROPCOUNT, 8);
    if (drops >= 0) this.#noteDrops(id, readUint64(view, drops, littleEndian));
    return null;
  }

  #obsoletePacket(at: number, end: number, batch: BatchBuffer): string | null {
    const view = this.#view;
    const id = view.getUint16(at + 8, this.#littleEndian);
    const drops = view.getUint16(at + 10, this.#littleEndian);
    const problem = this.#timedPacket(at, end, id, view.getUint32(at + 20, this.#littleEndian), batch);
    // The field cannot be left out, so 0 is what a writer that does not count puts there: it tells nothing.
    if (problem === null && drops !== 0 && drops !== DROPS_UNKNOWN) this.#noteDrops(id, drops);
    return problem;
  }

  /** Enhanced and obsolete packet blocks have their time, lengths and data at the same places. */
  #timedPacket(at: number, end: number, id: number, captured: number, batch: BatchBuffer): string | null {
    const view = this.#view;
    const littleEndian = this.#littleEndian;
    const capturedAt = this.#interfaces[id];
    if (capturedAt === undefined) return `a packet of interface ${id}, which is not described`;
    const start = at + 28;
    if (captured > end - start) return damagedLength(captured);
    this.#lastTime = withinExact(
      capturedAt.clock.toMicroseconds(
        view.getUint32(at + 12, littleEndian),
        view.getUint32(at + 16, littleEndian),
      ),
    );
    this.#append(batch, start, captured, view.getUint32(at + 24, littleEndian), capturedAt.linkType);
    return null;
  }

  /** Has no time, interface or captured length of its own: 4.4 says interface 0 and as much as its snap length lets through. */
  #simplePacket(at: number, end: number, batch: BatchBuffer): string | null {
    const first = this.#interfaces[0];
    if (first === undefined) return 'a packet of interface 0, which is not described';
    const original = this.#view.getUint32(at + 8, this.#littleEndian);
    const captured = Math.min(original, first.snapLength);
    if (captured > end - at - 12) return damagedLength(captured);
    this.#append(batch, at + 12, captured, original, first.linkType);
    return null;
  }

  #append(batch: BatchBuffer, start: number, captured: number, original: number, linkType: number): void {
    const index = batch.count++;
    batch.start[index] = start;
    batch.end[index] = start + captured;
    batch.originalLength[index] = Math.max(original, captured);
    batch.linkType[index] = linkType;
    batch.time[index] = this.#lastTime;
  }

  #statistics(at: number, end: number): string | null {
    const id = this.#view.getUint32(at + 8, this.#littleEndian);
    const described = this.#interfaces[id];
    if (described === undefined) return `statistics of interface ${id}, which is not described`;
    described.noteStatistics(this.#view, at + 20, end, this.#littleEndian);
    this.#sumDrops();
    return null;
  }

  #noteDrops(id: number, count: number): void {
    this.#interfaces[id]?.noteDropsBeforePacket(count);
    this.#sumDrops();
  }

  #sumDrops(): void {
    let sum = this.#earlierDrops;
    for (const { drops } of this.#interfaces) if (drops !== null) sum = (sum ?? 0) + drops;
    this.#facts.kernelDrops = sum;
  }
}

/** A damaged time of the year 200,000 is none that anything could be done with: the last one that is exact stands for it. */
function withinExact(time: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(-Number.MAX_SAFE_INTEGER, time));
}
