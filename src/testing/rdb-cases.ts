import {
  concat,
  double,
  integer,
  intset,
  length,
  listpack,
  RdbWriter,
  streamId,
  streamNode,
  string,
  ziplist,
  zipmap,
} from './rdb-writer.js';

/** A payload and the trace a decoder at level 'elements' makes of it (see traceOf in rdb-trace.ts). */
export interface RdbCase {
  name: string;
  payload: Uint8Array;
  trace: string[];
}

const long = 'long text, long text, long text, long text, long text';
const huge = `${'abcdefghij'.repeat(500)}!`;

function one(
  name: string,
  version: number,
  magic: 'REDIS' | 'VALKEY',
  type: number,
  value: Uint8Array,
  trace: string[],
): RdbCase {
  return {
    name,
    payload: new RdbWriter(version, magic).selectDb(0).key(type, 'k', value).end(),
    trace: ['db 0', ...trace],
  };
}

/** A stream of two nodes, one group, one consumer; `version` 1 to 5. */
function stream(version: number): Uint8Array {
  const since = (first: number, ...parts: Uint8Array[]) =>
    version >= first ? concat(...parts) : new Uint8Array(0);
  return concat(
    length(2),
    string(streamId(1000, 1)),
    string(
      streamNode(
        ['f', 'g'],
        [
          { delta: [0, 0], fields: ['a', 1], same: true },
          { delta: [1, -1], fields: ['b', -70000], same: true, deleted: true },
          { delta: [5, 2], fields: ['other', 'x'] },
        ],
      ),
    ),
    string(streamId(2000, 0)),
    string(streamNode([7], [{ delta: [0, 0], fields: [long], same: true }]), 'lzf'),
    length(3),
    length(2000),
    length(0),
    since(2, length(1000), length(1), length(1001), length(0), length(4)),
    length(1),
    string('grp'),
    length(1005),
    length(3),
    since(2, version === 3 ? length(0xffff_ffff_ffff_ffffn) : length(2)),
    length(1),
    streamId(1000, 1),
    integer(1_700_000_000_123, 8),
    length(2),
    length(1),
    string('worker'),
    integer(1_700_000_000_200, 8),
    since(3, integer(version === 3 ? -1 : 1_700_000_000_100, 8)),
    length(1),
    streamId(1000, 1),
    since(5, length(1), streamId(1000, 1)),
    since(
      4,
      length(60),
      length(100),
      length(1),
      string('prod'),
      length(1),
      string('m1'),
      length(2000),
      length(0),
      length(1),
      length(0),
    ),
  );
}

function streamTrace(version: number, type: number): string[] {
  const added = version >= 2 ? '1000-1 1001-0 4' : 'null null null';
  const read = version === 1 || version === 3 ? 'null' : '2';
  const active = version <= 3 ? 'null' : '1700000000100';
  return [
    '  stream-entry 1000-1 f a g 1',
    '  stream-entry 1005-3 other x',
    `  stream-entry 2000-0 7 ${long}`,
    `  stream 2000-0 ${added}`,
    `  stream-group grp 1005-3 ${read}`,
    '  stream-pending grp 1000-1 1700000000123 2',
    `  stream-consumer grp worker 1700000000200 ${active}`,
    '  stream-owner grp worker 1000-1',
    ...(version >= 5 ? ['  stream-nacked grp 1000-1'] : []),
    ...(version >= 4 ? ['  stream-produced prod m1 2000-0'] : []),
    `key 0 k stream/${type} stream 3`,
  ];
}

const moduleId = integer((0x1234567890abn << 10n) | 3n, 8, true);
const moduleBody = concat(
  [0x81],
  moduleId,
  length(1),
  length(0xffff_ffff_ffff_fffen),
  length(2),
  length(300),
  length(3),
  new Uint8Array(new Float32Array([1.5]).buffer),
  length(4),
  double(-2.25),
  length(5),
  string('inside'),
  length(0),
);
const pairs = concat(length(2), string('f1'), string('12'), string('f2'), string(long, 'lzf'));
const pairsTrace = ['  hash f1 12 null', `  hash f2 ${long} null`];

/** One case for each object type and layout variant of the format page, then the opcodes. */
export const RDB_CASES: RdbCase[] = [
  one('string raw', 1, 'REDIS', 0, string('value'), ['  string value', 'key 0 k string/0 raw 1']),
  one('string empty', 6, 'REDIS', 0, string('', 'raw'), ['  string ', 'key 0 k string/0 raw 1']),
  one('string int8', 6, 'REDIS', 0, string('-5'), ['  string -5', 'key 0 k string/0 int 1']),
  one('string int16', 6, 'REDIS', 0, string('-3000'), ['  string -3000', 'key 0 k string/0 int 1']),
  one('string int32', 6, 'REDIS', 0, string('-2147483648'), [
    '  string -2147483648',
    'key 0 k string/0 int 1',
  ]),
  one('string lzf', 6, 'REDIS', 0, string(huge, 'lzf'), [`  string ${huge}`, 'key 0 k string/0 lzf 1']),
  one('string long lengths', 11, 'REDIS', 0, concat(length(3, 9), [97, 98, 99]), [
    '  string abc',
    'key 0 k string/0 raw 1',
  ]),
  one('string of 20000 bytes', 11, 'REDIS', 0, string('x'.repeat(20000)), [
    `  string ${'x'.repeat(20000)}`,
    'key 0 k string/0 raw 1',
  ]),
  one('list', 2, 'REDIS', 1, concat(length(3), string('a'), string('300'), string(long, 'lzf')), [
    '  list a',
    '  list 300',
    `  list ${long}`,
    'key 0 k list/1 linkedlist 3',
  ]),
  one('list empty', 2, 'REDIS', 1, length(0), ['key 0 k list/1 linkedlist 0']),
  one('set', 2, 'REDIS', 2, concat(length(2), string('a'), string('b')), [
    '  set a',
    '  set b',
    'key 0 k set/2 hashtable 2',
  ]),
  one(
    'zset with text scores',
    6,
    'REDIS',
    3,
    concat(
      length(4),
      string('a'),
      [3, 49, 46, 53],
      string('b'),
      [254],
      string('c'),
      [255],
      string('d'),
      [253],
    ),
    ['  zset a 1.5', '  zset b Infinity', '  zset c -Infinity', '  zset d NaN', 'key 0 k zset/3 skiplist 4'],
  ),
  one('hash', 6, 'REDIS', 4, pairs, [...pairsTrace, 'key 0 k hash/4 hashtable 2']),
  one('zset2', 8, 'REDIS', 5, concat(length(2), string('a'), double(-0.25), string('b'), double(7)), [
    '  zset a -0.25',
    '  zset b 7',
    'key 0 k zset/5 skiplist 2',
  ]),
  one('module', 9, 'REDIS', 7, moduleBody, [
    '  module -2',
    '  module 300',
    '  module 1.5',
    '  module -2.25',
    '  module inside',
    'key 0 k module/7 module null',
  ]),
  one('hash zipmap', 2, 'REDIS', 9, string(zipmap(['a', '1', 'bb', 'v'.repeat(300)], 3)), [
    '  hash a 1 null',
    `  hash bb ${'v'.repeat(300)} null`,
    'key 0 k hash/9 zipmap 2',
  ]),
  one(
    'list ziplist',
    2,
    'REDIS',
    10,
    string(ziplist(['a', 12, 13, -200, 70000, -20000000, 5_000_000_000, 'y'.repeat(70), 'z'.repeat(17000)])),
    [
      '  list a',
      '  list 12',
      '  list 13',
      '  list -200',
      '  list 70000',
      '  list -20000000',
      '  list 5000000000',
      `  list ${'y'.repeat(70)}`,
      `  list ${'z'.repeat(17000)}`,
      'key 0 k list/10 ziplist 9',
    ],
  ),
  one('set intset of 2', 2, 'REDIS', 11, string(intset([-3, 5, 300], 2)), [
    '  set -3',
    '  set 5',
    '  set 300',
    'key 0 k set/11 intset 3',
  ]),
  one('set intset of 4', 2, 'REDIS', 11, string(intset([-70000, 5], 4)), [
    '  set -70000',
    '  set 5',
    'key 0 k set/11 intset 2',
  ]),
  one(
    'set intset of 8',
    2,
    'REDIS',
    11,
    string(intset([-9223372036854775808n, 5n, 9223372036854775807n], 8)),
    ['  set -9223372036854775808', '  set 5', '  set 9223372036854775807', 'key 0 k set/11 intset 3'],
  ),
  one(
    'set intset lzf',
    6,
    'REDIS',
    11,
    string(
      intset(
        Array.from({ length: 60 }, (_, i) => i),
        8,
      ),
      'lzf',
    ),
    [...Array.from({ length: 60 }, (_, i) => `  set ${i}`), 'key 0 k set/11 intset 60'],
  ),
  one('zset ziplist', 2, 'REDIS', 12, string(ziplist(['a', '1.5', 'b', 3, 'c', 'inf'])), [
    '  zset a 1.5',
    '  zset b 3',
    '  zset c Infinity',
    'key 0 k zset/12 ziplist 3',
  ]),
  one('hash ziplist', 6, 'REDIS', 13, string(ziplist(['f', 'v', 7, 8])), [
    '  hash f v null',
    '  hash 7 8 null',
    'key 0 k hash/13 ziplist 2',
  ]),
  one(
    'list quicklist',
    7,
    'REDIS',
    14,
    concat(length(2), string(ziplist(['a', 'b'])), string(ziplist([long, long, 1]), 'lzf')),
    ['  list a', '  list b', `  list ${long}`, `  list ${long}`, '  list 1', 'key 0 k list/14 quicklist 5'],
  ),
  one('hash listpack', 10, 'REDIS', 16, string(listpack(['f', 'v', -1, 4095])), [
    '  hash f v null',
    '  hash -1 4095 null',
    'key 0 k hash/16 listpack 2',
  ]),
  one('zset listpack', 10, 'REDIS', 17, string(listpack(['m', '-1.5', 'n', 100000])), [
    '  zset m -1.5',
    '  zset n 100000',
    'key 0 k zset/17 listpack 2',
  ]),
  one(
    'list quicklist2',
    10,
    'REDIS',
    18,
    concat(
      length(3),
      length(2),
      string(listpack(['a', 200, 'w'.repeat(100)])),
      length(1),
      string(huge, 'lzf'),
      length(2),
      string(listpack([long, long]), 'lzf'),
    ),
    [
      '  list a',
      '  list 200',
      `  list ${'w'.repeat(100)}`,
      `  list ${huge}`,
      `  list ${long}`,
      `  list ${long}`,
      'key 0 k list/18 quicklist 6',
    ],
  ),
  one(
    'set listpack',
    11,
    'REDIS',
    20,
    string(listpack(['a', 9_000_000_000, -9223372036854775808n, 'q'.repeat(5000), 'r'.repeat(17000)])),
    [
      '  set a',
      '  set 9000000000',
      '  set -9223372036854775808',
      `  set ${'q'.repeat(5000)}`,
      `  set ${'r'.repeat(17000)}`,
      'key 0 k set/20 listpack 5',
    ],
  ),
  ...[15, 19, 21, 26, 27].map((type, index) =>
    one(
      `stream ${index + 1}`,
      [9, 10, 11, 13, 14][index]!,
      'REDIS',
      type,
      stream(index + 1),
      streamTrace(index + 1, type),
    ),
  ),
  one(
    'hash of 7.4 RC',
    12,
    'REDIS',
    22,
    concat(
      length(2),
      length(1_700_000_000_000),
      string('a'),
      string('1'),
      length(0),
      string('b'),
      string('2'),
    ),
    ['  hash a 1 1700000000000', '  hash b 2 null', 'key 0 k hash/22 hashtable 2'],
  ),
  one('hash listpack of 7.4 RC', 12, 'REDIS', 23, string(listpack(['a', 1, 1_700_000_000_000, 'b', 2, 0])), [
    '  hash a 1 1700000000000',
    '  hash b 2 null',
    'key 0 k hash/23 listpackex 2',
  ]),
  one(
    'hash with ttl',
    12,
    'REDIS',
    24,
    concat(
      integer(1_700_000_000_000, 8),
      length(3),
      length(1),
      string('a'),
      string('1'),
      length(0),
      string('b'),
      string('2'),
      length(1001),
      string('c'),
      string('3'),
    ),
    [
      '  hash a 1 1700000000000',
      '  hash b 2 null',
      '  hash c 3 1700000001000',
      'key 0 k hash/24 hashtable 3',
    ],
  ),
  one(
    'hash listpack with ttl',
    12,
    'REDIS',
    25,
    concat(integer(1_700_000_000_000, 8), string(listpack(['a', 1, 1_700_000_000_000, 'b', 2, 0]))),
    ['  hash a 1 1700000000000', '  hash b 2 null', 'key 0 k hash/25 listpackex 2'],
  ),
  one(
    'array',
    14,
    'REDIS',
    28,
    concat(
      length(4),
      length(1),
      length(9),
      length(0),
      length(0),
      string('s'),
      length(1),
      length(1),
      integer(-7n, 8),
      length(2),
      length(2),
      double(2.5),
      length(9),
      length(3),
      string('t'),
    ),
    ['  array 0 s', '  array 1 -7', '  array 2 2.5', '  array 9 t', 'key 0 k array/28 array 4'],
  ),
  one(
    'array without cursor',
    14,
    'REDIS',
    28,
    concat(length(1), length(0), length(3), length(0), string('s')),
    ['  array 3 s', 'key 0 k array/28 array 1'],
  ),
  one(
    'hash of Valkey 9',
    80,
    'VALKEY',
    22,
    concat(
      length(2),
      string('a'),
      string('1'),
      integer(-1n, 8),
      string('b'),
      string('2'),
      integer(1_700_000_000_000, 8),
    ),
    ['  hash a 1 null', '  hash b 2 1700000000000', 'key 0 k hash/22 hashtable 2'],
  ),
  {
    name: 'opcodes of Redis',
    payload: new RdbWriter(13)
      .aux('redis-ver', '8.6.0')
      .aux('repl-offset', '1234567')
      .aux('redis-bits', '64')
      .raw([247, 0x81], moduleId, length(2), length(1), length(5), string('aux'), length(0))
      .raw([245], string('#!lua name=lib\nredis.register_function("f", function() end)', 'lzf'))
      .raw([246], string('old'), string('LUA'), length(1), string('what it does'), string('return 1'))
      .raw([246], string('old2'), string('LUA'), length(0), string('return 2'))
      .selectDb(3)
      .resizeDb(5, 2)
      .raw([244], length(700), length(5), length(2))
      .expireMs(1_700_000_000_999)
      .raw([248], length(77))
      .key(0, 'both', string('1'))
      .raw([253], integer(1_600_000_000, 4))
      .raw([249, 200])
      .key(0, '12345', string('v'))
      .raw([243], length(2), integer(0x1234, 4), length(2), length(5), length(0), integer(7, 4), length(0))
      .key(0, 'meta', string('v'))
      .raw([0], string('k'.repeat(100), 'lzf'), string('v'))
      .selectDb(20)
      .key(2, 'last', length(1), string('x'))
      .raw([247, 0x81], moduleId, length(2), length(2), length(0))
      .end(),
    trace: [
      'aux redis-ver 8.6.0',
      'aux repl-offset 1234567',
      'aux redis-bits 64',
      'module-aux 3 1',
      'function 59 #!lua name=lib\nredis.register_function("f", function() end)',
      'function 8 return 1',
      'function 8 return 2',
      'db 3',
      'resize 5 2',
      '  string 1',
      'key 3 both string/0 int 1 expires=1700000000999 idle=77',
      '  string v',
      'key 3 12345 string/0 raw 1 expires=1600000000000 freq=200',
      '  string v',
      'key 3 meta string/0 raw 1',
      '  string v',
      `key 3 ${'k'.repeat(100)} string/0 raw 1`,
      'db 20',
      '  set x',
      'key 20 last set/2 hashtable 1',
      'module-aux 3 2',
    ],
  },
  {
    name: 'opcodes of Valkey',
    payload: new RdbWriter(80, 'VALKEY')
      .aux('valkey-ver', '9.0.0')
      .raw([243], string('j'.repeat(40)), length(2), length(0), length(99), length(200), length(300))
      .selectDb(0)
      .key(0, 'k', string('v'))
      .aux('slot-info', '5,1,0')
      .end(),
    trace: ['aux valkey-ver 9.0.0', 'db 0', '  string v', 'key 0 k string/0 raw 1', 'aux slot-info 5,1,0'],
  },
  { name: 'empty', payload: new RdbWriter(6).end(), trace: [] },
  {
    name: 'no checksum',
    payload: new RdbWriter(9).selectDb(1).key(0, 'k', string('v')).end('zero'),
    trace: ['db 1', '  string v', 'key 1 k string/0 raw 1'],
  },
  {
    name: 'no SELECTDB',
    payload: new RdbWriter(3).key(0, 'k', string('v')).end(),
    trace: ['  string v', 'key 0 k string/0 raw 1'],
  },
];
