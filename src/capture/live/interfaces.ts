import { type FindOptions, usableBackends } from './choose-backend.js';
import { addressesByInterface } from './interface-addresses.js';
import { ANY, interfaceNames, isUp } from './interface-names.js';
import type { BackendName } from './types.js';

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
