import { formatDouble } from './numbers.js';
import { fitsPacked, isIntset, PACKED_ENTRIES } from './object-encoding.js';
import { intset, listpack, type PackedEntry, ziplist } from './rdb-packed.js';
import { writeStream } from './rdb-stream.js';
import type { RdbWriter } from './rdb-writer.js';
import type { Value, ValueOf } from './values.js';

/** 9: Redis 5 to 6.2. 10: 7.0. 11: 7.2, Valkey 7.2 to 8.1. */
export type RdbVersion = 9 | 10 | 11;

/** Object type bytes (rdb-format.md 5). */
const STRING = 0;
const SET = 2;
const HASH = 4;
const ZSET = 5;
const SET_INTSET = 11;
const ZSET_ZIPLIST = 12;
const HASH_ZIPLIST = 13;
const LIST_QUICKLIST = 14;
const STREAM = 15;
const HASH_LISTPACK = 16;
const ZSET_LISTPACK = 17;
const LIST_QUICKLIST_2 = 18;
const STREAM_2 = 19;
const SET_LISTPACK = 20;
const STREAM_3 = 21;
const STREAM_TYPES: Readonly<Record<RdbVersion, number>> = { 9: STREAM, 10: STREAM_2, 11: STREAM_3 };

/** Kinds of quicklist nodes. */
const PLAIN = 1;
const PACKED = 2;
/** Bytes of elements in a list's node, unless configured. */
const NODE_BYTES = 8192;
/** Fields of a packed hash before 7.0, unless configured. */
const ZIPLIST_HASH_FIELDS = 512;

/** Writes a key's record: type, key, value. What is small is packed as a server of that RDB version packs it. */
export function writeRecord(out: RdbWriter, key: string, value: Value, version: RdbVersion): void {
  const head = (type: number) => {
    out.byte(type);
    out.string(key);
  };
  switch (value.type) {
    case 'string':
      head(STRING);
      out.string(value.text);
      break;
    case 'list':
      head(version >= 10 ? LIST_QUICKLIST_2 : LIST_QUICKLIST);
      writeList(out, value.items, version);
      break;
    case 'set':
      writeSet(out, head, value.members, version);
      break;
    case 'hash':
      writeHash(out, head, value.fields, version);
      break;
    case 'zset':
      writeZset(out, head, value, version);
      break;
    case 'stream':
      head(STREAM_TYPES[version]);
      writeStream(out, value.stream, version);
  }
}

type Head = (type: number) => void;

function packed(entries: readonly PackedEntry[], version: RdbVersion): Uint8Array {
  return version >= 10 ? listpack(entries) : ziplist(entries);
}

function writeList(out: RdbWriter, items: readonly string[], version: RdbVersion): void {
  const nodes = listNodes(items);
  out.count(nodes.length);
  for (const node of nodes) {
    const plain = version >= 10 && node[0]!.length > NODE_BYTES;
    if (version >= 10) out.count(plain ? PLAIN : PACKED);
    if (plain) out.string(node[0]!);
    else out.blob(packed(node, version));
  }
}

/** A large item has a node of its own. */
function listNodes(items: readonly string[]): string[][] {
  const nodes: string[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    if (bytes + item.length > NODE_BYTES) {
      nodes.push([]);
      bytes = 0;
    }
    nodes.at(-1)!.push(item);
    bytes += item.length;
  }
  return nodes;
}

function writeSet(out: RdbWriter, head: Head, members: ReadonlySet<string>, version: RdbVersion): void {
  if (isIntset(members)) {
    head(SET_INTSET);
    out.blob(intset([...members].map(BigInt)));
  } else if (version >= 11 && members.size <= PACKED_ENTRIES && fitsPacked(members)) {
    head(SET_LISTPACK);
    out.blob(listpack([...members]));
  } else {
    head(SET);
    out.count(members.size);
    for (const member of members) out.string(member);
  }
}

function writeHash(
  out: RdbWriter,
  head: Head,
  fields: ReadonlyMap<string, string>,
  version: RdbVersion,
): void {
  const most = version >= 10 ? PACKED_ENTRIES : ZIPLIST_HASH_FIELDS;
  const texts = [...fields].flat();
  if (fields.size <= most && fitsPacked(texts)) {
    head(version >= 10 ? HASH_LISTPACK : HASH_ZIPLIST);
    out.blob(packed(texts, version));
  } else {
    head(HASH);
    out.count(fields.size);
    for (const text of texts) out.string(text);
  }
}

/** Packed ones ascend, scores as text; the others descend, scores as doubles. */
function writeZset(out: RdbWriter, head: Head, { scores }: ValueOf<'zset'>, version: RdbVersion): void {
  const pairs = scores.sorted();
  if (pairs.length <= PACKED_ENTRIES && fitsPacked(pairs.map(([member]) => member))) {
    head(version >= 10 ? ZSET_LISTPACK : ZSET_ZIPLIST);
    out.blob(
      packed(
        pairs.flatMap(([member, score]) => [member, formatDouble(score)]),
        version,
      ),
    );
  } else {
    head(ZSET);
    out.count(pairs.length);
    for (const [member, score] of pairs.toReversed()) {
      out.string(member);
      out.doubleLE(score);
    }
  }
}
