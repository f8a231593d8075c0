import { type WrittenPacket, writePcap } from './capture-writer.js';
import { ethernet, ipv4, tcp } from './packet-builder.js';
import { random } from './rdb-trace.js';
import { resp } from './talk.js';

export const HISTORY = '15b88be2'.repeat(5);
export const MARK = 'c0ffee11'.repeat(5);

export interface LinkCaptureOptions {
  form?: 'length' | 'eof-mark';
  /** Commands behind the payload, as bytes. */
  stream?: Uint8Array;
  /** Bytes of a segment of the master at most, drawn from 1 up to it with `seed`; all are that long without one. */
  segment?: number;
  seed?: number;
  /** Segments of payload and stream (counted from 0) that the capture lacks. */
  lose?: readonly number[];
  /** Segments after which the capture ends. */
  cut?: number;
  /** What the replica says its address is. */
  announce?: string;
  offset?: number;
  /** Another replica of the same master: its number. */
  replica?: number;
}

const SYN = 0x02;
const PUSH = 0x18;
const START = Date.UTC(2026, 10, 21, 7, 51, 4) * 1000;

/** A pcap of one full sync: handshake, payload, stream. */
export function linkCapture(payload: Uint8Array, options: LinkCaptureOptions = {}): Uint8Array {
  return writePcap(linkPackets(payload, options));
}

/** Its packets, a millisecond apart. */
export function linkPackets(payload: Uint8Array, options: LinkCaptureOptions = {}): WrittenPacket[] {
  const { form = 'length', stream = new Uint8Array(0), segment = 1448, seed, offset = 0 } = options;
  const talk = new Talk(options.replica ?? 0);
  talk.say('replica', '', SYN);
  talk.say('master', '', SYN | 0x10);
  talk.say('replica', resp('REPLCONF', 'listening-port', '6380'));
  talk.say('master', '+OK\r\n');
  if (options.announce !== undefined) {
    talk.say('replica', resp('REPLCONF', 'ip-address', options.announce));
    talk.say('master', '+OK\r\n');
  }
  talk.say('replica', resp('PSYNC', '?', '-1'));
  talk.say('master', `+FULLRESYNC ${HISTORY} ${offset}\r\n`);
  talk.say('master', form === 'length' ? `$${payload.length}\r\n` : `$EOF:${MARK}\r\n`);
  const mark = Buffer.from(form === 'length' ? '' : MARK);
  const bytes = Buffer.concat([payload, mark, stream]);
  const draw = seed === undefined ? null : random(seed);
  let count = 0;
  for (let at = 0; at < bytes.length; count++) {
    if (count === options.cut) return talk.packets;
    const end = Math.min(bytes.length, at + (draw === null ? segment : 1 + draw(segment)));
    talk.say('master', bytes.subarray(at, end), PUSH, options.lose?.includes(count) ?? false);
    at = end;
  }
  talk.say('replica', resp('REPLCONF', 'ACK', String(offset + stream.length)));
  return talk.packets;
}

class Talk {
  readonly packets: WrittenPacket[] = [];
  readonly #next = { replica: 1000, master: 5000 };
  readonly #replica: number;
  #time = START;

  constructor(replica: number) {
    this.#replica = replica;
  }

  say(from: 'replica' | 'master', text: string | Uint8Array, flags = PUSH, lost = false): void {
    const to = from === 'replica' ? 'master' : 'replica';
    const ports = { replica: 40_000, master: 6379 };
    const addresses = { replica: `10.0.0.${2 + this.#replica}`, master: '10.0.0.1' };
    const data = ethernet(
      ipv4(
        tcp({
          sourcePort: ports[from],
          destinationPort: ports[to],
          sequence: this.#next[from],
          acknowledgment: this.#next[to],
          flags,
          payload: text,
        }),
        { source: addresses[from], destination: addresses[to] },
      ),
    );
    this.#next[from] += text.length + (flags & SYN ? 1 : 0);
    this.#time += 1000;
    if (!lost) this.packets.push({ time: this.#time, data });
  }
}
