import { ACK, type End, PSH_ACK, SYN, type WireWriter } from './wire-writer.js';

const REPLID = 'c0ffee'.padEnd(40, '0');
const ACK_EVERY_US = 1_000_000;
/** A payload with nothing in it: header, end of file, checksum not made. */
const EMPTY_RDB = Buffer.from([...Buffer.from('REDIS0011'), 0xff, 0, 0, 0, 0, 0, 0, 0, 0]);

/** A replica that attaches to a master and then reads its stream. */
export class SimulatedLink {
  readonly #wire: WireWriter;
  readonly #segmentBytes: number;
  readonly #master: End;
  readonly #replica: End;
  /** Offset of the last byte sent. */
  #offset = 0;
  #lastAck = 0;
  #sinceTcpAck = 0;

  /** @param segmentBytes payload bytes of a full segment. @param number tells links of one capture apart. */
  constructor(wire: WireWriter, segmentBytes: number, number = 0) {
    this.#wire = wire;
    this.#segmentBytes = segmentBytes;
    this.#master = { address: 0x0a000001, port: 6379, sequence: 1_000_000 + number };
    this.#replica = {
      address: 0x0a010000 + (number >> 8),
      port: 20_000 + (number & 0xff),
      sequence: 5_000_000 + number,
    };
  }

  /** Handshake, decision, and a payload: an empty one, or `rdb` in pieces. */
  attach(
    rdb: { length: number; pieces: Iterable<Uint8Array> } = { length: EMPTY_RDB.length, pieces: [EMPTY_RDB] },
  ): void {
    const [wire, master, replica] = [this.#wire, this.#master, this.#replica];
    wire.packet(replica, master, SYN);
    wire.packet(master, replica, SYN | ACK);
    wire.packet(replica, master, ACK);
    this.#talk(request('PING'), '+PONG\r\n');
    this.#talk(request('REPLCONF', 'listening-port', `${replica.port - 10_000}`), '+OK\r\n');
    this.#talk(request('REPLCONF', 'capa', 'eof', 'capa', 'psync2'), '+OK\r\n');
    this.#talk(request('PSYNC', '?', '-1'), `+FULLRESYNC ${REPLID} 0\r\n`);
    this.#down(Buffer.from(`$${rdb.length}\r\n`));
    for (const piece of rdb.pieces) this.#down(piece);
    this.#say(replica, master, request('REPLCONF', 'ACK', '0'));
    this.#lastAck = wire.time;
  }

  /** Stream bytes[from, to), in full segments and a rest. */
  stream(bytes: Uint8Array, from = 0, to = bytes.length): void {
    this.#offset += to - from;
    this.#down(bytes, from, to);
    if (this.#wire.time - this.#lastAck >= ACK_EVERY_US) this.acknowledge();
  }

  /** REPLCONF ACK of all that was sent. */
  acknowledge(): void {
    this.#lastAck = this.#wire.time;
    this.#say(this.#replica, this.#master, request('REPLCONF', 'ACK', `${this.#offset}`));
  }

  #talk(asked: Buffer, answered: string): void {
    this.#say(this.#replica, this.#master, asked);
    this.#say(this.#master, this.#replica, Buffer.from(answered));
  }

  #say(source: End, target: End, bytes: Uint8Array): void {
    this.#wire.time += 50;
    this.#wire.packet(source, target, PSH_ACK, bytes);
  }

  #down(bytes: Uint8Array, from = 0, to = bytes.length): void {
    for (let at = from; at < to; at += this.#segmentBytes) {
      this.#wire.time += 10;
      this.#wire.packet(
        this.#master,
        this.#replica,
        PSH_ACK,
        bytes,
        at,
        Math.min(to, at + this.#segmentBytes),
      );
      // As receivers do: every second segment.
      if (++this.#sinceTcpAck % 2 === 0) this.#wire.packet(this.#replica, this.#master, ACK);
    }
  }
}

export function request(...words: string[]): Buffer {
  return Buffer.from(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`);
}
