import type { Analyzer } from '../analyzer.js';
import { BatchBuffer } from '../capture/batch.js';
import { ACK, SYN } from '../packet/segment.js';

const NO_BYTES = new Uint8Array(0);
const LINKTYPE_RAW = 101;
const PSH_ACK = 0x18;
const IPV4_BYTES = 20;
const HEADERS_BYTES = 40;
const MOST_BYTES = 65_535;

/** One end of a connection: IPv4 address, port, and the next sequence number. */
export interface End {
  readonly address: number;
  readonly port: number;
  sequence: number;
}

export function end(address: number, port: number): End {
  return { address, port, sequence: (address * 7 + port * 65_537) >>> 0 };
}

/** Packets that an Analyzer is given as they are made: a capture of any size takes no memory. */
export class FloodWire {
  packets = 0;
  bytes = 0;
  /** µs; each packet comes `step` after the one before. */
  time = 1_767_225_600_000_000;
  step = 10;
  readonly #analyzer: Analyzer;
  readonly #batch = new BatchBuffer();
  readonly #packet = Buffer.alloc(MOST_BYTES);

  constructor(analyzer: Analyzer) {
    this.#analyzer = analyzer;
    this.#packet[0] = 0x45;
    this.#packet[8] = 64;
    this.#packet[9] = 6;
    this.#packet[32] = 0x50;
    this.#packet.writeUInt16BE(0xffff, 34);
    this.#batch.bytes = this.#packet;
    this.#batch.count = 1;
    this.#batch.linkType[0] = LINKTYPE_RAW;
  }

  /** A packet of `source`; `sequence` only where it is not the next. */
  send(
    source: End,
    target: End,
    flags: number,
    payload: Uint8Array = NO_BYTES,
    sequence = source.sequence,
  ): void {
    const packet = this.#packet;
    const size = HEADERS_BYTES + payload.length;
    packet.writeUInt16BE(size, 2);
    packet.writeUInt16BE(this.packets & 0xffff, 4);
    packet.writeUInt32BE(source.address, 12);
    packet.writeUInt32BE(target.address, 16);
    packet.writeUInt16BE(source.port, IPV4_BYTES);
    packet.writeUInt16BE(target.port, IPV4_BYTES + 2);
    packet.writeUInt32BE(sequence, IPV4_BYTES + 4);
    packet.writeUInt32BE((flags & ACK) === 0 ? 0 : target.sequence, IPV4_BYTES + 8);
    packet[33] = flags;
    packet.set(payload, HEADERS_BYTES);
    if (sequence === source.sequence)
      source.sequence = (sequence + payload.length + ((flags & SYN) === 0 ? 0 : 1)) >>> 0;
    const batch = this.#batch;
    batch.end[0] = size;
    batch.originalLength[0] = size;
    batch.time[0] = this.time;
    this.time += this.step;
    this.packets++;
    this.bytes += size;
    this.#analyzer.run(batch, 0, 1);
  }

  say(source: End, target: End, text: string | Uint8Array): void {
    this.send(source, target, PSH_ACK, typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  open(client: End, server: End): void {
    this.send(client, server, SYN);
    this.send(server, client, SYN | ACK);
    this.send(client, server, ACK);
  }
}
