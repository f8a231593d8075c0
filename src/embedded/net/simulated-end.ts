import { ByteQueue } from './byte-queue.js';
import type { Clock, Timer } from './clock.js';
import type { Channel, ChannelHandler, CloseReason, Endpoint } from './network.js';
import type { SimulatedPipe } from './simulated-path.js';
import { ACK_DELAY, NO_BYTES, type WireItem, type WireKind, type WireWatcher } from './wire.js';

/** Bytes that travel together at most: small enough that a slow path hands data over in many steps, as a real one does. */
const PIECE_BYTES = 16 * 1024;

/** What one end of a simulated connection needs of the network it is in. */
export interface EndSurroundings {
  readonly clock: Clock;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Bytes the kernel takes while nobody reads. */
  readonly receiveWindow: number;
  /** Towards the other end. */
  readonly pipe: SimulatedPipe;
  readonly watcher: WireWatcher | null;
  /** The handshake is done on the accepting side: who handles the connection, or null when nobody listens any more. */
  accept(channel: Channel): ChannelHandler | null;
  /** This end is no more. */
  gone(): void;
}

/** A small TCP: handshake, a window that a paused reader fills, ACKs, orderly and abortive close. Nothing is ever lost on its way. */
export class SimulatedEnd implements Channel {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #around: EndSurroundings;
  #state: 'connecting' | 'accepting' | 'open' | 'gone' = 'connecting';
  /** Null once nobody is told anything any more. */
  #handler: ChannelHandler | null;

  written = 0;
  readonly #unsent = new ByteQueue();
  /** Positions in the outgoing direction, the FIN counting one: sent, acknowledged by the peer, and allowed by its window. */
  #sent = 0;
  #acknowledged = 0;
  #limit = 0;
  #pumpDue = false;
  #ending = false;
  #finSent = false;

  readonly #unread = new ByteQueue();
  #received = 0;
  #finReceived = false;
  /** How the peer ended, until the handler is told. */
  #closing: CloseReason | null = null;
  #paused = false;
  #windowTold = 0;
  #ackTimer: Timer | null = null;

  /** @param handler of a connecting end; an accepting end gets its own when the handshake is done. */
  constructor(around: EndSurroundings, handler: ChannelHandler | null) {
    this.local = around.local;
    this.remote = around.remote;
    this.#around = around;
    this.#handler = handler;
  }

  /** A tap sees this end. */
  get isWatched(): boolean {
    return this.#around.watcher !== null;
  }

  get unsent(): number {
    return this.#unsent.length;
  }

  connect(): void {
    this.#send('syn');
  }

  write(bytes: Uint8Array): void {
    if (this.#state === 'gone' || this.#ending || this.#closing !== null) return;
    this.written += bytes.length;
    this.#unsent.push(bytes);
    // What is written in one go leaves together, as from a server that writes at the end of its event loop's round.
    if (this.#pumpDue) return;
    this.#pumpDue = true;
    this.#around.clock.after(0, () => {
      this.#pumpDue = false;
      this.#pump();
    });
  }

  end(): void {
    if (this.#state === 'gone' || this.#ending) return;
    this.#leave();
    this.#unread.clear();
    this.#pump();
    this.#tellWindow();
  }

  reset(): void {
    if (this.#state === 'gone') return;
    this.#send('rst');
    this.vanish();
  }

  /** Ends without a word to anyone: what was sent still arrives, nothing is answered any more. */
  vanish(): void {
    this.#handler = null;
    this.#unsent.clear();
    this.#unread.clear();
    this.#ackTimer?.cancel();
    this.#ackTimer = null;
    this.#state = 'gone';
    this.#around.gone();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#around.clock.after(0, () => this.#read());
  }

  /** Something of the peer's comes in from the wire. */
  arrive(item: WireItem): void {
    if (this.#state === 'gone') return;
    this.#around.watcher?.passed('in', item);
    this.#acknowledged = Math.max(this.#acknowledged, item.acknowledged);
    this.#limit = Math.max(this.#limit, item.acknowledged + item.window);
    this.#take(item);
    this.#pump();
    this.#goWhenDone();
  }

  #take(item: WireItem): void {
    switch (item.kind) {
      case 'syn':
        this.#state = 'accepting';
        this.#send('syn-ack');
        break;
      case 'syn-ack':
        this.#state = 'open';
        this.#send('ack');
        this.#handler?.opened(this);
        break;
      case 'ack':
        if (this.#state === 'accepting') this.#accept();
        break;
      case 'data':
        this.#received += item.bytes.length;
        this.#ackLater();
        this.#takeData(item.bytes);
        break;
      case 'fin':
        this.#received++;
        this.#finReceived = true;
        this.#closing = 'fin';
        this.#ackLater();
        this.#read();
        break;
      case 'rst':
      case 'refuse':
        this.#closing = item.kind === 'rst' ? 'rst' : 'refused';
        this.#unsent.clear();
        this.#read();
        break;
    }
  }

  #accept(): void {
    this.#state = 'open';
    this.#handler = this.#around.accept(this);
    if (this.#handler === null) this.reset();
    else this.#handler.opened(this);
  }

  #takeData(bytes: Uint8Array): void {
    if (this.#handler === null) return;
    if (this.#paused || this.#unread.length > 0) this.#unread.push(bytes);
    else this.#handler.data(bytes);
  }

  /** Hands over what the kernel holds, then how the connection ended, as long as the reader is not paused. */
  #read(): void {
    while (this.#unread.length > 0 && !this.#paused) this.#handler?.data(this.#unread.take(PIECE_BYTES));
    const reason = this.#closing;
    const isTold = !this.#paused || reason === 'refused';
    if (isTold && reason !== null && this.#state !== 'gone') {
      const handler = this.#handler;
      if (reason === 'fin') this.#leave();
      else this.vanish();
      handler?.closed(reason);
    }
    this.#tellWindow();
    this.#pump();
  }

  /** Nobody reads or writes here any more; what is written already still goes, unless the peer has closed. */
  #leave(): void {
    this.#handler = null;
    this.#ending = true;
    if (this.#closing !== null) this.#unsent.clear();
  }

  #pump(): void {
    if (this.#state !== 'open') return;
    while (this.#unsent.length > 0 && this.#sent < this.#limit) {
      const piece = this.#unsent.take(Math.min(PIECE_BYTES, this.#limit - this.#sent));
      this.#sent += piece.length;
      this.#send('data', piece);
    }
    if (this.#ending && this.#unsent.length === 0 && !this.#finSent) {
      this.#finSent = true;
      this.#sent++;
      this.#send('fin');
    }
  }

  #send(kind: WireKind, bytes = NO_BYTES): void {
    this.#ackTimer?.cancel();
    this.#ackTimer = null;
    this.#windowTold = this.#window();
    const item = { kind, bytes, acknowledged: this.#received, window: this.#windowTold };
    this.#around.watcher?.passed('out', item);
    this.#around.pipe.send(item);
  }

  #window(): number {
    return Math.max(0, this.#around.receiveWindow - this.#unread.length);
  }

  #ackLater(): void {
    if (this.#ackTimer !== null) return;
    this.#ackTimer = this.#around.clock.after(ACK_DELAY, () => {
      this.#send('ack');
      this.#goWhenDone();
    });
  }

  /** A peer that was told of a small window hears of it when it is large again. */
  #tellWindow(): void {
    const half = this.#around.receiveWindow / 2;
    if (this.#state === 'open' && this.#windowTold < half && this.#window() >= half) this.#send('ack');
  }

  /** Both directions are closed and nothing is left to be acknowledged. */
  #goWhenDone(): void {
    const isDone = this.#finSent && this.#finReceived && this.#acknowledged >= this.#sent;
    if (isDone && this.#ackTimer === null && this.#state !== 'gone') this.vanish();
  }
}
