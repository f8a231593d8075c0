import type { Socket } from 'node:net';
import { ByteQueue } from './byte-queue.js';
import type { Channel, ChannelHandler, Endpoint } from './network.js';
import type { SocketWire } from './socket-wire.js';

/** Bytes handed to the kernel at a time: what it has taken is then known to that many bytes. */
const PIECE_BYTES = 64 * 1024;

/** What a channel needs of its network. */
export interface ChannelSurroundings {
  /** What a tap sees of this end once it stands, or never stood (refused); null: no tap. */
  watch(channel: SocketChannel): SocketWire | null;
  gone(channel: SocketChannel): void;
}

/** A node:net socket as a channel. */
export class SocketChannel implements Channel {
  readonly remote: Endpoint;
  readonly #from: string;
  readonly #socket: Socket;
  readonly #around: ChannelSurroundings;
  #handler: ChannelHandler | null = null;
  #wire: SocketWire | null = null;
  written = 0;
  readonly #queue = new ByteQueue();
  #state: 'connecting' | 'open' | 'ending' | 'gone' = 'connecting';
  #isPumping = false;
  #paused = false;
  /** Known only once connected. */
  #localPort = 0;

  constructor(socket: Socket, from: string, remote: Endpoint, around: ChannelSurroundings) {
    this.#socket = socket;
    this.#from = from;
    this.remote = remote;
    this.#around = around;
    socket.setNoDelay(true);
    socket.on('connect', () => this.#connected('out'));
    socket.on('data', (bytes: Buffer) => this.#onData(bytes));
    socket.on('end', () => this.#onEnd());
    socket.on('finish', () => this.#wire?.finished('out'));
    socket.on('error', () => this.#onError());
    socket.on('close', () => this.#onClose());
  }

  /** A connecting end: the outcome comes as an event. */
  handle(handler: ChannelHandler): void {
    this.#handler = handler;
  }

  /** An accepting end, whose socket stands already. */
  accepted(accept: (channel: Channel) => ChannelHandler): void {
    this.#localPort = this.#socket.localPort ?? 0;
    this.#handler = accept(this);
    this.#connected('in');
  }

  get local(): Endpoint {
    return { host: this.#from, port: this.#localPort };
  }

  get unsent(): number {
    return this.#state === 'gone' ? 0 : this.#queue.length + this.#socket.writableLength;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  write(bytes: Uint8Array): void {
    if (this.#state !== 'connecting' && this.#state !== 'open') return;
    this.written += bytes.length;
    this.#queue.push(bytes);
    this.#pumpSoon();
  }

  end(): void {
    if (this.#state === 'gone' || this.#state === 'ending') return;
    this.#handler = null;
    const wasOpen = this.#state === 'open';
    this.#state = 'ending';
    // What the peer still sends is read and dropped, or its end would never be seen.
    this.#socket.resume();
    if (wasOpen) this.#pumpSoon();
  }

  reset(): void {
    if (this.#state === 'gone') return;
    this.#wire?.reset('out');
    this.#forget();
    this.#socket.resetAndDestroy();
  }

  /** Ends without another call or packet seen: the run is over. */
  abandon(): void {
    this.#wire?.stop();
    this.#forget();
    this.#socket.destroy();
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#state !== 'gone') this.#socket.resume();
  }

  #connected(way: 'out' | 'in'): void {
    if (this.#state === 'gone') return;
    this.#localPort = this.#socket.localPort ?? 0;
    if (this.#state === 'connecting') this.#state = 'open';
    this.#wire = this.#around.watch(this);
    this.#wire?.opened(way);
    this.#handler?.opened(this);
    this.#pumpSoon();
  }

  /** What is written in one go leaves together; and the handler is not called from within a write. */
  #pumpSoon(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    process.nextTick(() => this.#pump());
  }

  /** Hands one piece to the kernel; the next follows when it has been taken. */
  #pump(): void {
    this.#isPumping = false;
    if (this.#state === 'gone' || this.#localPort === 0) return;
    if (this.#queue.length === 0) {
      if (this.#state === 'ending') this.#socket.end();
      return;
    }
    const piece = this.#queue.take(PIECE_BYTES);
    this.#isPumping = true;
    this.#socket.write(piece, (error) => {
      if (error) return;
      this.#wire?.sent(piece);
      this.#pump();
    });
    if (this.unsent > 0) this.#wire?.stuck();
  }

  #onData(bytes: Uint8Array): void {
    this.#wire?.received(bytes);
    this.#handler?.data(bytes);
  }

  /** The peer's FIN; node closes our direction in answer. */
  #onEnd(): void {
    this.#wire?.finished('in');
    const handler = this.#handler;
    this.#handler = null;
    if (this.#state === 'open') this.#state = 'ending';
    this.#queue.clear();
    handler?.closed('fin');
  }

  /** ECONNREFUSED and the like before the connection stands, ECONNRESET or EPIPE later. */
  #onError(): void {
    const handler = this.#handler;
    if (this.#localPort === 0) {
      this.#wire = this.#around.watch(this);
      this.#wire?.refused();
      this.#forget();
      handler?.closed('refused');
      return;
    }
    this.#wire?.reset('in');
    this.#forget();
    handler?.closed('rst');
  }

  #onClose(): void {
    this.#forget();
  }

  #forget(): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    this.#handler = null;
    this.#queue.clear();
    this.#around.gone(this);
  }
}
