import type { Session } from '../../replication/model.js';

/** Client ports named in a filter; a replica in a loop has thousands. */
const MAX_PORTS = 16;

/**
 * Display filter of Wireshark and tshark (`-Y`) for the packets of a finding: the connections it is about, from its first packet to its
 * last one. Names addresses and ports, as a connection's number there is not known here. null: it is about no connection and no packet.
 */
export function packetFilter(sessions: readonly Session[], packets: readonly number[]): string | null {
  const masters = new Map<string, Set<number>>();
  for (const { link, clientPort } of sessions)
    masters.set(link.master, (masters.get(link.master) ?? new Set()).add(clientPort));
  const first = packets[0];
  const last = packets.at(-1);
  const range =
    first === undefined || last === undefined
      ? null
      : first === last
        ? `frame.number == ${first}`
        : `frame.number >= ${first} && frame.number <= ${last}`;
  if (masters.size === 0) return range;
  const each = [...masters].map(([master, clients]) => connectionFilter(master, clients));
  const connections = each.length === 1 ? each[0]! : `(${each.join(' || ')})`;
  return range === null ? connections : `${connections} && ${range}`;
}

function connectionFilter(master: string, clients: ReadonlySet<number>): string {
  const split = master.lastIndexOf(':');
  const address = master.slice(0, split);
  const host = address.startsWith('[') ? `ipv6.addr == ${address.slice(1, -1)}` : `ip.addr == ${address}`;
  const parts = [host, `tcp.port == ${master.slice(split + 1)}`];
  if (clients.size <= MAX_PORTS) parts.push(`tcp.port in {${[...clients].join(', ')}}`);
  return parts.join(' && ');
}

/** A command that shows these packets; null when they are in no file. */
export function tsharkCommand(sources: readonly string[], isLive: boolean, filter: string): string | null {
  if (isLive || sources.length === 0) return null;
  const files = sources.map(shellWord);
  // Several files are merged by time here as mergecap does it.
  const read =
    files.length === 1 ? `tshark -r ${files[0]}` : `mergecap -w - ${files.join(' ')} | tshark -r -`;
  return `${read} -Y ${shellWord(filter)}`;
}

function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
