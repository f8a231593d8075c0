import { isUtf8 } from 'node:buffer';
import { escapeBytes } from './escape.js';

/** The name of a key in a document. */
export interface KeyNameDocument {
  /** Text where the bytes are UTF-8; else with `\xNN` for what is not, backslashes doubled. */
  key: string;
  /** The bytes where `key` had to be escaped, else null. */
  keyBase64: string | null;
  /** Bytes of the whole name; more than those of `key` when that was cut. */
  keyLength: number;
}

/** A cut may have gone through a character of up to four bytes. */
const MOST_CUT_BYTES = 3;

/** `length`: bytes of the whole name, of which `bytes` are the first. */
export function keyName(bytes: Uint8Array, length: number): KeyNameDocument {
  const kept = length > bytes.length ? wholeCharacters(bytes) : bytes;
  const buffer = Buffer.from(kept.buffer, kept.byteOffset, kept.length);
  return isUtf8(kept)
    ? { key: buffer.toString('utf8'), keyBase64: null, keyLength: length }
    : { key: escapeBytes(kept), keyBase64: buffer.toString('base64'), keyLength: length };
}

function wholeCharacters(bytes: Uint8Array): Uint8Array {
  for (let cut = 0; cut <= MOST_CUT_BYTES; cut++) {
    const kept = bytes.subarray(0, Math.max(0, bytes.length - cut));
    if (isUtf8(kept)) return kept;
  }
  return bytes;
}
