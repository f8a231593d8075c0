import { describe, expect, it } from 'vitest';
import { ack, type Call, Network, resp, smallRdb } from '../testing/talk.js';
import type { Session } from './model.js';

const ID = '15b88be2'.repeat(5);
const CHUNKS: [string, number][] = [
  ['whole', Number.POSITIVE_INFINITY],
  ['by 7 bytes', 7],
  ['byte by byte', 1],
];
const capa = (...names: string[]): string => resp('REPLCONF', ...names.flatMap((name) => ['capa', name]));

/** Handshakes as the releases send them (replication-wire notes, section 2): what is said, and what is to be known of it. */
const HANDSHAKES: [release: string, talk: (call: Call) => void, wanted: Partial<Session['handshake']>][] = [
  [
    '2.4: no PING, SYNC with a trailing blank',
    (call) => call.replica('REPLCONF listening-port 6381\r\n').master('+OK\r\n').replica('SYNC \r\n'),
    { ping: null, listeningPort: 6381, capabilities: [] },
  ],
  [
    '2.6: inline, SYNC',
    (call) =>
      call
        .replica('PING\r\n')
        .master('+PONG\r\n')
        .replica('REPLCONF listening-port 6381\r\n')
        .master('+OK\r\n')
        .replica('SYNC\r\n'),
    { ping: 'PONG', listeningPort: 6381 },
  ],
  [
    '2.8: inline PSYNC, with an inline AUTH',
    (call) =>
      call
        .replica('PING\r\n')
        .master('-NOAUTH Authentication required.\r\n')
        .replica('AUTH s3cret\r\n')
        .master('+OK\r\n')
        .replica('REPLCONF listening-port 6381\r\n')
        .master('+OK\r\n')
        .replica('PSYNC ? -1\r\n'),
    { ping: 'NOAUTH Authentication required.', auth: 'accepted' },
  ],
  [
    '3.2: ip-address and capa eof',
    (call) =>
      call
        .replica('PING\r\n')
        .master('+PONG\r\n')
        .replica('REPLCONF listening-port 7777\r\n')
        .master('+OK\r\n')
        .replica('REPLCONF ip-address 10.9.8.7\r\n')
        .master('+OK\r\n')
        .replica('REPLCONF capa eof\r\n')
        .master('+OK\r\n')
        .replica('PSYNC ? -1\r\n'),
    { listeningPort: 7777, announcedAddress: '10.9.8.7', capabilities: ['eof'] },
  ],
  [
    '4.0: inline, two capabilities in one command',
    (call) =>
      call
        .replica('PING\r\n')
        .master('+PONG\r\n')
        .replica('REPLCONF listening-port 6381\r\n')
        .master('+OK\r\n')
        .replica('REPLCONF capa eof capa psync2\r\n')
        .master('+OK\r\n')
        .replica(`PSYNC ${ID} 1\r\n`),
    { capabilities: ['eof', 'psync2'] },
  ],
  [
    '6.0: arrays, AUTH with a user, rejected port option of an old master',
    (call) =>
      call
        .replica(resp('PING'))
        .master('+PONG\r\n')
        .replica(resp('AUTH', 'repl', 's3cret'))
        .master('-WRONGPASS invalid username-password pair\r\n')
        .replica(resp('REPLCONF', 'listening-port', '6381'))
        .master('+OK\r\n')
        .replica(capa('eof', 'psync2'))
        .master('-ERR Unrecognized REPLCONF option: capa\r\n')
        .replica(resp('PSYNC', '?', '-1')),
    { auth: 'rejected', capabilities: ['eof', 'psync2'] },
  ],
  [
    '6.2: pipelined, replies in one segment',
    (call) =>
      call
        .replica(resp('PING'))
        .master('+PONG\r\n')
        .replica(resp('AUTH', 's3cret') + resp('REPLCONF', 'listening-port', '6381') + capa('eof', 'psync2'))
        .master('+OK\r\n+OK\r\n+OK\r\n')
        .replica(resp('PSYNC', '?', '-1')),
    { ping: 'PONG', auth: 'accepted', listeningPort: 6381, capabilities: ['eof', 'psync2'] },
  ],
  [
    'Redis 8: RDB channel and payload options',
    (call) =>
      call
        .replica(resp('PING'))
        .master('+PONG\r\n')
        .replica(
          resp('REPLCONF', 'listening-port', '6381') +
            resp('REPLCONF', 'rdb-no-compress', '1', 'rdb-no-checksum', '1') +
            capa('eof', 'psync2', 'rdb-channel-repl'),
        )
        .master('+OK\r\n+OK\r\n', '+OK\r\n')
        .replica(resp('PSYNC', '?', '-1')),
    { capabilities: ['eof', 'psync2', 'rdb-channel-repl'] },
  ],
  [
    'Valkey 8 to a Redis master: the version is refused, the handshake goes on',
    (call) =>
      call
        .replica(resp('PING'))
        .master('+PONG\r\n')
        .replica(
          resp('REPLCONF', 'listening-port', '6381') +
            capa('eof', 'psync2', 'dual-channel') +
            resp('REPLCONF', 'version', '8.0.1'),
        )
        .master('+OK\r\n+OK\r\n-ERR Unrecognized REPLCONF option: version\r\n')
        .replica(resp('PSYNC', '?', '-1')),
    { replicaVersion: '8.0.1', capabilities: ['eof', 'psync2', 'dual-channel'] },
  ],
];

describe.each(CHUNKS)('handshakes, fed %s', (_, chunk) => {
  it.each(HANDSHAKES)('%s', (_release, talk, wanted) => {
    const network = new Network(chunk);
    talk(network.call());
    const session = network.session();
    expect(session.handshake).toMatchObject(wanted);
    expect(session.phase).toBe('waiting');
    expect(session.syncs).toHaveLength(1);
    expect(session.syncs[0]).toMatchObject({ decision: null, requestPacket: network.packet });
  });
});

describe('secrets', () => {
  it('never leave the handshake', () => {
    const network = new Network();
    const call = network.call();
    for (const [, talk] of HANDSHAKES) talk(network.call());
    call
      .replica(resp('HELLO', '3', 'AUTH', 'repl', 's3cret'))
      .master('+OK\r\n')
      .replica(resp('PSYNC', '?', '-1'));
    const told = JSON.stringify(network.events, (key, value) =>
      key === 'link' || key === 'session' ? undefined : value,
    );
    expect(told).toContain('(redacted)');
    expect(told).not.toContain('s3cret');
    expect(
      JSON.stringify(network.links().map((link) => link.sessions.map((s) => s.handshake))),
    ).not.toContain('s3cret');
  });
});

describe('decisions', () => {
  const asked = (request: string, ...answers: string[]): Session => {
    const network = new Network();
    network
      .call()
      .replica(resp('REPLCONF', 'listening-port', '6381'))
      .master('+OK\r\n')
      .replica(request)
      .master(...answers);
    return network.session();
  };

  it.each([
    [
      'first sync',
      resp('PSYNC', '?', '-1'),
      `+FULLRESYNC ${ID} 0\r\n`,
      { decision: 'FULLRESYNC', cause: 'first-sync' },
    ],
    [
      'another history',
      resp('PSYNC', 'a'.repeat(40), '1'),
      `+FULLRESYNC ${ID} 0\r\n`,
      { cause: 'replid-mismatch' },
    ],
    [
      'backlog too short',
      resp('PSYNC', ID, '6731'),
      `+FULLRESYNC ${ID} 120250\r\n`,
      { cause: 'backlog-miss', missedBytes: 113_520 },
    ],
    [
      'ahead of the master',
      resp('PSYNC', ID, '6731'),
      `+FULLRESYNC ${ID} 100\r\n`,
      { cause: 'offset-ahead', missedBytes: null },
    ],
    [
      'continued, bare line before 4.0',
      resp('PSYNC', ID, '10'),
      '+CONTINUE\r\n',
      { decision: 'CONTINUE', cause: 'continued', grantedReplid: ID },
    ],
    [
      'continued under a new id',
      resp('PSYNC', 'a'.repeat(40), '10'),
      `+CONTINUE ${ID}\r\n`,
      { cause: 'replid-switched', grantedReplid: ID },
    ],
    [
      'failover',
      resp('PSYNC', 'a'.repeat(40), '10', 'FAILOVER'),
      `+CONTINUE ${ID}\r\n`,
      { failover: true, cause: 'failover' },
    ],
    [
      'dual channel',
      resp('PSYNC', '?', '-1'),
      '+DUALCHANNELSYNC\r\n',
      { decision: 'DUALCHANNEL', cause: 'first-sync' },
    ],
    [
      'not ready',
      resp('PSYNC', '?', '-1'),
      "-NOMASTERLINK Can't SYNC while not connected with my master\r\n",
      { decision: 'REFUSED', cause: 'not-ready' },
    ],
    [
      'not ready, older text',
      'PSYNC ? -1\r\n',
      "-ERR Can't SYNC while not connected with my master\r\n",
      { cause: 'not-ready' },
    ],
    [
      'loading',
      resp('PSYNC', '?', '-1'),
      '-LOADING Redis is loading the dataset in memory\r\n',
      { cause: 'not-ready' },
    ],
    ['no password', resp('PSYNC', '?', '-1'), '-NOAUTH Authentication required.\r\n', { cause: 'auth' }],
    [
      'no permission',
      resp('PSYNC', '?', '-1'),
      '-NOPERM this user has no permissions\r\n',
      { cause: 'auth' },
    ],
    [
      'unknown command',
      resp('PSYNC', '?', '-1'),
      "-ERR unknown command 'PSYNC'\r\n",
      { cause: 'unsupported' },
    ],
    [
      'keepalives in the segment of the answer',
      resp('PSYNC', '?', '-1'),
      `\n\n+FULLRESYNC ${ID} 14\r\n`,
      { grantedOffset: 14 },
    ],
  ])('%s', (_name, request, answer, wanted) => {
    expect(asked(request, answer).syncs[0]).toMatchObject(wanted);
  });

  it('a refused PSYNC and the SYNC after it are two', () => {
    const network = new Network();
    const call = network.call();
    call
      .replica('PSYNC ? -1\r\n')
      .master("-ERR unknown command 'PSYNC'\r\n")
      .replica('SYNC\r\n')
      .master('\n$21\r\n');
    call.master('REDIS0006\xff12345678abc').master('*1\r\n$4\r\nPING\r\n');
    expect(network.session().syncs.map((sync) => [sync.command, sync.decision, sync.cause])).toEqual([
      ['PSYNC', 'REFUSED', 'unsupported'],
      ['SYNC', 'SYNC', 'legacy-sync'],
    ]);
    expect(network.session()).toMatchObject({
      phase: 'online',
      offsets: { basis: 'none', start: null, end: null },
    });
    expect(network.session().stream.bytes).toBe(14);
  });

  it('goes back to the handshake when refused', () => {
    expect(asked(resp('PSYNC', '?', '-1'), '-LOADING x\r\n').phase).toBe('handshake');
  });
});

describe('endpoints', () => {
  it('are those announced, and join reconnections', () => {
    const network = new Network();
    for (const port of [50_001, 50_002])
      network
        .call({ replicaPort: port })
        .replica(resp('REPLCONF', 'listening-port', '7777') + resp('REPLCONF', 'ip-address', '10.9.8.7'))
        .master('+OK\r\n+OK\r\n')
        .replica(resp('PSYNC', '?', '-1'))
        .close();
    expect(network.links()).toMatchObject([
      {
        id: '10.0.0.1:6379<-10.9.8.7:7777',
        replicaPortAnnounced: true,
        sessions: [{ number: 1 }, { number: 2 }],
      },
    ]);
  });

  it('are those of TCP where nothing is announced', () => {
    const network = new Network();
    network.call({ replicaPort: 50_001, replicaAddress: '::1', masterAddress: '::1' }).replica('SYNC\r\n');
    expect(network.links()[0]).toMatchObject({ id: '[::1]:6379<-[::1]:50001', replicaPortAnnounced: false });
  });

  it('of a replica met mid-stream are found out when it comes back where it stood', () => {
    const network = new Network();
    network
      .call({ midstream: true })
      .master(resp('SET', 'key-b', 'key-a'))
      .replica(ack(5770))
      .close();
    network
      .call()
      .replica(resp('REPLCONF', 'listening-port', '6381'))
      .master('+OK\r\n')
      .replica(resp('PSYNC', ID, '5771'))
      .master(`+CONTINUE ${ID}\r\n`);
    expect(network.links()).toMatchObject([
      { replica: '10.0.0.2:6381', sessions: [{ joinedMidstream: true }, { joinedMidstream: false }] },
    ]);
  });
});

describe('two-connection syncs', () => {
  it('Redis 8: the main stream begins behind its line, at the offset that the RDB connection was told', () => {
    const network = new Network();
    const main = network
      .call()
      .replica(resp('REPLCONF', 'listening-port', '6381'))
      .master('+OK\r\n')
      .replica(resp('PSYNC', '?', '-1'))
      .master('+RDBCHANNELSYNC 42\r\n');
    const rdb = network
      .call()
      .replica(
        resp(
          'REPLCONF',
          'rdb-channel',
          '1',
          'rdb-only',
          '1',
          'main-ch-client-id',
          '42',
          'listening-port',
          '6381',
        ),
      )
      .master('+OK\r\n')
      .replica(resp('PSYNC', '?', '-1'))
      .master(`+FULLRESYNC ${ID} 1000\r\n`);
    main.master(resp('PING'));
    rdb
      .master(`$EOF:${'m'.repeat(40)}\r\n`, Buffer.concat([smallRdb(ID, 1000), Buffer.from('m'.repeat(40))]))
      .close();
    main.replica(ack(1014));
    const sessions = network.links()[0]!.sessions;
    expect(sessions.map((session) => session.channel)).toEqual(['main', 'rdb']);
    expect(sessions[0]).toMatchObject({
      offsets: { basis: 'handshake', start: 1000, end: 1014, lastAck: 1014 },
    });
    expect(sessions[1]).toMatchObject({ payload: { form: 'eof-mark', complete: true } });
  });
});
