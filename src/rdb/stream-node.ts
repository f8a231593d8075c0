import type { PackedCursor } from './packed.js';
import { copyOf } from './text.js';

// Flags of an entry (rdb-format.md 6).
const DELETED = 1;
const SAME_FIELDS = 2;

/** The cursor's entry as bytes that stay valid while its container does. */
export function entryBytes(cursor: PackedCursor): Uint8Array {
  // Integers stand in a buffer that the next entry uses again.
  return cursor.integer === null
    ? cursor.bytes.subarray(cursor.from, cursor.to)
    : copyOf(cursor.bytes, cursor.from, cursor.to);
}

/**
 * Walks the entries of one stream node and tells those that are not deleted.
 *
 * @param cursor opened on the node's listpack
 * @param ms high half of the node's master id, `seq` the low one
 * @param entry gets the id and field, value, field, value …
 * @throws RdbFormatError when the listpack does not hold such entries
 */
export function walkStreamNode(
  cursor: PackedCursor,
  ms: bigint,
  seq: bigint,
  entry: (id: string, fields: Uint8Array[]) => void,
): void {
  const value = (): Uint8Array => {
    if (!cursor.next()) throw cursor.fault('the stream entry has no end');
    return entryBytes(cursor);
  };
  const integer = (): bigint => {
    if (!cursor.next()) throw cursor.fault('the stream entry has no end');
    return cursor.requireInteger();
  };
  const announced = integer();
  integer(); // deleted entries: what is left of them is walked over
  const names: Uint8Array[] = [];
  for (let left = integer(); left > 0n; left--) names.push(value());
  if (integer() !== 0n) throw cursor.fault('the master entry has no end');
  let live = 0n;
  while (cursor.next()) {
    const flags = Number(cursor.requireInteger());
    const id = `${BigInt.asUintN(64, ms + integer())}-${BigInt.asUintN(64, seq + integer())}`;
    const fields: Uint8Array[] = [];
    let written: bigint;
    if ((flags & SAME_FIELDS) !== 0) {
      for (const name of names) fields.push(name, value());
      written = 3n + BigInt(names.length);
    } else {
      const pairs = integer();
      for (let left = pairs; left > 0n; left--) fields.push(value(), value());
      written = 4n + 2n * pairs;
    }
    if (integer() !== written) throw cursor.fault('a stream entry of another length');
    if ((flags & DELETED) !== 0) continue;
    live++;
    entry(id, fields);
  }
  if (live !== announced) throw cursor.fault(`${live} stream entries where ${announced} are announced`);
}
