import { isIP } from 'node:net';
import { addressesByInterface, type InterfaceAddresses, plainAddress } from './interface-addresses.js';
import { ANY, interfaceNames } from './interface-names.js';
import { noSuchInterface } from './problems.js';
import { defaultRouteInterface, type PortUse, portUse } from './proc-net.js';
import { LiveError } from './types.js';

/** Addresses of 127.0.0.0/8 that no interface lists are the loopback's all the same. */
const LOOPBACK = /^127\.|^::1$/;

export interface ChosenInterface {
  readonly name: string;
  /** Why this one, and what is not seen there, for who named none; null where one was named. */
  readonly why: string | null;
}

/**
 * The interface to capture on.
 * @param given a name, or an address that one of them carries; undefined: where the connections of the ports are, as chooseFor has it.
 * @throws LiveError when there is none of that name or address.
 */
export async function chooseInterface(
  given: string | undefined,
  ports: readonly number[],
): Promise<ChosenInterface> {
  const addresses = addressesByInterface();
  if (given !== undefined) return { name: named(given, addresses), why: null };
  const use = await portUse(ports);
  return chooseFor(ports, use, addresses, await defaultRouteInterface());
}

function named(given: string, addresses: ReadonlyMap<string, InterfaceAddresses>): string {
  const names = interfaceNames();
  if (names.includes(given)) return given;
  const wanted = plainAddress(given);
  for (const [name, known] of addresses) if (known.addresses.includes(wanted)) return name;
  throw new LiveError(noSuchInterface(given, names));
}

/**
 * Where the connections of the ports pass. A server that replicas of other hosts may come to is not watched on the loopback alone, even
 * if only local clients are connected now: a replica that is missing is what somebody looks for.
 * @param routed the interface of the default route; null where there is none.
 */
export function chooseFor(
  ports: readonly number[],
  { connections, listeners }: PortUse,
  addresses: ReadonlyMap<string, InterfaceAddresses>,
  routed: string | null,
): ChosenInterface {
  const what = `port ${ports.join(' or ')}`;
  const owner = ownerOf(addresses);
  const loopback = [...addresses].find(([, { isLoopback }]) => isLoopback)?.[0] ?? 'lo';
  const used = new Set<string>();
  for (const { local, remote } of connections) {
    // Between two addresses of this machine packets pass the loopback, whatever the addresses.
    const name = owner(remote) === null ? owner(local) : loopback;
    if (name !== null) used.add(name);
  }
  const isOpen = listeners.some((address) => !LOOPBACK.test(address));
  const only = used.size === 1 ? [...used][0]! : null;
  if (only !== null && (only !== loopback || !isOpen))
    return { name: only, why: `all connections of ${what} pass it; -i any sees those over others too` };
  if (used.size > 1)
    return everywhere(`connections of ${what} pass ${[...used].sort().join(' and ')}`, routed);
  if (isOpen) return everywhere(`a server here listens on ${what} for other hosts too`, routed);
  if (listeners.length > 0)
    return { name: loopback, why: `a server here listens on ${what}, for this host alone` };
  const nobody = `nobody here uses ${what}`;
  if (routed === null)
    return everywhere(nobody, [...addresses.keys()].find((name) => name !== loopback) ?? loopback);
  return { name: routed, why: `${nobody}, and the default route leads there; -i names another one` };
}

/** All interfaces, where the system can capture on all at once; else the one that is the likeliest. */
function everywhere(why: string, likeliest: string | null): ChosenInterface {
  if (process.platform === 'linux') return { name: ANY, why };
  const name = likeliest ?? 'lo0';
  return { name, why: `${why}, and ${name} is the likeliest; other interfaces are not seen: -i names one` };
}

/** The interface that carries an address; null for one of another machine. */
function ownerOf(addresses: ReadonlyMap<string, InterfaceAddresses>): (address: string) => string | null {
  const owners = new Map<string, string>();
  let loopback: string | null = null;
  for (const [name, known] of addresses) {
    if (known.isLoopback) loopback = name;
    for (const address of known.addresses) owners.set(address, name);
  }
  return (address) =>
    owners.get(address) ?? (isIP(address) !== 0 && LOOPBACK.test(address) ? loopback : null);
}
