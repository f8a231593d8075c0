import { Analyzer } from '../analyzer.js';
import { ACK, RST, SYN } from '../packet/segment.js';
import type { SummaryDocument } from '../report/document.js';
import { type End, end, FloodWire } from './flood-wire.js';
import { concat, integer, length as rdbLength, string as rdbString } from './rdb-writer.js';
import { resp } from './talk.js';

/**
 * Captures that try to make an analyzer grow: more of something than anybody has, or lengths that promise more than there is. Each is made
 * as it is read; a few links live on through it and must be whole at its end.
 */
export interface Flood {
  readonly name: string;
  /** What `size` counts. */
  readonly unit: string;
  /** Sizes of the full run (bench/bounds.ts), which is done again with a quarter of it, and of the one in the suite. */
  readonly size: number;
  readonly testSize: number;
  run(wire: FloodWire, links: readonly FloodLink[], size: number): void;
}

export interface FloodResult {
  readonly packets: number;
  readonly bytes: number;
  readonly analyzer: Analyzer;
  readonly document: SummaryDocument;
  /** What must hold of every flood and does not: the links that were there all the time. */
  readonly problems: string[];
}

const LINKS = 10;
const REPLID = 'c0ffee'.padEnd(40, '0');
const EMPTY_RDB = concat(Buffer.from('REDIS0011'), [0xff], new Uint8Array(8));
const SERVER = 0x0a000001;
const SEGMENT = 60_000;
const FILLER = Buffer.alloc(SEGMENT, 'x');

/** A replica that is attached and stays so. */
export class FloodLink {
  readonly #wire: FloodWire;
  readonly #master: End;
  readonly #replica: End;
  #offset = 0;

  constructor(wire: FloodWire, number: number) {
    this.#wire = wire;
    this.#master = end(SERVER, 6379);
    this.#replica = end(0x0b000000 + (number >> 12), 20_000 + (number & 0xfff));
  }

  attach(payload: Uint8Array = EMPTY_RDB, length = payload.length): void {
    const [wire, master, replica] = [this.#wire, this.#master, this.#replica];
    wire.open(replica, master);
    wire.say(replica, master, resp('PSYNC', '?', '-1'));
    wire.say(master, replica, `+FULLRESYNC ${REPLID} 0\r\n$${length}\r\n`);
    this.down(payload);
  }

  /** Bytes of the master in full segments. */
  down(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += SEGMENT)
      this.#wire.say(this.#master, this.#replica, bytes.subarray(at, at + SEGMENT));
  }

  stream(bytes: string | Uint8Array): void {
    this.#offset += bytes.length;
    this.down(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** A command and its ACK. */
  live(): void {
    this.stream(resp('SET', 'key', 'value'));
    this.acknowledge();
  }

  acknowledge(): void {
    this.#wire.say(this.#replica, this.#master, resp('REPLCONF', 'ACK', `${this.#offset}`));
  }

  reset(): void {
    this.#wire.send(this.#replica, this.#master, RST | ACK);
  }

  get offset(): number {
    return this.#offset;
  }
}

/** Runs `flood` with `size` of its unit. */
export function runFlood(flood: Flood, size: number): FloodResult {
  const analyzer = new Analyzer();
  const wire = new FloodWire(analyzer);
  const links = Array.from({ length: LINKS }, (_, i) => new FloodLink(wire, 0xff_f000 + i));
  for (const link of links) {
    link.attach();
    link.live();
  }
  flood.run(wire, links, size);
  for (const link of links) link.live();
  analyzer.finish();
  const document = analyzer.summary([]);
  const problems = [...analyzer.internalErrors];
  const told = new Map(document.links.map((each) => [each.id, each]));
  for (let i = 0; i < LINKS; i++) {
    const sessions = told.get(`10.0.0.1:6379<-11.0.15.255:${20_000 + i}`)?.sessions ?? [];
    const { basis = null, end: last = null } = sessions[0]?.offsets ?? {};
    if (sessions.length !== 1 || basis !== 'handshake' || last !== links[i]!.offset)
      problems.push(`link ${i}: ${sessions.length} sessions, ${basis}, ${last} of ${links[i]!.offset}`);
  }
  return { packets: wire.packets, bytes: wire.bytes, analyzer, document, problems };
}

/** A client that is not one of a link; no two of the first 2^28 are the same. */
function client(number: number): End {
  return end(0x0c000000 + (number >> 14), 10_000 + (number & 0x3fff));
}

/** Payload bytes behind the RDB's magic and one key's type and name. */
function rdbKey(type: number): Uint8Array {
  return concat(Buffer.from('REDIS0011'), [0xfe, 0, type], rdbString('key'));
}

/** A string of the RDB that claims to be LZF of `packed` bytes, unpacking to `bytes`. */
function lzfClaim(packed: Uint8Array, bytes: number): Uint8Array {
  return concat([0xc3], rdbLength(packed.length), rdbLength(bytes), packed);
}

/** LZF that repeats one byte: three bytes make 264. */
function repeating(blocks: number): Uint8Array {
  const packed = [0, 0x61];
  for (let i = 0; i < blocks; i++) packed.push(0xe0, 0xff, 0);
  return Uint8Array.from(packed);
}

export const FLOODS: readonly Flood[] = [
  {
    name: 'ordinary clients',
    unit: 'connections',
    size: 1_000_000,
    testSize: 20_000,
    run(wire, _links, size) {
      const server = end(SERVER, 6379);
      const [ping, pong] = [Buffer.from(resp('GET', 'key')), Buffer.from('$5\r\nvalue\r\n')];
      for (let i = 0; i < size; i++) {
        const each = client(i);
        wire.open(each, server);
        wire.say(each, server, ping);
        wire.say(server, each, pong);
      }
    },
  },
  {
    name: 'SYN flood',
    unit: 'SYNs',
    size: 2_000_000,
    testSize: 50_000,
    run(wire, _links, size) {
      const server = end(SERVER, 6379);
      for (let i = 0; i < size; i++) wire.send(client(i), server, SYN);
    },
  },
  {
    name: 'links',
    unit: 'replicas',
    size: 10_000,
    testSize: 500,
    run(wire, _links, size) {
      const links = Array.from({ length: size - LINKS }, (_, i) => new FloodLink(wire, i));
      for (const link of links) link.attach();
      for (let round = 0; round < 10; round++) for (const link of links) link.live();
    },
  },
  {
    name: 'payloads under way at once',
    unit: 'payloads',
    size: 10_000,
    testSize: 500,
    run(wire, _links, size) {
      const begun = concat(rdbKey(0), rdbString('x'.repeat(400)));
      const links = Array.from({ length: size }, (_, i) => new FloodLink(wire, i));
      for (const link of links) link.attach(begun, 1_000_000);
    },
  },
  {
    name: 'a replica in a reconnect loop',
    unit: 'sessions',
    size: 100_000,
    testSize: 3000,
    run(wire, _links, size) {
      for (let i = 0; i < size; i++) {
        const server = end(SERVER, 6379);
        const replica = end(0x0a000002, 1024 + (i % 60_000));
        replica.sequence = (replica.sequence + i * 1000) >>> 0;
        wire.open(replica, server);
        wire.say(replica, server, resp('REPLCONF', 'listening-port', '6380'));
        wire.say(server, replica, '+OK\r\n');
        wire.say(replica, server, resp('PSYNC', '?', '-1'));
        wire.say(server, replica, '-NOMASTERLINK\r\n');
        wire.send(replica, server, RST | ACK);
      }
    },
  },
  {
    name: 'one value of the stream',
    unit: 'bytes',
    size: 2 ** 32,
    testSize: 2 ** 26,
    run(_wire, [link], size) {
      link!.stream(`*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$${size}\r\n`);
      for (let sent = 0; sent < size; sent += SEGMENT)
        link!.stream(FILLER.subarray(0, Math.min(SEGMENT, size - sent)));
      link!.stream('\r\n');
    },
  },
  {
    name: '*2147483647',
    unit: 'arguments',
    size: 40_000_000,
    testSize: 1_000_000,
    run(_wire, [link], size) {
      const many = Buffer.from('$1\r\na\r\n'.repeat(8000));
      link!.stream('*2147483647\r\n');
      for (let sent = 0; sent < size; sent += 8000) link!.stream(many);
    },
  },
  {
    name: 'different command names',
    unit: 'commands',
    size: 4_000_000,
    testSize: 100_000,
    run(_wire, [link], size) {
      for (let i = 0; i < size; i += 1000) {
        let text = '';
        for (let j = i; j < i + 1000; j++) text += `*1\r\n$9\r\nN${String(j).padStart(8, '0')}\r\n`;
        link!.stream(text);
      }
    },
  },
  {
    name: 'segments above a hole',
    unit: 'segments',
    size: 1_000_000,
    testSize: 20_000,
    run(wire, links, size) {
      const server = end(SERVER, 6379);
      const others = Array.from({ length: 200 }, (_, i) => client(i));
      for (const each of others) wire.open(each, server);
      for (let i = 0; i < size; i++) {
        const each = others[i % others.length]!;
        const ahead = 1 + 1500 * (1 + Math.floor(i / others.length));
        wire.send(each, server, ACK, FILLER.subarray(0, 1400), (each.sequence + ahead) >>> 0);
        if (i % 1000 === 0) links[1 + (i % (LINKS - 1))]!.live();
      }
    },
  },
  {
    name: 'RDB lengths',
    unit: 'payloads',
    size: 20_000,
    testSize: 1000,
    run(wire, _links, size) {
      const lengths = [2n ** 63n, 2n ** 40n, 2n ** 53n - 1n, 2n ** 32n - 1n];
      const bodies = lengths.flatMap((length) => [
        concat(rdbKey(0), [0x81], integer(length, 8, true), FILLER.subarray(0, 4000)),
        concat(rdbKey(4), [0x81], integer(length, 8, true), FILLER.subarray(0, 4000)),
        concat(Buffer.from('REDIS0011'), [0xfa, 0x81], integer(length, 8, true), FILLER.subarray(0, 4000)),
      ]);
      for (let i = 0; i < size; i++) {
        const link = new FloodLink(wire, i);
        link.attach(bodies[i % bodies.length]!, 2 ** 40);
        link.reset();
      }
    },
  },
  {
    name: 'LZF bombs',
    unit: 'strings',
    size: 8000,
    testSize: 200,
    run(wire, _links, size) {
      const packed = repeating(20_000);
      const bombs = [lzfClaim(packed, 1 + 264 * 20_000), lzfClaim(packed, 2 ** 31)];
      // A list whose quicklist nodes have to be unpacked to be looked into.
      for (let i = 0; i < size; i += 100) {
        const each = bombs[(i / 100) % 2]!;
        const nodes = concat(...Array.from({ length: 100 }, () => concat([2], each)));
        const link = new FloodLink(wire, i / 100);
        link.attach(concat(rdbKey(18), rdbLength(100), nodes), 2 ** 40);
        link.reset();
      }
    },
  },
];
