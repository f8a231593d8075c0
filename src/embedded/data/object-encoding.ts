import { parseInt64 } from './numbers.js';
import type { Value } from './values.js';

/** Where Redis 7.0 changes from a packed representation to another, unless configured. */
export const PACKED_ENTRIES = 128;
/** Bytes of an element, member, field or value. */
export const PACKED_BYTES = 64;
export const INTSET_ENTRIES = 512;
const EMBEDDED_BYTES = 44;

export function fitsPacked(texts: Iterable<string>): boolean {
  for (const text of texts) if (text.length > PACKED_BYTES) return false;
  return true;
}

export function isIntset(members: ReadonlySet<string>): boolean {
  if (members.size > INTSET_ENTRIES) return false;
  for (const member of members) if (parseInt64(member) === null) return false;
  return true;
}

/**
 * As OBJECT ENCODING of Redis 7.0 has it right after loading the value: a server's answer also depends on what the value once was.
 */
export function objectEncoding(value: Value): string {
  switch (value.type) {
    case 'string':
      if (parseInt64(value.text) !== null) return 'int';
      return value.text.length <= EMBEDDED_BYTES ? 'embstr' : 'raw';
    case 'list':
      return 'quicklist';
    case 'set':
      return isIntset(value.members) ? 'intset' : 'hashtable';
    case 'hash': {
      const { fields } = value;
      const packed =
        fields.size <= PACKED_ENTRIES && fitsPacked(fields.keys()) && fitsPacked(fields.values());
      return packed ? 'listpack' : 'hashtable';
    }
    case 'zset': {
      const members = value.scores.sorted().map(([member]) => member);
      return members.length <= PACKED_ENTRIES && fitsPacked(members) ? 'listpack' : 'skiplist';
    }
    case 'stream':
      return 'stream';
  }
}
