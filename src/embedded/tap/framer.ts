import { MILLISECOND } from '../net/clock.js';
import { NO_BYTES, type WireItem, type WireWatcher } from '../net/wire.js';
import { ACK, buildFrame, FIN, PSH, RST, SYN } from './frame-builder.js';
import type { Host } from './hosts.js';

/** Bytes of the timestamps option with its padding, which every segment but an RST has. */
const TIMESTAMP_BYTES = 12;
/** Linux offers an MSS of its own; a segment then holds that less the options. */
const MAX_MSS_OPTION = 65_535;
/** The largest payload that fits in an IPv4 packet with these headers. */
export const MAX_SEGMENT_BYTES = 65_535 - 20 - 20 - TIMESTAMP_BYTES;
/** RFC 7323, 2.3. */
const MAX_WINDOW_SHIFT = 14;

/** One end of a connection as its packets show it. */
export interface FramedEnd {
  readonly host: Host;
  readonly port: number;
  /** Sequence number of its SYN, 32 bits. */
  readonly initialSequence: number;
}

interface Sender extends FramedEnd {
  /** Bytes sent so far, SYN and FIN counting one each. */
  sent: number;
  windowShift: number;
  /** The latest timestamp that it sent. */
  timestamp: number;
}

/** Makes the packets of one connection out of what passes at one of its ends. */
export class ConnectionFramer implements WireWatcher {
  readonly #local: Sender;
  readonly #remote: Sender;
  readonly #segmentBytes: number;
  readonly #now: () => number;
  readonly #emit: (time: number, frame: Uint8Array) => void;

  /**
   * @param segmentBytes payload of a packet at most, 1 to MAX_SEGMENT_BYTES.
   * @param now the time of what passes, µs.
   */
  constructor(
    local: FramedEnd,
    remote: FramedEnd,
    segmentBytes: number,
    now: () => number,
    emit: (time: number, frame: Uint8Array) => void,
  ) {
    this.#local = { ...local, sent: 0, windowShift: 0, timestamp: 0 };
    this.#remote = { ...remote, sent: 0, windowShift: 0, timestamp: 0 };
    this.#segmentBytes = segmentBytes;
    this.#now = now;
    this.#emit = emit;
  }

  passed(way: 'out' | 'in', item: WireItem): void {
    const sender = way === 'out' ? this.#local : this.#remote;
    const receiver = way === 'out' ? this.#remote : this.#local;
    switch (item.kind) {
      case 'syn':
      case 'syn-ack':
        sender.windowShift = shiftFor(item.window);
        this.#send(sender, receiver, item, item.kind === 'syn' ? SYN : SYN | ACK);
        break;
      case 'ack':
        this.#send(sender, receiver, item, ACK);
        break;
      case 'data':
        this.#sendData(sender, receiver, item);
        break;
      case 'fin':
        this.#send(sender, receiver, item, FIN | ACK);
        break;
      case 'rst':
      case 'refuse':
        this.#send(sender, receiver, item, RST | ACK);
        break;
    }
  }

  #sendData(sender: Sender, receiver: Sender, item: WireItem): void {
    const { length } = item.bytes;
    for (let at = 0; at < length; at += this.#segmentBytes) {
      const payload = item.bytes.subarray(at, at + this.#segmentBytes);
      const isLast = at + payload.length === length;
      this.#send(sender, receiver, item, isLast ? PSH | ACK : ACK, payload);
    }
  }

  #send(sender: Sender, receiver: Sender, item: WireItem, flags: number, payload = NO_BYTES): void {
    const time = this.#now();
    const { host, port, initialSequence } = sender;
    sender.timestamp = (Math.floor(time / MILLISECOND) + host.timestampOffset) >>> 0;
    // A refusal comes from no connection: it has no sequence number of its own.
    const sequence = item.kind === 'refuse' ? 0 : initialSequence + sender.sent;
    const acknowledgment = receiver.initialSequence + 1 + item.acknowledged;
    const frame = buildFrame({
      source: host,
      destination: receiver.host,
      sourcePort: port,
      destinationPort: receiver.port,
      sequence: sequence >>> 0,
      acknowledgment: (flags & ACK) === 0 ? 0 : acknowledgment >>> 0,
      flags,
      window: windowField(item, sender.windowShift),
      options: this.#options(sender, receiver, flags),
      payload,
    });
    sender.sent += payload.length + (flags & (SYN | FIN) ? 1 : 0);
    this.#emit(time, frame);
  }

  #options(sender: Sender, receiver: Sender, flags: number): readonly number[] {
    if (flags & RST) return [];
    const echo = flags & ACK ? receiver.timestamp : 0;
    const timestamps = [8, 10, ...uint32(sender.timestamp), ...uint32(echo)];
    if ((flags & SYN) === 0) return [1, 1, ...timestamps];
    const mss = Math.min(MAX_MSS_OPTION, this.#segmentBytes + TIMESTAMP_BYTES);
    // Maximum segment size, SACK permitted, timestamps, padding, window scale: the order of Linux.
    return [2, 4, mss >>> 8, mss & 0xff, 4, 2, ...timestamps, 1, 3, 3, sender.windowShift];
  }
}

/** The window as the header has it: unscaled in a SYN (RFC 7323, 2.2). */
function windowField({ kind, window }: WireItem, shift: number): number {
  if (kind === 'refuse' || kind === 'rst' || window === 0) return 0;
  if (kind === 'syn' || kind === 'syn-ack') return Math.min(0xffff, window);
  // One unit more than the sender uses: a window seen to be filled to the last byte is worth a warning to other tools.
  return Math.min(0xffff, Math.floor(window / 2 ** shift) + 1);
}

function shiftFor(window: number): number {
  let shift = 0;
  while (shift < MAX_WINDOW_SHIFT && Math.floor(window / 2 ** shift) >= 0xffff) shift++;
  return shift;
}

function uint32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
