import type { Channel } from './network.js';

/**
 * Writes bytes, for those who keep a log of where things stand.
 * @returns the position behind them in what this end writes. Where the channel ignores them, since the peer has closed and its owner
 * has not read that yet, it is one that is never reached.
 */
export function writeAt(channel: Channel, bytes: Uint8Array): number {
  const position = channel.written + bytes.length;
  channel.write(bytes);
  return position;
}
