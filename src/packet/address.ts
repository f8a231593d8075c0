/**
 * Addresses as four 32-bit words in network order, as in a TcpSegment: signed ints, IPv4 as 0, 0, 0xffff, address. Words are
 * equal exactly when addresses are.
 */
export type AddressWords = readonly [number, number, number, number];

const GROUPS = 8;

/** `127.0.0.1` for an IPv4(-mapped) address, otherwise IPv6 text as RFC 5952 wants it: `::1`, `2001:db8::2:1`. */
export function formatAddress(word0: number, word1: number, word2: number, word3: number): string {
  if (word0 === 0 && word1 === 0 && word2 === 0xffff) {
    return `${word3 >>> 24}.${(word3 >>> 16) & 255}.${(word3 >>> 8) & 255}.${word3 & 255}`;
  }
  const groups = [word0, word1, word2, word3].flatMap((word) => [word >>> 16, word & 0xffff]);
  const [start, length] = longestZeroRun(groups);
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  // A single zero group is not shortened (RFC 5952, 4.2.2).
  return length < 2 ? text(0, GROUPS) : `${text(0, start)}::${text(start + length, GROUPS)}`;
}

/** `127.0.0.1:6379`, `[::1]:6379` (RFC 5952, 6). */
export function formatEndpoint(
  word0: number,
  word1: number,
  word2: number,
  word3: number,
  port: number,
): string {
  const address = formatAddress(word0, word1, word2, word3);
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/**
 * The words of an IPv4 or IPv6 address in any of its usual spellings (RFC 4291, 2.2), or null when the text is no address:
 * brackets, ports, zones and prefix lengths are not part of one.
 */
export function parseAddress(text: string): AddressWords | null {
  if (!text.includes(':')) {
    const address = parseDotted(text);
    return address === null ? null : [0, 0, 0xffff, address];
  }
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (head === null || tail === null) return null;
  const missing = GROUPS - head.length - tail.length;
  // `::` stands for one group or more; without it all eight have to be there.
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const word = (i: number): number => (groups[2 * i]! << 16) | groups[2 * i + 1]!;
  return [word(0), word(1), word(2), word(3)];
}

/** First of the longest runs of zero groups (RFC 5952, 4.2.3), as start and length. */
function longestZeroRun(groups: readonly number[]): [number, number] {
  let best = 0;
  let bestLength = 0;
  let length = 0;
  for (const [i, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > bestLength) {
      bestLength = length;
      best = i + 1 - length;
    }
  }
  return [best, bestLength];
}

/** Groups between colons; the last may be an IPv4 address, which counts as two, if the text ends there. */
function parseGroups(text: string, mayEndDotted: boolean): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const address = mayEndDotted && i === parts.length - 1 ? parseDotted(part) : null;
    if (address === null) return null;
    groups.push(address >>> 16, address & 0xffff);
  }
  return groups;
}

/** Four decimal numbers without leading zeros: with them, some programs read octal (RFC 6943, 3.1.1). */
function parseDotted(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  let address = 0;
  for (const part of match.slice(1)) {
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return null;
    address = (address << 8) | Number(part);
  }
  return address;
}
