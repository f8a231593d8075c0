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

/** First bytes of the answers to PSYNC and SYNC that no other command gets. */
const ANSWERS = [
  '+FULLRESYNC ',
  '+CONTINUE\r',
  '+CONTINUE ',
  '+DUALCHANNELSYNC\r',
  '+RDBCHANNELSYNC ',
  '$ENDOFF:',
  '$EOF:',
].map((text) => new TextEncoder().encode(text));

/** True when a segment of a server begins with an answer to PSYNC or SYNC that no other command gets. */
export function looksLikeAnswer(bytes: Uint8Array, start: number, end: number): boolean {
  const type = bytes[start];
  if (type !== 0x2b && type !== 0x24) return false;
  return ANSWERS.some((answer) => {
    if (end - start < answer.length) return false;
    for (let i = 0; i < answer.length; i++) if (bytes[start + i] !== answer[i]) return false;
    return true;
  });
}
