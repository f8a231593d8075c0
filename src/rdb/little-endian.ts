/** Little-endian numbers of the RDB format. The caller has checked that the bytes are there. */

export function uint16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

export function uint32(bytes: Uint8Array, at: number): number {
  return int32(bytes, at) >>> 0;
}

export function int32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Signed integer of 1 to 4 bytes. */
export function signed(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value |= bytes[at + i]! << (8 * i);
  const unused = 32 - 8 * size;
  return (value << unused) >> unused;
}

export function int64(bytes: Uint8Array, at: number): bigint {
  return (BigInt(int32(bytes, at + 4)) << 32n) | BigInt(uint32(bytes, at));
}

/** A signed 64-bit integer as a number; exact up to 2^53. */
export function int64Number(bytes: Uint8Array, at: number): number {
  return int32(bytes, at + 4) * 0x1_0000_0000 + uint32(bytes, at);
}

const DOUBLE = new DataView(new ArrayBuffer(8));

/** IEEE 754 double. */
export function double(bytes: Uint8Array, at: number): number {
  DOUBLE.setInt32(0, int32(bytes, at), true);
  DOUBLE.setInt32(4, int32(bytes, at + 4), true);
  return DOUBLE.getFloat64(0, true);
}

/** IEEE 754 float. */
export function float(bytes: Uint8Array, at: number): number {
  DOUBLE.setInt32(0, int32(bytes, at), true);
  return DOUBLE.getFloat32(0, true);
}
