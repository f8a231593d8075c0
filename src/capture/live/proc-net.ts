import { readFile } from 'node:fs/promises';

/** What Linux tells in /proc/net (proc(5)); elsewhere, and where it is not mounted, nothing. */

/** TCP_LISTEN of linux/tcp_states.h, as /proc/net/tcp writes it. */
const LISTEN = '0A';

/** RTF_UP of linux/route.h, RTF_REJECT: a route to nowhere. */
const ROUTE_UP = 0x1;
const ROUTE_REJECT = 0x200;

/** True when a socket of this machine listens on one of the ports, on whatever address. */
export async function isListening(ports: readonly number[]): Promise<boolean> {
  if (ports.length === 0) return false;
  const wanted = new Set(ports);
  for (const table of ['tcp', 'tcp6']) {
    for (const [, local, , state] of await rows(table)) {
      if (state === LISTEN && wanted.has(Number.parseInt(local?.split(':')[1] ?? '', 16))) return true;
    }
  }
  return false;
}

/** Name of the interface that the default route of the least metric goes through, IPv4 before IPv6; null when there is none. */
export async function defaultRouteInterface(): Promise<string | null> {
  return best(await rows('route'), readIpv4Route) ?? best(await rows('ipv6_route'), readIpv6Route);
}

interface Route {
  readonly name: string;
  readonly metric: number;
  readonly flags: number;
}

function best(table: readonly string[][], read: (row: readonly string[]) => Route | null): string | null {
  let chosen: Route | null = null;
  for (const row of table) {
    const route = read(row);
    if (route === null || (route.flags & ROUTE_UP) === 0 || (route.flags & ROUTE_REJECT) !== 0) continue;
    if (chosen === null || route.metric < chosen.metric) chosen = route;
  }
  return chosen?.name ?? null;
}

/** Columns: Iface Destination Gateway Flags RefCnt Use Metric Mask …; the metric is decimal. */
function readIpv4Route(row: readonly string[]): Route | null {
  const [name = '', destination, , flags = '', , , metric, mask] = row;
  if (destination !== '00000000' || mask !== '00000000') return null;
  return { name, metric: Number(metric), flags: Number.parseInt(flags, 16) };
}

/** Columns: destination, its prefix length, source, its prefix length, next hop, metric, refcount, use, flags, interface; all hex. */
function readIpv6Route(row: readonly string[]): Route | null {
  const [destination = '', prefixLength, , , , metric = '', , , flags = '', name = ''] = row;
  if (!/^0{32}$/.test(destination) || prefixLength !== '00') return null;
  return { name, metric: Number.parseInt(metric, 16), flags: Number.parseInt(flags, 16) };
}

async function rows(table: string): Promise<string[][]> {
  const text = await readFile(`/proc/net/${table}`, 'latin1').catch(() => '');
  return text.split('\n').map((line) => line.trim().split(/\s+/));
}
