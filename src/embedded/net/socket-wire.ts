import type { Clock, Timer } from './clock.js';
import { ACK_DELAY, NO_BYTES, type WireItem, type WireKind, type WireWatcher } from './wire.js';

/**
 * The window that both ends of a real connection are supposed to have, in bytes: more than Linux lets a loopback connection hold
 * (tcp_rmem, 6 MiB at most unless changed), so that it is not overstepped.
 */
const SOCKET_WINDOW = 8_000_000;

/** One direction as a tap saw it so far: positions, the FIN counting one. */
interface Flow {
  sent: number;
  /** Up to where the receiver has said that it got it, and the window it gave with that. */
  acknowledged: number;
  window: number;
  ack: Timer | null;
}

/**
 * What passes on the wire for one end of a real socket. The bytes and the closes are facts; the ACKs in between, which only the
 * kernel knows of, are supposed: after ACK_DELAY, unless data that goes the same way has carried them.
 */
export class SocketWire {
  readonly #clock: Clock;
  readonly #watcher: WireWatcher;
  /** True when the other end has stopped reading and its kernel takes no more. */
  readonly #isPeerFull: () => boolean;
  readonly #out: Flow = { sent: 0, acknowledged: 0, window: SOCKET_WINDOW, ack: null };
  readonly #in: Flow = { sent: 0, acknowledged: 0, window: SOCKET_WINDOW, ack: null };
  #isOver = false;

  constructor(clock: Clock, watcher: WireWatcher, isPeerFull: () => boolean) {
    this.#clock = clock;
    this.#watcher = watcher;
    this.#isPeerFull = isPeerFull;
  }

  /** The handshake, as the connecting end or as the accepting one. */
  opened(way: 'out' | 'in'): void {
    const back = way === 'out' ? 'in' : 'out';
    this.#pass(way, 'syn');
    this.#pass(back, 'syn-ack');
    this.#pass(way, 'ack');
  }

  refused(): void {
    this.#pass('out', 'syn');
    this.#pass('in', 'refuse');
    this.#isOver = true;
  }

  sent(bytes: Uint8Array): void {
    // The kernel took these bytes: so the peer had room, or had made some, whatever was supposed of it.
    const { sent, acknowledged, window } = this.#out;
    if (sent + bytes.length > acknowledged + window) this.#ackNow('in', SOCKET_WINDOW);
    this.#data('out', bytes);
  }

  received(bytes: Uint8Array): void {
    this.#data('in', bytes);
  }

  /** More was written than the kernel took: the peer may be full, which it would have said in an ACK. */
  stuck(): void {
    if (this.#out.window > 0 && this.#isPeerFull()) this.#ackLater('in');
  }

  finished(way: 'out' | 'in'): void {
    if (this.#isOver) return;
    this.#pass(way, 'fin');
    this.#flow(way).sent++;
    this.#ackLater(way === 'out' ? 'in' : 'out');
  }

  reset(way: 'out' | 'in'): void {
    if (this.#isOver) return;
    this.#pass(way, 'rst');
    this.stop();
  }

  /** Nothing more is told. */
  stop(): void {
    this.#isOver = true;
    for (const flow of [this.#out, this.#in]) flow.ack?.cancel();
  }

  #data(way: 'out' | 'in', bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#pass(way, 'data', bytes);
    this.#flow(way).sent += bytes.length;
    this.#ackLater(way === 'out' ? 'in' : 'out');
  }

  /** The way says who acknowledges: `in` is the peer, for what went out. */
  #ackLater(way: 'out' | 'in'): void {
    const acknowledged = this.#flow(way === 'out' ? 'in' : 'out');
    acknowledged.ack ??= this.#clock.after(ACK_DELAY, () => {
      this.#ackNow(way, way === 'in' && this.#isPeerFull() ? 0 : SOCKET_WINDOW);
    });
  }

  #ackNow(way: 'out' | 'in', window: number): void {
    if (!this.#isOver) this.#pass(way, 'ack', NO_BYTES, window);
  }

  /** Everything that goes one way acknowledges all that went the other. */
  #pass(way: 'out' | 'in', kind: WireKind, bytes = NO_BYTES, window = SOCKET_WINDOW): void {
    const other = this.#flow(way === 'out' ? 'in' : 'out');
    other.ack?.cancel();
    other.ack = null;
    other.acknowledged = other.sent;
    other.window = window;
    const item: WireItem = { kind, bytes, acknowledged: other.sent, window };
    this.#watcher.passed(way, item);
  }

  #flow(way: 'out' | 'in'): Flow {
    return way === 'out' ? this.#out : this.#in;
  }
}
