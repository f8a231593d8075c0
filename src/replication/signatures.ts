/**
 * True when a connection's first bytes are a TLS record: handshake (ClientHello, ServerHello) or, joined mid-stream, application
 * data. RFC 8446, 5.1: type 20–23, legacy version 3.x, length at most 2^14 + 256.
 */
export function looksEncrypted(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 5) return false;
  const type = bytes[start]!;
  const length = (bytes[start + 3]! << 8) | bytes[start + 4]!;
  return (
    type >= 20 &&
    type <= 23 &&
    bytes[start + 1] === 3 &&
    bytes[start + 2]! <= 4 &&
    length > 0 &&
    length <= 16_640
  );
}

/** True when a segment of a server begins with an answer to PSYNC that no other command gets. */
export function looksLikeAnswer(bytes: Uint8Array, start: number, end: number): boolean {
  return startsWith(bytes, start, end, '+FULLRESYNC ') || startsWith(bytes, start, end, '+CONTINUE');
}

function startsWith(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}
