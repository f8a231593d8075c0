import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** What an interface carries. */
export interface InterfaceAddresses {
  /** IPv4 and IPv6, as Node writes them, without prefix length and zone. */
  readonly addresses: string[];
  readonly isLoopback: boolean;
}

/** Addresses by the name of their interface; those without an address are not among them. */
export function addressesByInterface(): Map<string, InterfaceAddresses> {
  const found = new Map<string, InterfaceAddresses>();
  for (const [label, entries] of Object.entries(networkInterfaces())) {
    // An alias has a label like eth0:1.
    const name = label.split(':', 1)[0]!;
    const known = found.get(name) ?? { addresses: [], isLoopback: entries?.[0]?.internal ?? false };
    for (const { address } of entries ?? []) known.addresses.push(plainAddress(address));
    found.set(name, known);
  }
  return found;
}

/** An address as Node writes it, without brackets and zone; what is no address stays. */
export function plainAddress(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
  if (isIP(bare) !== 6) return bare;
  return new URL(`http://[${bare}]`).hostname.slice(1, -1);
}
