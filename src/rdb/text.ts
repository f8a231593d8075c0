/** Writes `text` (ASCII) to out[0, ...) and returns its length. */
export function writeAscii(text: string, out: Uint8Array): number {
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return text.length;
}

/** bytes[from, to) as Latin-1 text: one character a byte, nothing lost. */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** A copy of bytes[from, to). Not slice(): a Buffer's is a view of the very bytes that were borrowed. */
export function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(bytes.subarray(from, to));
}
