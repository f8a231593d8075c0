import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** Linux: one folder for each interface of the network namespace, those without an address too. */
const CLASS = '/sys/class/net';

/** libpcap's name on Linux for all interfaces at once. */
export const ANY = 'any';

const IFF_UP = 0x1;

/** Names of the interfaces there are, `any` included on Linux. */
export function interfaceNames(): string[] {
  const names = new Set<string>();
  try {
    for (const entry of readdirSync(CLASS)) if (readFlags(entry) !== null) names.add(entry);
  } catch {
    // Not Linux, or no sysfs: those with an address have to do.
  }
  // An alias of an interface is listed as eth0:1.
  for (const name of Object.keys(networkInterfaces())) names.add(name.split(':', 1)[0]!);
  const sorted = [...names].sort();
  return process.platform === 'linux' ? [...sorted, ANY] : sorted;
}

/** Whether an interface is up; null when that cannot be told: no such interface, `any`, no sysfs. */
export function isUp(name: string): boolean | null {
  const flags = readFlags(name);
  return flags === null ? null : (flags & IFF_UP) !== 0;
}

/** IFF_ flags of netdevice(7). */
function readFlags(name: string): number | null {
  if (name === '' || name === '.' || name === '..' || name.includes('/')) return null;
  try {
    return Number.parseInt(readFileSync(`${CLASS}/${name}/flags`, 'latin1'), 16);
  } catch {
    return null;
  }
}
