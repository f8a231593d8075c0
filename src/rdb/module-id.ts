const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Name and encoding version in a module id: 9 characters of 6 bits, then 10 bits of version (rdb-format.md 7). */
export function moduleName(id: bigint): { name: string; version: number } {
  let name = '';
  for (let shift = 58n; shift >= 10n; shift -= 6n) name += ALPHABET[Number((id >> shift) & 63n)]!;
  return { name, version: Number(id & 1023n) };
}
