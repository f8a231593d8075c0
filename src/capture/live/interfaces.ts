import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type FindOptions, usableBackends } from './choose-backend.js';
import { ANY, interfaceNames, isUp } from './interface-names.js';
import { noSuchInterface } from './problems.js';
import { defaultRouteInterface, isListening } from './proc-net.js';
import { type BackendName, LiveError } from './types.js';

export interface InterfaceFacts {
  readonly name: string;
  /** IPv4 and IPv6 addresses, without prefix length and zone. */
  readonly addresses: readonly string[];
  /** Null for `any`, and where the system does not tell. */
  readonly isUp: boolean | null;
  readonly isLoopback: boolean;
  /** What this user may capture with here; empty for an interface that is down. */
  readonly backends: readonly BackendName[];
}

/** The interfaces there are, by name, `any` last. What captures is tried out, once for all of them: it takes some 100 ms. */
export async function listInterfaces(options: FindOptions = {}): Promise<InterfaceFacts[]> {
  const addresses = addressesByInterface();
  const facts = interfaceNames().map((name) => {
    const known = addresses.get(name);
    return {
      name,
      addresses: known?.addresses ?? [],
      // Of those that sysfs does not list only the ones that are up are listed at all.
      isUp: name === ANY ? null : (isUp(name) ?? (known === undefined ? null : true)),
      isLoopback: known?.isLoopback ?? name === 'lo',
    };
  });
  // Whether one may capture does not depend on the interface, as long as it is up.
  const tried = facts.find((one) => one.isLoopback && one.isUp) ?? facts.find((one) => one.isUp !== false);
  const backends = tried === undefined ? [] : await usableBackends(tried.name, options);
  return facts.map((one) => ({ ...one, backends: one.isUp === false ? [] : backends }));
}

/**
 * The interface to capture on.
 * @param given a name, or an address that one of them carries; undefined: the loopback when a server on this machine listens on one of
 *   the ports, else the one that the default route goes through, else `any`.
 * @throws LiveError when there is none of that name or address.
 */
export async function chooseInterface(given: string | undefined, ports: readonly number[]): Promise<string> {
  const addresses = addressesByInterface();
  if (given !== undefined) {
    const names = interfaceNames();
    if (names.includes(given)) return given;
    const wanted = plainAddress(given);
    for (const [name, known] of addresses) if (known.addresses.includes(wanted)) return name;
    throw new LiveError(noSuchInterface(given, names));
  }
  const loopback = [...addresses].find(([, known]) => known.isLoopback)?.[0];
  if (loopback !== undefined && (await isListening(ports))) return loopback;
  const routed = await defaultRouteInterface();
  if (routed !== null) return routed;
  if (process.platform === 'linux') return ANY;
  return [...addresses].find(([, known]) => !known.isLoopback)?.[0] ?? loopback ?? 'lo0';
}

interface Known {
  readonly addresses: string[];
  readonly isLoopback: boolean;
}

function addressesByInterface(): Map<string, Known> {
  const found = new Map<string, Known>();
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
function plainAddress(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
  if (isIP(bare) !== 6) return bare;
  return new URL(`http://[${bare}]`).hostname.slice(1, -1);
}
