/**
 * What a node of the embedded pair sees of TCP. Two implementations: real loopback sockets, and a simulated network on a simulated
 * clock. Callbacks only, no promises: the order in which things happen is the order of the clock.
 */

/** An address (IPv4 or IPv6 text, never a name) and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** How a channel ended: orderly, aborted, or it never opened. */
export type CloseReason = 'fin' | 'rst' | 'refused';

/** What the owner of one end of a connection is told. */
export interface ChannelHandler {
  /** The connection stands: on the connecting side once the handshake is done, on the accepting side at once. */
  opened(channel: Channel): void;
  /** Bytes arrived; they are valid until the call returns. */
  data(bytes: Uint8Array): void;
  /** The peer closed or aborted, or the connect failed. Called once, and not for one's own end() or reset(). */
  closed(reason: CloseReason): void;
}

/** One end of a TCP connection. */
export interface Channel {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Sends a copy of bytes. Ignored once this end or the other has closed. */
  write(bytes: Uint8Array): void;
  /** Bytes written and not ignored so far: what is written next begins at that position of this direction. */
  readonly written: number;
  /** Bytes written that the peer's reader has not taken: what Redis calls the output buffer (what the kernel holds not included). */
  readonly unsent: number;
  /** Closes both directions orderly, once everything written has gone; no callback comes any more. */
  end(): void;
  /** Aborts: what was not yet sent is lost; no callback comes any more. */
  reset(): void;
  /** Stops reading, as a frozen process does: the kernel goes on acknowledging until its buffer is full. */
  pause(): void;
  resume(): void;
}

export interface Listener {
  readonly endpoint: Endpoint;
  close(): void;
}

export interface Network {
  /**
   * Listens on an endpoint (port 0: a free one). listening is told the endpoint really bound, or the error; accept makes the handler
   * of each connection that comes in.
   */
  listen(
    endpoint: Endpoint,
    accept: (channel: Channel) => ChannelHandler,
    listening: (listener: Listener | Error) => void,
  ): void;
  /** Connects from the host `from` (a free port there); the outcome comes as opened or closed of the handler. */
  connect(from: string, to: Endpoint, handler: ChannelHandler): Channel;
}
