import type { PackedKind } from '../rdb/packed.js';

/**
 * Marks in `mask` which bytes of a packed container are values: texts, and integers in their own bytes. What is left is structure
 * (counts, lengths, encodings), and the integers that are part of it. Returns false where the container contradicts itself.
 * @param textsOnly integers are structure, too: of a stream's nodes.
 */
export function markValues(
  kind: PackedKind,
  blob: Uint8Array,
  mask: Uint8Array,
  textsOnly: boolean,
): boolean {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  const mark = (from: number, length: number): number => {
    mask.fill(1, from, from + length);
    return from + length;
  };
  const integer = (from: number, length: number): number => (textsOnly ? from + length : mark(from, length));
  try {
    switch (kind) {
      case 'intset':
        integer(8, blob.length - 8);
        return true;
      case 'zipmap':
        return walk(1, blob, (at) => {
          // A field, then a value with a byte that says how many behind it are unused.
          const field = zipmapLength(view, at);
          const next = mark(field.from, field.length);
          const value = zipmapLength(view, next);
          return mark(value.from + 1, value.length) + blob[value.from]!;
        });
      case 'listpack':
        return walk(6, blob, (at) => {
          const end = listpackEntry(view, at, mark, integer);
          return end + backLength(end - at);
        });
      case 'ziplist':
        return walk(10, blob, (at) => ziplistEntry(view, at + (blob[at] === 0xfe ? 5 : 1), mark, integer));
    }
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

type Mark = (from: number, length: number) => number;

/** Entries up to the end byte. */
function walk(first: number, blob: Uint8Array, entry: (at: number) => number): boolean {
  let at = first;
  while (at < blob.length && blob[at] !== 0xff) at = entry(at);
  return at === blob.length - 1;
}

function zipmapLength(view: DataView, at: number): { from: number; length: number } {
  const lead = view.getUint8(at);
  return lead === 0xfe
    ? { from: at + 5, length: view.getUint32(at + 1, true) }
    : { from: at + 1, length: lead };
}

function listpackEntry(view: DataView, at: number, text: Mark, integer: Mark): number {
  const lead = view.getUint8(at);
  if (lead < 0x80) return integer(at, 1);
  if (lead < 0xc0) return text(at + 1, lead & 0x3f);
  if (lead < 0xe0) return integer(at + 1, 1);
  if (lead < 0xf0) return text(at + 2, ((lead & 0x0f) << 8) | view.getUint8(at + 1));
  if (lead === 0xf0) return text(at + 5, view.getUint32(at + 1, true));
  return integer(at + 1, lead === 0xf4 ? 8 : lead - 0xef);
}

function backLength(size: number): number {
  if (size <= 127) return 1;
  if (size < 16383) return 2;
  if (size < 2097151) return 3;
  return size < 268435455 ? 4 : 5;
}

function ziplistEntry(view: DataView, at: number, text: Mark, integer: Mark): number {
  const lead = view.getUint8(at);
  if (lead < 0x40) return text(at + 1, lead);
  if (lead < 0x80) return text(at + 2, ((lead & 0x3f) << 8) | view.getUint8(at + 1));
  if (lead === 0x80) return text(at + 5, view.getUint32(at + 1, false));
  // 0 to 12 stand in the encoding byte itself, and stay.
  if (lead >= 0xf1 && lead <= 0xfd) return at + 1;
  const width = { 192: 2, 208: 4, 224: 8, 240: 3, 254: 1 }[lead];
  if (width === undefined) throw new RangeError('no ziplist entry');
  return integer(at + 1, width);
}

/**
 * Overwrites the values of an LZF-compressed string in place: the literals that only values are made of. Literals that structure is
 * copied from as well stay as they are.
 * @param mask of the inflated bytes; 1: a value. @param filler gives what comes at a place of the inflated bytes.
 */
export function overwriteLiterals(
  packed: Uint8Array,
  mask: Uint8Array,
  filler: (at: number) => number,
): void {
  /** Of each inflated byte the literal that it comes from. */
  const origins = new Int32Array(mask.length);
  const isStructure = new Uint8Array(packed.length);
  let written = 0;
  for (let at = 0; at < packed.length && written < mask.length; ) {
    const control = packed[at++]!;
    if (control < 32) {
      for (let run = control + 1; run > 0 && written < mask.length; run--) origins[written++] = at++;
      continue;
    }
    let run = control >> 5;
    if (run === 7) run += packed[at++]!;
    const distance = ((control & 31) << 8) + packed[at++]! + 1;
    for (run += 2; run > 0 && written < mask.length; run--, written++)
      origins[written] = origins[written - distance] ?? 0;
  }
  for (let i = 0; i < written; i++) if (mask[i] === 0) isStructure[origins[i]!] = 1;
  for (let i = written - 1; i >= 0; i--)
    if (mask[i] === 1 && isStructure[origins[i]!] === 0) packed[origins[i]!] = filler(i);
}
