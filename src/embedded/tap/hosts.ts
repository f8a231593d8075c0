import { parseAddress } from '../../packet/address.js';

/** What the packets of a host have in common. */
export interface Host {
  /** 4 bytes for IPv4, 16 for IPv6. */
  readonly address: Uint8Array;
  readonly mac: Uint8Array;
  /** Of the next IPv4 packet, 16 bits. */
  nextIpId: number;
  /** Added to the milliseconds of the clock for the TCP timestamp (RFC 7323, 5.4: a random offset). */
  readonly timestampOffset: number;
}

/** The hosts that a tap has met, by address. */
export class Hosts {
  readonly #hosts = new Map<string, Host>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** @throws Error for what is not an IPv4 or IPv6 address. */
  get(address: string): Host {
    let host = this.#hosts.get(address);
    if (host === undefined) {
      const bytes = addressBytes(address);
      host = {
        address: bytes,
        mac: macOf(address, bytes),
        nextIpId: Math.floor(this.#random() * 0x1_0000),
        timestampOffset: Math.floor(this.#random() * 0x1_0000_0000),
      };
      this.#hosts.set(address, host);
    }
    return host;
  }
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

function addressBytes(text: string): Uint8Array {
  const words = parseAddress(text);
  if (words === null) throw new Error(`not an address: ${text}`);
  const bytes = Uint8Array.from(words.flatMap((word) => [word >>> 24, word >>> 16, word >>> 8, word]));
  return text.includes(':') ? bytes : bytes.subarray(12);
}

/** Locally administered, from the end of the address; all zero on the loopback interface, as Linux shows it. */
function macOf(text: string, address: Uint8Array): Uint8Array {
  const mac = new Uint8Array(6);
  if (isLoopback(text)) return mac;
  mac[0] = 0x02;
  mac.set(address.subarray(-4), 2);
  return mac;
}
