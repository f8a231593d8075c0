import * as R from './roles.js';
import type { Layout } from './steps.js';
import {
  asciiScore,
  bytes,
  container,
  count,
  loop,
  moduleValues,
  node,
  number,
  option,
  packed,
  repeat,
  string,
  tag,
  variant,
} from './steps.js';

/** Whose numbers type ids from 22 and opcodes up to 243 are (rdb-format.md 1.1). */
export type Magic = 'REDIS' | 'VALKEY';

/** Logical types, as the servers' TYPE command has them; every module value is `module`. */
export type RdbType = 'string' | 'list' | 'set' | 'zset' | 'hash' | 'stream' | 'module' | 'array';

/** One object type of the format: what it is and how its value is laid out behind the key. */
export interface ObjectType {
  readonly type: RdbType;
  /** As OBJECT ENCODING has it where it can be told; a string's is its form on the wire: raw, int or lzf. */
  readonly encoding: string;
  readonly layout: Layout;
  /** Elements before any is counted: 1 for a string, NaN for what cannot be counted. */
  readonly elements: number;
}

function object(type: RdbType, encoding: string, ...layouts: Layout[]): ObjectType {
  const elements = type === 'string' ? 1 : type === 'module' ? Number.NaN : 0;
  return { type, encoding, layout: layouts.flat(), elements };
}

/** The layout of a stream (rdb-format.md 6); `version` 1 to 5 for types 15, 19, 21, 26 and 27. */
function stream(version: number): ObjectType {
  const since = (first: number, ...layouts: Layout[]): Layout => (version >= first ? layouts.flat() : []);
  const id = (role: number): Layout => [...number(role), ...number(role)];
  const group: Layout[] = [
    string(R.GROUP_NAME),
    id(R.GROUP_LAST_ID),
    since(2, number(R.GROUP_READ)),
    repeat(
      R.NONE,
      bytes(16, R.GROUP_PENDING_ID),
      bytes(8, R.GROUP_PENDING_TIME),
      number(R.GROUP_PENDING_COUNT),
    ),
    repeat(
      R.NONE,
      string(R.CONSUMER_NAME),
      bytes(8, R.CONSUMER_SEEN),
      since(3, bytes(8, R.CONSUMER_ACTIVE)),
      repeat(R.NONE, bytes(16, R.CONSUMER_PENDING_ID)),
    ),
    since(5, repeat(R.NONE, bytes(16, R.GROUP_NACKED_ID))),
  ];
  const producers = repeat(
    R.NONE,
    string(R.PRODUCER_NAME),
    repeat(R.NONE, string(R.PRODUCER_ENTRY), id(R.PRODUCER_ID)),
  );
  return object(
    'stream',
    'stream',
    repeat(R.NONE, string(R.STREAM_NODE_KEY), packed('listpack', 0, R.STREAM_NODE)),
    count(R.ELEMENTS),
    id(R.STREAM_LAST_ID),
    since(2, id(R.STREAM_FIRST_ID), id(R.STREAM_MAX_DELETED_ID), number(R.STREAM_ADDED)),
    repeat(R.NONE, ...group),
    // Duration and size of the window in which repeated messages are told, its producers, and two counters.
    since(4, number(), number(), producers, number(), number()),
  );
}

const pairs = [string(R.HASH_FIELD), string(R.HASH_VALUE)];

/** Object types that mean the same under both magics, by id (rdb-format.md 5). Type 6 cannot be skipped, 8 never was. */
const COMMON: Readonly<Record<number, ObjectType>> = {
  0: object('string', 'raw', string(R.STRING_VALUE)),
  1: object('list', 'linkedlist', repeat(R.ELEMENTS, string(R.LIST_VALUE))),
  2: object('set', 'hashtable', repeat(R.ELEMENTS, string(R.SET_MEMBER))),
  3: object('zset', 'skiplist', repeat(R.ELEMENTS, string(R.ZSET_MEMBER), asciiScore(R.ZSET_SCORE))),
  4: object('hash', 'hashtable', repeat(R.ELEMENTS, ...pairs)),
  5: object('zset', 'skiplist', repeat(R.ELEMENTS, string(R.ZSET_MEMBER), bytes(8, R.ZSET_SCORE))),
  7: object('module', 'module', number(R.MODULE_ID), moduleValues(R.MODULE_VALUE)),
  9: object('hash', 'zipmap', packed('zipmap', 1, R.HASH_PAIRS)),
  10: object('list', 'ziplist', packed('ziplist', 1, R.LIST_VALUE)),
  11: object('set', 'intset', packed('intset', 1, R.SET_MEMBER)),
  12: object('zset', 'ziplist', packed('ziplist', 2, R.ZSET_MEMBER)),
  13: object('hash', 'ziplist', packed('ziplist', 2, R.HASH_PAIRS)),
  14: object('list', 'quicklist', repeat(R.NONE, packed('ziplist', 1, R.LIST_VALUE))),
  15: stream(1),
  16: object('hash', 'listpack', packed('listpack', 2, R.HASH_PAIRS)),
  17: object('zset', 'listpack', packed('listpack', 2, R.ZSET_MEMBER)),
  18: object('list', 'quicklist', repeat(R.NONE, container(), node(R.LIST_VALUE))),
  19: stream(2),
  20: object('set', 'listpack', packed('listpack', 1, R.SET_MEMBER)),
  21: stream(3),
};

const REDIS: Readonly<Record<number, ObjectType>> = {
  22: object('hash', 'hashtable', repeat(R.ELEMENTS, number(R.HASH_TTL_ABSOLUTE), ...pairs)),
  23: object('hash', 'listpackex', packed('listpack', 3, R.HASH_TRIPLES)),
  24: object(
    'hash',
    'hashtable',
    bytes(8, R.HASH_LEAST_EXPIRY),
    repeat(R.ELEMENTS, number(R.HASH_TTL_RELATIVE), ...pairs),
  ),
  25: object('hash', 'listpackex', bytes(8), packed('listpack', 3, R.HASH_TRIPLES)),
  26: stream(4),
  27: stream(5),
  28: object(
    'array',
    'array',
    count(R.ELEMENTS),
    option(number()),
    loop(number(R.ARRAY_INDEX), tag(), variant(R.ARRAY_VALUE)),
  ),
};

const VALKEY: Readonly<Record<number, ObjectType>> = {
  22: object(
    'hash',
    'hashtable',
    repeat(R.ELEMENTS, string(R.HASH_FIELD), string(R.HASH_VALUE_FIRST), bytes(8, R.HASH_EXPIRY)),
  ),
};

/** All ids of object types are below this. */
export const TYPE_IDS = 1 + Math.max(...Object.keys({ ...COMMON, ...REDIS, ...VALKEY }).map(Number));

/** The object type with this id under this magic, or null when its layout is not known. */
export function objectType(id: number, magic: Magic): ObjectType | null {
  return COMMON[id] ?? (magic === 'REDIS' ? REDIS : VALKEY)[id] ?? null;
}
