import { MAX_CAPABILITIES, MAX_TEXT } from './limits.js';
import type { Handshake } from './model.js';

export function emptyHandshake(): Handshake {
  return {
    ping: null,
    auth: 'none',
    listeningPort: null,
    announcedAddress: null,
    capabilities: [],
    replicaVersion: null,
    rdbOnly: false,
  };
}

/** What a REPLCONF says besides the handshake's facts. */
export interface ChannelOptions {
  /** This is the second connection of a two-connection sync. */
  rdbChannel: boolean;
}

/**
 * Takes the option pairs of one REPLCONF of a handshake into `handshake`. `words` are its arguments without the name. Returns true
 * when it announces a replica (anything but ACK and GETACK). Options and versions: replication-wire notes, section 3.
 */
export function applyReplconf(
  words: readonly string[],
  handshake: Handshake,
  channel: ChannelOptions,
): boolean {
  let announces = false;
  for (let i = 0; i + 1 < words.length; i += 2) {
    const option = words[i]!.toLowerCase();
    const value = words[i + 1]!.slice(0, MAX_TEXT);
    if (option === 'ack' || option === 'getack' || option === 'fack') continue;
    announces = true;
    switch (option) {
      case 'listening-port':
        if (/^\d{1,5}$/.test(value) && Number(value) <= 65535) handshake.listeningPort = Number(value);
        break;
      case 'ip-address':
        if (value !== '') handshake.announcedAddress = value;
        break;
      case 'capa':
        if (handshake.capabilities.length < MAX_CAPABILITIES && !handshake.capabilities.includes(value))
          handshake.capabilities.push(value);
        break;
      case 'version':
      case 'client-version': // Dragonfly
        handshake.replicaVersion = value;
        break;
      case 'rdb-only':
        handshake.rdbOnly = value === '1';
        break;
      case 'rdb-channel':
        channel.rdbChannel = value === '1';
        break;
    }
  }
  return announces;
}
