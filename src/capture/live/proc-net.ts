import { readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { plainAddress } from './interface-addresses.js';

/** What Linux tells in /proc/net (proc(5)); elsewhere, and where it is not mounted, nothing. */

/** TCP_LISTEN of linux/tcp_states.h, as /proc/net/tcp writes it. */
const LISTEN = '0A';

/** RTF_UP of linux/route.h, RTF_REJECT: a route to nowhere. */
const ROUTE_UP = 0x1;
const ROUTE_REJECT = 0x200;

/** Who uses some TCP ports on this machine. Addresses as Node writes them, IPv4 within IPv6 as IPv4. */
export interface PortUse {
  /** Addresses that are listened on; `0.0.0.0` and `::` are all. */
  readonly listeners: readonly string[];
  /** Both ends of connections, those that are just made or just ended among them. */
  readonly connections: readonly { readonly local: string; readonly remote: string }[];
}

/** Sockets of this network namespace with one of the ports, at either end. */
export async function portUse(ports: readonly number[]): Promise<PortUse> {
  const wanted = new Set(ports);
  const listeners: string[] = [];
  const connections: { local: string; remote: string }[] = [];
  for (const table of ['tcp', 'tcp6']) {
    for (const [, local, remote, state] of await rows(table)) {
      const near = readSocket(local);
      const far = readSocket(remote);
      if (near === null || far === null) continue;
      if (state === LISTEN) {
        if (wanted.has(near.port)) listeners.push(near.address);
      } else if (wanted.has(near.port) || wanted.has(far.port))
        connections.push({ local: near.address, remote: far.address });
    }
  }
  return { listeners, connections };
}

/** `0100007F:18EB`: an address as the words of memory it is kept in, and a port. @returns null for the head of a table. */
function readSocket(text: string | undefined): { address: string; port: number } | null {
  const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(text ?? '');
  if (match === null) return null;
  const bytes = Buffer.from(match[1]!, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  return { address: addressText(bytes), port: Number.parseInt(match[2]!, 16) };
}

/** 4 or 16 bytes in network order. */
function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const isMapped = bytes.readBigUInt64BE(0) === 0n && bytes.readUInt32BE(8) === 0xffff;
  if (isMapped) return bytes.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  return plainAddress(groups.join(':'));
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
