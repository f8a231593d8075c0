import { closeSync, openSync, writeSync } from 'node:fs';

/** Bytes collected before they are written. */
const BLOCK_BYTES = 8 * 1024 * 1024;
const GLOBAL_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const TCP_BYTES = 20;
const HEADERS_BYTES = ETHERNET_BYTES + IPV4_BYTES + TCP_BYTES;
const MAX_SNAP_BYTES = 262_144;
const LINK_TYPE_ETHERNET = 1;

export const SYN = 0x02;
export const PSH_ACK = 0x18;
export const ACK = 0x10;
export const FIN_ACK = 0x11;

/** One end of a connection: IPv4 address as an integer, port, and the next sequence number. */
export interface End {
  readonly address: number;
  readonly port: number;
  sequence: number;
}

/** Writes a pcap file of TCP packets as fast as the disk takes them: nothing is allocated a packet. Checksums are left 0, as offload leaves them. */
export class WireWriter {
  /** Bytes and packets so far. */
  bytes = 0;
  packets = 0;
  /** Capture clock, µs since the epoch. */
  time = 1_767_225_600_000_000;
  readonly #file: number;
  readonly #block = Buffer.alloc(BLOCK_BYTES);
  #used = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
    const block = this.#block;
    block.writeUInt32LE(0xa1b2c3d4, 0);
    block.writeUInt16LE(2, 4);
    block.writeUInt16LE(4, 6);
    block.writeUInt32LE(MAX_SNAP_BYTES, 16);
    block.writeUInt32LE(LINK_TYPE_ETHERNET, 20);
    this.#used = GLOBAL_HEADER_BYTES;
  }

  /** A packet of payload[from, to), acknowledging all that `target` has sent. */
  packet(
    source: End,
    target: End,
    flags: number,
    payload?: Uint8Array,
    from = 0,
    to = payload?.length ?? 0,
  ): void {
    const length = to - from;
    const size = HEADERS_BYTES + length;
    if (this.#used + RECORD_HEADER_BYTES + size > BLOCK_BYTES) this.#flush();
    const block = this.#block;
    let at = this.#used;
    block.writeUInt32LE(Math.floor(this.time / 1e6), at);
    block.writeUInt32LE(this.time % 1e6, at + 4);
    block.writeUInt32LE(size, at + 8);
    block.writeUInt32LE(size, at + 12);
    at += RECORD_HEADER_BYTES;
    block.fill(0, at, at + HEADERS_BYTES);
    block[at + 12] = 0x08;
    at += ETHERNET_BYTES;
    block[at] = 0x45;
    // A loopback segment of 64 KiB is as long as IPv4 can say.
    block.writeUInt16BE(Math.min(IPV4_BYTES + TCP_BYTES + length, 0xffff), at + 2);
    block[at + 6] = 0x40;
    block[at + 8] = 64;
    block[at + 9] = 6;
    block.writeUInt32BE(source.address, at + 12);
    block.writeUInt32BE(target.address, at + 16);
    at += IPV4_BYTES;
    block.writeUInt16BE(source.port, at);
    block.writeUInt16BE(target.port, at + 2);
    block.writeUInt32BE(source.sequence, at + 4);
    if (flags !== SYN) block.writeUInt32BE(target.sequence, at + 8);
    block[at + 12] = (TCP_BYTES / 4) << 4;
    block[at + 13] = flags;
    block.writeUInt16BE(0xffff, at + 14);
    at += TCP_BYTES;
    if (payload !== undefined) {
      block.set(payload.subarray(from, to), at);
      at += length;
    }
    source.sequence = (source.sequence + length + ((flags & 3) !== 0 ? 1 : 0)) >>> 0;
    this.bytes += at - this.#used;
    this.#used = at;
    this.packets++;
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    writeSync(this.#file, this.#block, 0, this.#used);
    this.#used = 0;
  }
}
