/** Bytes at the start of an input that `describeUnknown` wants to see. */
export const MAGIC_BYTES = 16;

interface KnownFormat {
  readonly magic: readonly number[];
  /** Completes "x: …". FILE stands for the file's name. */
  readonly message: string;
}

const ascii = (text: string): number[] => [...text].map((char) => char.charCodeAt(0));

const compressed = (name: string, command: string): string =>
  `is compressed with ${name}, which cannot be read directly; use: ${command} FILE | psyncscope replay -`;

const KNOWN: readonly KnownFormat[] = [
  { magic: [0x28, 0xb5, 0x2f, 0xfd], message: compressed('zstd', 'zstd -dc') },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], message: compressed('xz', 'xz -dc') },
  { magic: ascii('BZh'), message: compressed('bzip2', 'bzip2 -dc') },
  { magic: [0x04, 0x22, 0x4d, 0x18], message: compressed('lz4', 'lz4 -dc') },
  { magic: [0x50, 0x4b, 0x03, 0x04], message: compressed('zip', 'unzip -p') },
  { magic: ascii('snoop\0'), message: 'is a snoop capture; use: editcap -F pcap FILE out.pcap' },
  { magic: ascii('GMBU'), message: 'is a Network Monitor capture; use: editcap -F pcap FILE out.pcap' },
  { magic: ascii('REDIS0'), message: 'is a Redis RDB file, not a capture of network traffic' },
];

/**
 * Says what an input is that is no capture, and what to do about it.
 * @param head the first bytes of the input, up to `MAGIC_BYTES`. @param file how a command would name the input.
 * @returns the rest of a sentence that begins with the input's name and a colon.
 */
export function describeUnknown(head: Uint8Array, file: string): string {
  const known = KNOWN.find(({ magic }) => magic.every((byte, index) => head[index] === byte));
  // A function, since the name may hold `$&`.
  if (known !== undefined) return known.message.replace('FILE', () => file);
  return `not a capture file: it begins with "${printable(head)}" (expected pcap or pcapng, gzipped or not)`;
}

/** Bytes as text that is safe to print: what is not printable ASCII, and the quote and backslash, as \xNN. */
function printable(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    text += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}
