/** opt_endofopt (draft-ietf-opsawg-pcapng, 3.5). */
const END_OF_OPTIONS = 0;

/**
 * Finds an option in a block's option list (draft-ietf-opsawg-pcapng, 3.5): code and length in 16 bits each, then the value,
 * padded to 32 bits. A list that runs over its block ends there.
 * @param from index of the list's first byte. @param to index behind its last.
 * @param length bytes the value must have; one of another length is no valid value and is passed over.
 * @returns index of the value's first byte, or -1.
 */
export function findOption(
  view: DataView,
  from: number,
  to: number,
  littleEndian: boolean,
  code: number,
  length: number,
): number {
  let at = from;
  while (to - at >= 4) {
    const itsCode = view.getUint16(at, littleEndian);
    const itsLength = view.getUint16(at + 2, littleEndian);
    if (itsCode === END_OF_OPTIONS || itsLength > to - at - 4) return -1;
    if (itsCode === code && itsLength === length) return at + 4;
    at += 4 + itsLength + (-itsLength & 3);
  }
  return -1;
}

/** The unsigned 64-bit number at `at`; rounded above 2^53. */
export function readUint64(view: DataView, at: number, littleEndian: boolean): number {
  const high = view.getUint32(littleEndian ? at + 4 : at, littleEndian);
  return high * 2 ** 32 + view.getUint32(littleEndian ? at : at + 4, littleEndian);
}

/** The signed 64-bit number at `at`; rounded beyond 2^53. */
export function readInt64(view: DataView, at: number, littleEndian: boolean): number {
  const high = view.getInt32(littleEndian ? at + 4 : at, littleEndian);
  return high * 2 ** 32 + view.getUint32(littleEndian ? at : at + 4, littleEndian);
}
