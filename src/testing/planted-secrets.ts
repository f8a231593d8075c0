import { writePcap } from './capture-writer.js';
import { type Talk, type Turn, talkPackets } from './fuzz/talk-capture.js';
import { MARK } from './link-capture.js';
import { RdbWriter, string } from './rdb-writer.js';
import { ack, resp } from './talk.js';

/** A capture with a password of its own in every place where one may stand. */

export interface Planted {
  readonly capture: Uint8Array;
  /** Where each password stands. */
  readonly places: ReadonlyMap<string, string>;
}

/** Requests of which `secret` is one; what they are called. */
export const BEARERS: readonly [name: string, words: (secret: string) => string[]][] = [
  ['AUTH password', (secret) => ['AUTH', secret]],
  ['AUTH user password', (secret) => ['AUTH', 'alice', secret]],
  ['auth in lower case', (secret) => ['auth', secret]],
  ['AuTh in either', (secret) => ['AuTh', 'alice', secret]],
  ['HELLO AUTH', (secret) => ['HELLO', '3', 'AUTH', 'default', secret, 'SETNAME', 'conn']],
  ['hello auth', (secret) => ['hello', '2', 'auth', 'default', secret]],
  ['MIGRATE AUTH', (secret) => ['MIGRATE', '10.0.0.9', '6379', 'k', '0', '5000', 'COPY', 'AUTH', secret]],
  [
    'MIGRATE AUTH2',
    (secret) => [
      'migrate',
      '10.0.0.9',
      '6379',
      '',
      '0',
      '5000',
      'AUTH2',
      'alice',
      secret,
      'KEYS',
      'k1',
      'k2',
    ],
  ],
  ['CONFIG SET requirepass', (secret) => ['CONFIG', 'SET', 'requirepass', secret]],
  ['config set masterauth', (secret) => ['config', 'set', 'masterauth', secret]],
  ['CONFIG SET masteruser', (secret) => ['CONFIG', 'SET', 'masteruser', secret]],
  ['CONFIG SET primaryauth', (secret) => ['CONFIG', 'SET', 'primaryauth', secret]],
  ['CONFIG SET tls-key-file-pass', (secret) => ['CONFIG', 'SET', 'tls-key-file-pass', secret]],
  ['CONFIG SET of several', (secret) => ['CONFIG', 'SET', 'maxmemory', '1gb', 'RequirePass', secret]],
  ['ACL SETUSER >', (secret) => ['ACL', 'SETUSER', 'alice', 'on', `>${secret}`, '~*', '+@all']],
  ['ACL SETUSER <', (secret) => ['acl', 'setuser', 'alice', `<${secret}`]],
  ['ACL SETUSER #', (secret) => ['ACL', 'SETUSER', 'alice', `#${secret}`]],
  ['ACL SETUSER !', (secret) => ['ACL', 'SETUSER', 'alice', `!${secret}`]],
  ['SENTINEL SET', (secret) => ['SENTINEL', 'SET', 'mymaster', 'auth-pass', secret]],
  ['EVAL with the password in its text', (secret) => ['EVAL', `return redis.call('auth', '${secret}')`, '0']],
  [
    'EVAL with the password as argument',
    (secret) => ['EVAL', "return redis.call('CONFIG', 'SET', 'requirepass', ARGV[1])", '0', secret],
  ],
  ['SCRIPT LOAD', (secret) => ['SCRIPT', 'LOAD', `redis.call('CONFIG','SET','masterauth','${secret}')`]],
  ['FUNCTION LOAD', (secret) => ['FUNCTION', 'LOAD', `#!lua name=l\nredis.call('AUTH','${secret}')`]],
];

/** What servers answer that quotes what they were sent. */
const QUOTES: readonly [
  name: string,
  words: (secret: string) => string[],
  reply: (secret: string) => string,
][] = [
  [
    'unknown command',
    (sent) => ['AUTHX', sent],
    (secret) => `-ERR unknown command 'AUTHX', with args beginning with: '${secret}', `,
  ],
  [
    'unknown command in backticks',
    (sent) => ['AUTHX', 'alice', sent],
    (secret) => `-ERR unknown command \`AUTHX\`, with args beginning with: \`alice\`, \`${secret}\`, `,
  ],
  [
    'a modifier',
    (sent) => ['ACL', 'SETUSER', 'alice', `>${sent}`],
    (secret) => `-ERR Error in ACL SETUSER modifier '>${secret}': Syntax error`,
  ],
  [
    'a HELLO option',
    (sent) => ['HELLO', '3', 'AUTH', 'alice', sent],
    (secret) => `-ERR Syntax error in HELLO option '${secret}'`,
  ],
  [
    'a CONFIG argument',
    (sent) => ['CONFIG', 'SET', 'requirepass', sent],
    (secret) => `-ERR Invalid argument '${secret}' for CONFIG SET 'requirepass'`,
  ],
];

const START = Date.UTC(2026, 10, 21, 7, 51, 4) * 1000;
const STEP = 1000;
const HISTORY = 'abcdef01'.repeat(5);

/** `password` of a place: letters that stand nowhere else. */
function passwords(): { places: Map<string, string>; plant: (place: string) => string } {
  const places = new Map<string, string>();
  return {
    places,
    plant: (place) => {
      const secret = `Sq7x${String(places.size).padStart(3, '0')}hunter`;
      places.set(place, secret);
      return secret;
    },
  };
}

function payloadWith(secret: string): Uint8Array {
  return new RdbWriter(9)
    .aux('redis-ver', '6.0.20')
    .aux('lua', `return redis.call('auth', '${secret}')`)
    .selectDb(0)
    .key(0, 'greeting', string('hello'))
    .end('crc');
}

type Say = readonly [from: 0 | 1, text: string | Uint8Array];

/** @param step µs between two turns. */
function talkOf(says: readonly Say[], number: number, hasSyn = true): Talk {
  const turns: Turn[] = says.map(([from, text], i) => ({
    from,
    bytes: typeof text === 'string' ? Buffer.from(text, 'latin1') : text,
    time: START + number * STEP + (i + 1) * STEP,
  }));
  return {
    client: '10.2.0.2',
    clientPort: 30_000 + number,
    server: '10.2.0.1',
    serverPort: 6379,
    hasSyn,
    turns,
    end: 'open',
    endedBy: 0,
  };
}

/** A full sync of a replica after `before`, and what the stream carries then. */
function fullSync(
  port: number,
  before: readonly Say[],
  stream: readonly string[],
  payload: Uint8Array,
): Say[] {
  return [
    ...before,
    [0, resp('REPLCONF', 'listening-port', String(port))],
    [1, '+OK\r\n'],
    [0, resp('PSYNC', '?', '-1')],
    [1, `+FULLRESYNC ${HISTORY} 0\r\n$EOF:${MARK}\r\n`],
    [1, payload],
    [1, MARK],
    [0, ack(0)],
    ...stream.map((text): Say => [1, text]),
    [0, ack(1)],
  ];
}

function inline(words: readonly string[]): string | null {
  return words.some((word) => word === '' || /[\s'"]/.test(word)) ? null : `${words.join(' ')}\r\n`;
}

/** @param segment bytes of a segment at most. */
export function plantedSecrets(segment = 1448): Planted {
  const { places, plant } = passwords();
  const talks: Talk[] = [];
  const lost = new Set<number>();
  const add = (says: readonly Say[], hasSyn = true): number =>
    talks.push(talkOf(says, talks.length, hasSyn)) - 1;
  const link = (before: readonly Say[], stream: readonly string[], payload: Uint8Array): Say[] =>
    fullSync(7000 + talks.length, before, stream, payload);
  const plain = payloadWith(plant('script in the payload'));
  for (const [name, words] of BEARERS) {
    const request = (place: string): string => resp(...words(plant(`${name}, ${place}`)));
    // In a handshake, as requests of their own and in one segment with the PSYNC.
    add(
      link(
        [
          [0, request('handshake')],
          [1, '+OK\r\n'],
        ],
        [],
        plain,
      ),
    );
    add(
      link(
        [
          [0, request('pipelined') + resp('PING')],
          [1, '+OK\r\n+PONG\r\n'],
        ],
        [],
        plain,
      ),
    );
    add(
      link(
        [
          [0, resp('MULTI') + request('in MULTI') + resp('EXEC')],
          [1, '+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n'],
        ],
        [],
        plain,
      ),
    );
    const line = inline(words(plant(`${name}, inline`)));
    if (line !== null)
      add(
        link(
          [
            [0, line],
            [1, '+OK\r\n'],
          ],
          [],
          plain,
        ),
      );
    // In the stream, and on a connection that nobody saw begin.
    const stream = [
      resp('SET', 'plain', 'value'),
      request('stream'),
      resp('MULTI') + request('in MULTI of the stream') + resp('EXEC'),
    ];
    add(link([], stream, plain));
    add(
      [
        [0, ack(5000)],
        [1, request('mid-stream')],
        [1, resp('PING')],
        [0, ack(5100)],
        [1, request('mid-stream, later')],
        [0, ack(5300)],
      ],
      false,
    );
    // Behind a hole, and with its own beginning in it.
    lost.add(
      add(
        link(
          [],
          [
            resp('SET', 'k', 'v'.repeat(40)),
            request('behind a gap'),
            resp('PING'),
            request('behind it, later'),
          ],
          plain,
        ),
      ),
    );
    // Of an ordinary client.
    add([
      [0, resp('PING')],
      [1, '+PONG\r\n'],
      [0, request('client')],
      [1, '+OK\r\n'],
    ]);
  }
  for (const [name, words, reply] of QUOTES)
    add(
      link(
        [
          [0, resp(...words(plant(`${name}, sent`)))],
          [1, `${reply(plant(`${name}, quoted`))}\r\n`],
        ],
        [],
        plain,
      ),
    );
  for (const [i, command] of ['auth', 'CONFIG" "SET" "requirepass'].entries())
    add([
      [0, resp('MONITOR')],
      [1, '+OK\r\n'],
      [1, `+1700000000.${i}00000 [0 10.2.0.3:5000] "${command}" "${plant(`MONITOR ${command}`)}"\r\n`],
    ]);
  const one = resp('AUTH', plant('with the PSYNC')) + resp('PSYNC', '?', '-1');
  add([
    [0, one],
    [1, `+OK\r\n+FULLRESYNC ${HISTORY} 0\r\n$EOF:${MARK}\r\n`],
    [1, plain],
    [1, MARK],
    [0, ack(0)],
  ]);
  let sequence = 0;
  const framing = { segment: () => segment, sequence: () => (sequence += 0x1357_9bd1) };
  const packets = talks.flatMap((talk, number) => {
    const all = talkPackets(talk, framing);
    // The hole is the command before the first request behind it.
    return lost.has(number) ? all.filter(({ data }) => !Buffer.from(data).includes('v'.repeat(20))) : all;
  });
  return { capture: writePcap(packets.sort((a, b) => a.time - b.time)), places };
}
