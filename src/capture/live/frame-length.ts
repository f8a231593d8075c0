/** Bytes in front of the IP packet by LINKTYPE_ number, of the link types that the package `cap` knows by name. */
const LINK_HEADER_BYTES = new Map([
  [0, 4],
  [1, 14],
  [101, 0],
  [113, 16],
]);

const IPV6_HEADER_BYTES = 40;

/**
 * How long a frame was by what its IP header says, since it was cut by somebody who does not tell.
 * @returns bytes; one more than there are when the header does not tell (a packet larger than 64 KiB has 0 there).
 */
export function frameLength(bytes: Uint8Array, linkType: number): number {
  const unknown = bytes.length + 1;
  const at = LINK_HEADER_BYTES.get(linkType);
  if (at === undefined || bytes.length < at + IPV6_HEADER_BYTES) return unknown;
  const version = bytes[at]! >> 4;
  const field = version === 4 ? uint16(bytes, at + 2) : version === 6 ? uint16(bytes, at + 4) : 0;
  if (field === 0) return unknown;
  return at + field + (version === 6 ? IPV6_HEADER_BYTES : 0);
}

function uint16(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 256 + bytes[at + 1]!;
}
