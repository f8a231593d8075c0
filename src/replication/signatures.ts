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

const LF = 0x0a;
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOLLAR = 0x24;

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

/** How far into a segment such an answer is looked for. */
const MAX_REPLIES_BYTES = 512;

/** True when a segment of a server holds an answer to PSYNC or SYNC that no other command gets, behind simple replies at most. */
export function looksLikeAnswer(bytes: Uint8Array, start: number, end: number): boolean {
  const stop = Math.min(end, start + MAX_REPLIES_BYTES);
  let at = start;
  while (at < stop) {
    const type = bytes[at]!;
    if (type === LF)
      at++; // a keepalive
    else if (type !== PLUS && type !== DOLLAR && type !== MINUS) return false;
    else if (isAnswer(bytes, at, end)) return true;
    else if (type === DOLLAR) return false;
    else {
      while (at < stop && bytes[at] !== LF) at++;
      at++;
    }
  }
  return false;
}

function isAnswer(bytes: Uint8Array, at: number, end: number): boolean {
  return ANSWERS.some((answer) => {
    if (end - at < answer.length) return false;
    for (let i = 0; i < answer.length; i++) if (bytes[at + i] !== answer[i]) return false;
    return true;
  });
}
