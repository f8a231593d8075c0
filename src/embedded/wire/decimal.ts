/** Reads a decimal integer as the protocol writes lengths and offsets. @returns null when it is none, or not exact in a double. */
export function readDecimal(text: string): number | null {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : null;
}
