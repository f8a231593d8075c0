/** Random data commands, many of them wrong in some way, over few keys, so that they meet. */

/** One of the choices. */
export type Pick = <T>(choices: readonly T[]) => T;

/** @param next gives numbers below its argument */
export function pickerOf(next: (limit: number) => number): Pick {
  return (choices) => choices[next(choices.length)]!;
}

const KEYS = {
  string: ['s1', 's2', 's3', 's\xff\0'],
  list: ['l1', 'l2'],
  set: ['t1', 't2'],
  hash: ['h1', 'h2'],
  zset: ['z1', 'z2'],
  stream: ['x1', 'x2'],
};
const ALL_KEYS = [...Object.values(KEYS).flat(), 'none'];

const VALUES = [
  'a',
  'b',
  'c',
  '',
  '5',
  '-12',
  '9223372036854775807',
  '3.25',
  '0.1',
  'x y\r\nz',
  '\x80\xff',
  'A'.repeat(70),
];
const INTEGERS = [
  '0',
  '1',
  '2',
  '3',
  '-1',
  '-2',
  '-3',
  '7',
  '-100',
  '9223372036854775807',
  '-9223372036854775808',
  'x',
  '1.5',
  '',
];
const SMALL = ['0', '1', '2', '3', '-1', '-2', '-3', '10', '-10', 'x'];
const FLOATS = [
  '1',
  '0.1',
  '-0.5',
  '3.0',
  '1e3',
  '100000.1',
  '1e-7',
  '.5',
  '5.',
  '-0',
  'nan',
  'x',
  '',
  '12345678901234567890',
  '1e20',
];
const SCORES = [
  '1',
  '2',
  '2',
  '0.1',
  '-1.5',
  'inf',
  '-inf',
  '1e300',
  '1.00000762939453125',
  '3',

  '0',
  'x',
  '',
  '1e-5',
  '+7',
];
const BOUNDS = ['-inf', '+inf', '1', '(1', '2', '(2', '0', '-1.5', 'x', '(0.1'];
const IDS = [
  '1-1',
  '2-0',
  '5',
  '5-*',
  '7-*',
  '9000000000000-0',
  '9000000000001',
  '0-0',
  '0-*',
  'x',
  '1-x',
  '9-9',
  '18446744073709551615-18446744073709551615',
];
const RANGE_IDS = ['-', '+', '0', '5', '5-1', '(5-1', '(5', '9000000000000', '7-0', 'x', '9000000000001-1'];

type Maker = (pick: Pick, now: number) => string[];

/** Words of options, each there or not. */
function some(pick: Pick, ...options: string[][]): string[] {
  return options.flatMap((option) => (pick([0, 0, 1]) ? option : []));
}

function several(pick: Pick, make: () => string[]): string[] {
  return pick([1, 1, 2, 3]) === 1 ? make() : [...make(), ...make(), ...pick([[], make()])];
}

function time(pick: Pick, now: number, unit: number): string {
  const seconds = Math.floor(now / unit);
  return pick([`${seconds + 100_000_000}`, `${seconds - 5000}`, `${seconds + 200_000_000}`, 'x', '0', '-1']);
}

const span = (pick: Pick) => pick(['100000', '200000', '0', '-1', 'x', '9223372036854775807']);
const milliseconds = (pick: Pick) => pick(['100000000', '5000000', '0', '-1', 'x']);
/** For relative times only: two of them are equal for one side and a millisecond apart for the other. */
const presence = (pick: Pick) => some(pick, ['NX'], ['xx']);
const conditions = (pick: Pick) => some(pick, ['NX'], ['xx'], ['GT'], ['LT']).slice(0, pick([0, 0, 1, 2]));

const STRINGS: Maker[] = [
  (pick, now) => [
    pick(['SET', 'set']),
    pick(KEYS.string),
    pick(VALUES),
    ...some(pick, [pick(['NX', 'xx'])], ['GET'], [pick(['KEEPTTL', 'foo', 'XX'])]).slice(
      0,
      pick([0, 1, 2, 3]),
    ),
    ...pick([
      [],
      [],
      ['EX', span(pick)],
      ['px', milliseconds(pick)],
      ['EXAT', time(pick, now, 1000)],
      ['PXAT', time(pick, now, 1)],
    ]),
    ...some(pick, ['get']),
  ],
  (pick) => ['SET', pick(ALL_KEYS), pick(VALUES)],
  (pick) => ['SETNX', pick(KEYS.string), pick(VALUES)],
  (pick) => ['GETSET', pick(KEYS.string), pick(VALUES)],
  (pick) => ['SETEX', pick(KEYS.string), span(pick), pick(VALUES)],
  (pick) => ['pSetEx', pick(KEYS.string), milliseconds(pick), pick(VALUES)],
  (pick) => [pick(['GET', 'STRLEN', 'GETDEL']), pick(KEYS.string)],
  (pick) => [
    'MSET',
    ...several(pick, () => [pick(KEYS.string), pick(VALUES)]),
    ...some(pick, ['odd']).slice(0, pick([0, 0, 1])),
  ],
  (pick) => ['MGET', ...several(pick, () => [pick(ALL_KEYS)])],
  (pick) => ['APPEND', pick(KEYS.string), pick(VALUES)],
  (pick) => ['SETRANGE', pick(KEYS.string), pick(SMALL), pick(VALUES)],
  (pick) => ['GETRANGE', pick(KEYS.string), pick(INTEGERS), pick(INTEGERS)],
  (pick) => [pick(['INCR', 'DECR']), pick(KEYS.string)],
  (pick) => [pick(['INCRBY', 'DECRBY']), pick(KEYS.string), pick(INTEGERS)],
  (pick) => ['INCRBYFLOAT', pick(KEYS.string), pick(FLOATS)],
];

const KEYSPACE: Maker[] = [
  (pick) => [pick(['DEL', 'UNLINK', 'EXISTS']), ...several(pick, () => [pick(ALL_KEYS)])],
  (pick) => [pick(['TYPE', 'TTL', 'PTTL', 'PERSIST']), pick(ALL_KEYS)],
  (pick, now) => ['PEXPIREAT', pick(ALL_KEYS), time(pick, now, 1), ...conditions(pick)],
  (pick, now) => ['EXPIREAT', pick(ALL_KEYS), time(pick, now, 1000), ...conditions(pick)],
  (pick) => ['Expire', pick(ALL_KEYS), span(pick), ...presence(pick)],
  (pick) => ['PEXPIRE', pick(ALL_KEYS), milliseconds(pick), ...presence(pick), ...some(pick, ['foo'])],
  (pick) => ['RENAME', pick(ALL_KEYS), pick(ALL_KEYS)],
  (pick) => [
    'KEYS',
    pick(['*', 's*', '?1', '[tx]*', '[^tx]2', '\\s1', 's\xff*', '*1*', '[s-t]1', '[z-a]?', 'x', '[', 's[1']),
  ],
  (pick) => [
    'SCAN',
    pick(['0', '0', 'x']),
    'COUNT',
    pick(['1000', '1000', '0', 'x']),
    ...some(pick, ['MATCH', '*1'], ['TYPE', 'hash'], ['foo']),
  ],
  () => ['DBSIZE'],
  (pick) => [
    pick(['FLUSHDB', 'FLUSHALL', 'LLEN', 'LLEN', 'LLEN', 'LLEN', 'LLEN', 'LLEN', 'LLEN']),
    ...pick([[], [], ['ASYNC'], ['foo']]),
  ],
  (pick) => [pick(['GET', 'SET', 'HSET', 'XADD', 'TTL', 'zadd', 'SPOP', 'MGET']), 'k'].slice(0, pick([1, 2])),
  (pick) => ['OBJECT', pick(['ENCODING', 'foo']), ...pick([['missing'], []])],
];

const LISTS: Maker[] = [
  (pick) => [
    pick(['LPUSH', 'RPUSH', 'rpush', 'LPUSHX', 'RPUSHX']),
    pick(KEYS.list),
    ...several(pick, () => [pick(VALUES)]),
  ],
  (pick) => [pick(['LPOP', 'RPOP']), pick(KEYS.list), ...pick([[], [], [pick(SMALL)], ['1', '2']])],
  (pick) => ['LLEN', pick(ALL_KEYS)],
  (pick) => [pick(['LRANGE', 'LTRIM', 'LRANGE']), pick(KEYS.list), pick(INTEGERS), pick(INTEGERS)],
  (pick) => ['LTRIM', pick(KEYS.list), '0', pick(['-1', '5', '-2'])],
  (pick) => ['LINDEX', pick(KEYS.list), pick(INTEGERS)],
  (pick) => ['LSET', pick(KEYS.list), pick(SMALL), pick(VALUES)],
  (pick) => ['LREM', pick(KEYS.list), pick(SMALL), pick(VALUES)],
];

const SETS: Maker[] = [
  (pick) => [pick(['SADD', 'SADD', 'SREM']), pick(KEYS.set), ...several(pick, () => [pick(VALUES)])],
  (pick) => [pick(['SMEMBERS', 'SCARD']), pick(ALL_KEYS)],
  (pick) => ['SISMEMBER', pick(KEYS.set), pick(VALUES)],
  // Only where chance has no part in it.
  (pick) => ['SPOP', pick(KEYS.set), ...pick([['1000'], ['0'], ['-1'], ['x'], ['1', '2']])],
];

const HASHES: Maker[] = [
  (pick) => [
    pick(['HSET', 'HMSET']),
    pick(KEYS.hash),
    ...several(pick, () => [pick(VALUES), pick(VALUES)]),
    ...some(pick, ['odd']).slice(0, pick([0, 0, 1])),
  ],
  (pick) => ['HSETNX', pick(KEYS.hash), pick(VALUES), pick(VALUES)],
  (pick) => [pick(['HGET', 'HEXISTS', 'HDEL', 'HMGET']), pick(KEYS.hash), pick(VALUES)],
  (pick) => [pick(['HDEL', 'HMGET']), pick(KEYS.hash), ...several(pick, () => [pick(VALUES)])],
  (pick) => [pick(['HGETALL', 'HLEN']), pick(ALL_KEYS)],
  (pick) => ['HINCRBY', pick(KEYS.hash), pick(VALUES), pick(INTEGERS)],
];

const ZSETS: Maker[] = [
  (pick) => [
    'ZADD',
    pick(KEYS.zset),
    ...some(pick, ['NX'], ['XX'], ['gt'], ['LT'], ['CH'], ['INCR']).slice(0, pick([0, 0, 1, 2])),
    ...several(pick, () => [pick(SCORES), pick(VALUES)]),
  ],
  (pick) => ['ZADD', pick(KEYS.zset), pick(SCORES), pick(VALUES)],
  (pick) => ['ZINCRBY', pick(KEYS.zset), pick(SCORES), pick(VALUES)],
  (pick) => [pick(['ZREM', 'ZSCORE', 'ZRANK']), pick(KEYS.zset), pick(VALUES)],
  (pick) => ['ZCARD', pick(ALL_KEYS)],
  (pick) => [
    'ZRANGE',
    pick(KEYS.zset),
    pick(INTEGERS),
    pick(INTEGERS),
    ...some(pick, ['WITHSCORES'], ['rev']),
  ],
  (pick) => [
    'ZRANGEBYSCORE',
    pick(KEYS.zset),
    pick(BOUNDS),
    pick(BOUNDS),
    ...some(pick, ['WITHSCORES'], ['LIMIT', pick(SMALL), pick(SMALL)], ['foo']),
  ],
];

const STREAMS: Maker[] = [
  (pick) => [
    'XADD',
    pick(KEYS.stream),
    ...some(pick, ['NOMKSTREAM'], ['MAXLEN', ...pick([[], ['='], ['~']]), pick(SMALL)]),
    pick(IDS),
    ...several(pick, () => [pick(VALUES), pick(VALUES)]),
    ...some(pick, ['odd']).slice(0, pick([0, 0, 1])),
  ],
  // The last id lies in the future, so that the clock has no part in the next one.
  (pick) => ['XADD', pick(KEYS.stream), '9000000000000-*', pick(VALUES), pick(VALUES)],
  (pick) => ['XLEN', pick(ALL_KEYS)],
  (pick) => [
    'XRANGE',
    pick(KEYS.stream),
    pick(RANGE_IDS),
    pick(RANGE_IDS),
    ...some(pick, ['COUNT', pick(SMALL)], ['foo']),
  ],
  (pick) => [
    'XDEL',
    pick(KEYS.stream),
    ...several(pick, () => [pick(['9000000000000-1', '9000000000000-2', '5-1', '5-0', '7-0', 'x'])]),
  ],
  (pick) => [
    'XTRIM',
    pick(KEYS.stream),
    pick(['MAXLEN', 'maxlen', 'foo']),
    ...pick([[], ['='], ['~']]),
    pick(SMALL),
  ],
];

const FAMILIES = [STRINGS, KEYSPACE, LISTS, SETS, HASHES, ZSETS, STREAMS];

/** A command as its words, Latin-1 text. now: ms since the epoch; times told are far from it. */
export function randomCommand(pick: Pick, now: number): string[] {
  return pick(pick(FAMILIES))(pick, now);
}
