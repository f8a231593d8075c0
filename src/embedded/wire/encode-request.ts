import type { Command } from '../data/reply.js';

const CRLF = Buffer.from('\r\n');

/** A request as an array of bulk strings: `*2 $4 AUTH $6 secret`. Text is written as UTF-8. */
export function encodeRequest(words: Command | readonly string[]): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words) {
    const bytes = typeof word === 'string' ? Buffer.from(word) : word;
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, CRLF);
  }
  return Buffer.concat(parts);
}

/**
 * A request as one line, as replicas up to 4.0 write their handshake: words between single spaces and nothing quoted, so that a
 * password with a space in it does not work, with them either.
 */
export function encodeInline(words: readonly string[]): Uint8Array {
  return Buffer.from(`${words.join(' ')}\r\n`);
}
