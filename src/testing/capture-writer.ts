/** Builds capture files in memory, byte by byte as the formats' specifications say; for tests only. */

/** A packet to write. Times are integer µs since the epoch unless the options say otherwise. */
export interface WrittenPacket {
  readonly time: number;
  readonly data: Uint8Array;
  /** Bytes it had on the wire; the data's length when left out. */
  readonly originalLength?: number;
  /** pcapng: interface it came from, 0 when left out. */
  readonly interface?: number;
  /** pcapng: kind of block that holds it; `enhanced` when left out. */
  readonly block?: 'enhanced' | 'simple' | 'obsolete';
  /** pcapng: epb_dropcount option, or the obsolete block's field. */
  readonly drops?: number;
}

export interface PcapOptions {
  readonly variant?: 'microseconds' | 'nanoseconds' | 'modified';
  readonly littleEndian?: boolean;
  /** The whole 32-bit field, with the bits on the frame check sequence. */
  readonly linkType?: number;
  readonly snapLength?: number;
  readonly minorVersion?: number;
  /** Nanoseconds variant: ns to add to each packet's µs, 0 to 999. */
  readonly extraNanoseconds?: number;
}

const MAGIC = { microseconds: 0xa1b2c3d4, nanoseconds: 0xa1b23c4d, modified: 0xa1b2cd34 };

/** Collects numbers in one byte order. */
class Bytes {
  readonly #parts: Buffer[] = [];
  readonly #littleEndian: boolean;

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  u16(...values: number[]): this {
    for (const value of values) {
      const part = Buffer.alloc(2);
      if (this.#littleEndian) part.writeUInt16LE(value);
      else part.writeUInt16BE(value);
      this.#parts.push(part);
    }
    return this;
  }

  u32(...values: number[]): this {
    for (const value of values) {
      const part = Buffer.alloc(4);
      if (this.#littleEndian) part.writeUInt32LE(value);
      else part.writeUInt32BE(value);
      this.#parts.push(part);
    }
    return this;
  }

  u64(value: bigint): this {
    const part = Buffer.alloc(8);
    const unsigned = BigInt.asUintN(64, value);
    if (this.#littleEndian) part.writeBigUInt64LE(unsigned);
    else part.writeBigUInt64BE(unsigned);
    this.#parts.push(part);
    return this;
  }

  raw(data: Uint8Array): this {
    this.#parts.push(Buffer.from(data));
    return this;
  }

  /** Data, and zeros up to the next multiple of four. */
  padded(data: Uint8Array): this {
    return this.raw(data).raw(new Uint8Array(-data.length & 3));
  }

  done(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

/** Joins pieces of a file. */
export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** A classic pcap (draft-ietf-opsawg-pcap); little-endian Ethernet with µs unless told otherwise. */
export function writePcap(packets: readonly WrittenPacket[], options: PcapOptions = {}): Uint8Array {
  const { variant = 'microseconds', littleEndian = true, linkType = 1, snapLength = 262_144 } = options;
  const { minorVersion = 4, extraNanoseconds = 0 } = options;
  const out = new Bytes(littleEndian);
  out.u32(MAGIC[variant]).u16(2, minorVersion).u32(0, 0, snapLength, linkType);
  for (const { time, data, originalLength = data.length } of packets) {
    const fraction = time % 1_000_000;
    out.u32(Math.floor(time / 1_000_000));
    out.u32(variant === 'nanoseconds' ? fraction * 1000 + extraNanoseconds : fraction);
    out.u32(data.length, originalLength);
    if (variant === 'modified') out.u32(7).u16(0x0800).u16(0);
    out.raw(data);
  }
  return out.done();
}

interface PcapngInterfaceOptions {
  readonly linkType?: number;
  /** 0: not limited. */
  readonly snapLength?: number;
  /** Value of if_tsresol; option left out when undefined. */
  readonly resolution?: number;
  /** Value of if_tsoffset, seconds; the time in the file is smaller by it. */
  readonly offset?: number;
  /** isb_ifdrop and isb_osdrop, in a statistics block behind the packets; each list entry is one block. */
  readonly statistics?: readonly { readonly ifdrop?: number; readonly osdrop?: number }[];
}

export interface PcapngOptions {
  readonly littleEndian?: boolean;
  readonly interfaces?: readonly PcapngInterfaceOptions[];
  /** Units below a µs to add to each time, for resolutions finer than a µs. */
  readonly extraUnits?: bigint;
}

/** A block of any type: the type, both lengths, and the body with padding. */
export function writePcapngBlock(type: number, body: Uint8Array, littleEndian = true): Uint8Array {
  const length = 12 + body.length + (-body.length & 3);
  return new Bytes(littleEndian).u32(type, length).padded(body).u32(length).done();
}

function option(out: Bytes, code: number, length: number, write: (value: Bytes) => void): void {
  out.u16(code, length);
  write(out);
}

function description(options: PcapngInterfaceOptions, littleEndian: boolean): Uint8Array {
  const { linkType = 1, snapLength = 262_144, resolution, offset } = options;
  const body = new Bytes(littleEndian).u16(linkType, 0).u32(snapLength);
  // An option that is not known comes first, with a length that needs padding.
  body.u16(2, 3).padded(Buffer.from('lo0'));
  if (resolution !== undefined) option(body, 9, 1, (value) => value.padded(Uint8Array.of(resolution)));
  if (offset !== undefined) option(body, 14, 8, (value) => value.u64(BigInt(offset)));
  body.u16(0, 0);
  return writePcapngBlock(1, body.done(), littleEndian);
}

/** µs in the units of an interface, the inverse of what a reader does. */
function stampOf(
  time: number,
  { resolution = 6, offset = 0 }: PcapngInterfaceOptions,
  extra: bigint,
): bigint {
  const exponent = BigInt(resolution & 0x7f);
  const units = resolution & 0x80 ? 2n ** exponent : 10n ** exponent;
  const micros = BigInt(time) - BigInt(offset) * 1_000_000n;
  // Rounded up, so that a reader that rounds down comes back to the same µs.
  return (micros * units + 999_999n) / 1_000_000n + extra;
}

function packetBlock(packet: WrittenPacket, options: PcapngOptions, littleEndian: boolean): Uint8Array {
  const { time, data, originalLength = data.length, block = 'enhanced', drops } = packet;
  const id = packet.interface ?? 0;
  if (block === 'simple') {
    const body = new Bytes(littleEndian).u32(originalLength).raw(data).done();
    return writePcapngBlock(3, body, littleEndian);
  }
  const stamp = stampOf(time, options.interfaces?.[id] ?? {}, options.extraUnits ?? 0n);
  const body = new Bytes(littleEndian);
  if (block === 'obsolete') body.u16(id, drops ?? 0xffff);
  else body.u32(id);
  body.u32(Number((stamp >> 32n) & 0xffffffffn), Number(stamp & 0xffffffffn));
  body.u32(data.length, originalLength).padded(data);
  if (block === 'enhanced' && drops !== undefined) {
    option(body, 4, 8, (value) => value.u64(BigInt(drops)));
    body.u16(0, 0);
  }
  return writePcapngBlock(block === 'obsolete' ? 2 : 6, body.done(), littleEndian);
}

/** One pcapng section (draft-ietf-opsawg-pcapng); join several with `joinBytes`. One Ethernet interface unless told otherwise. */
export function writePcapng(packets: readonly WrittenPacket[], options: PcapngOptions = {}): Uint8Array {
  const { littleEndian = true, interfaces = [{}] } = options;
  const section = new Bytes(littleEndian).u32(0x1a2b3c4d).u16(1, 0).u64(-1n).done();
  const parts = [writePcapngBlock(0x0a0d0d0a, section, littleEndian)];
  for (const each of interfaces) parts.push(description(each, littleEndian));
  for (const packet of packets) parts.push(packetBlock(packet, options, littleEndian));
  for (const [id, each] of interfaces.entries()) {
    for (const { ifdrop, osdrop } of each.statistics ?? []) {
      const body = new Bytes(littleEndian).u32(id, 0, 0);
      if (ifdrop !== undefined) option(body, 5, 8, (value) => value.u64(BigInt(ifdrop)));
      if (osdrop !== undefined) option(body, 7, 8, (value) => value.u64(BigInt(osdrop)));
      body.u16(0, 0);
      parts.push(writePcapngBlock(5, body.done(), littleEndian));
    }
  }
  return joinBytes(...parts);
}
