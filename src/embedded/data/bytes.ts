/**
 * Keys and values are bytes. Inside the data set they are held as Latin-1 text, one character a byte: such text can be a Map's key,
 * compares as the bytes do and loses nothing.
 */
export function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** The bytes of Latin-1 text, in a buffer of their own. */
export function toBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  Buffer.from(bytes.buffer).write(text, 'latin1');
  return bytes;
}
