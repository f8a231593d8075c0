/**
 * The filter for the kernel, in the language of pcap-filter(7).
 *
 * It matches what it says and nothing around that: the second and later fragments of an IP packet have no ports, tunnelled segments have
 * others. VLAN tags need no clause on Linux for what comes in, since the kernel takes them off before the filter; frames that carry them
 * in their bytes (sent on devices that cannot insert them, mirrored, doubly tagged) match only with a user's filter `vlan`.
 * @param ports of servers; none narrows to TCP only.
 * @param user the user's own expression, '' for none. It comes first: a `vlan` in it moves the offsets of all that follows.
 */
export function captureFilter(ports: readonly number[], user: string): string {
  const own = ports.length === 0 ? 'tcp' : ports.map((port) => `tcp port ${port}`).join(' or ');
  return user.trim() === '' ? own : `(${user}) and (${own})`;
}
