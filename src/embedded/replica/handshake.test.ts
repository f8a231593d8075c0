import { describe, expect, it } from 'vitest';
import { LinkStage, OTHER_REPLID, REPLID } from '../../testing/link-stage.js';
import { encodeRequest } from '../wire/encode-request.js';
import type { HandshakeStyle, ReplicaSettings } from './host.js';

/** A request as RESP array, from its words. */
function resp(words: string): string {
  return Buffer.from(encodeRequest(words.split(' '))).toString();
}

function inline(words: string): string {
  return `${words}\r\n`;
}

const PORT = 'REPLCONF listening-port 6380';
const ADDRESS = 'REPLCONF ip-address 10.9.8.7';
const EOF = 'REPLCONF capa eof';
const EOF_PSYNC2 = 'REPLCONF capa eof capa psync2';
const SYNC = 'PSYNC ? -1';

/** What a replica of each style writes before it waits for replies, again and again (replication-wire.md, section 2). */
const ROUNDS: [HandshakeStyle, Partial<ReplicaSettings>, string[]][] = [
  ['redis-2.8', {}, ['PING', PORT, EOF, SYNC].map(inline)],
  ['redis-2.8', { announceAddress: '10.9.8.7' }, ['PING', PORT, EOF, SYNC].map(inline)],
  ['redis-3.2', { announceAddress: '10.9.8.7' }, ['PING', PORT, ADDRESS, EOF, SYNC].map(inline)],
  ['redis-4.0', {}, ['PING', PORT, EOF_PSYNC2, SYNC].map(inline)],
  [
    'redis-4.0',
    { masterUser: 'repl', masterAuth: 'two words' },
    ['PING', 'AUTH two words', PORT, EOF_PSYNC2, SYNC].map(inline),
  ],
  ['redis-5.0', {}, ['PING', PORT, EOF_PSYNC2, SYNC].map(resp)],
  [
    'redis-5.0',
    { masterUser: 'repl', masterAuth: 'secret', announceAddress: '10.9.8.7' },
    ['PING', 'AUTH secret', PORT, ADDRESS, EOF_PSYNC2, SYNC].map(resp),
  ],
  ['redis-6.2', {}, [resp('PING'), resp(PORT) + resp(EOF_PSYNC2), resp(SYNC)]],
  [
    'redis-6.2',
    { masterUser: 'repl', masterAuth: 'secret', announceAddress: '10.9.8.7' },
    [resp('PING'), resp('AUTH repl secret') + resp(PORT) + resp(ADDRESS) + resp(EOF_PSYNC2), resp(SYNC)],
  ],
  ['redis-7.2', { twoConnections: true }, [resp('PING'), resp(PORT) + resp(EOF_PSYNC2), resp(SYNC)]],
  [
    'redis-8.0',
    { twoConnections: true },
    [resp('PING'), resp(PORT) + resp(`${EOF_PSYNC2} capa rdb-channel-repl`), resp(SYNC)],
  ],
  ['redis-8.0', {}, [resp('PING'), resp(PORT) + resp(EOF_PSYNC2), resp(SYNC)]],
  [
    'valkey-8.0',
    {},
    [resp('PING'), resp(PORT) + resp(EOF_PSYNC2) + resp('REPLCONF version 8.0.1'), resp(SYNC)],
  ],
  [
    'valkey-8.1',
    { twoConnections: true, masterAuth: 'secret' },
    [
      resp('PING'),
      resp('AUTH secret') +
        resp(PORT) +
        resp(`${EOF_PSYNC2} capa dual-channel`) +
        resp('REPLCONF version 8.1.7'),
      resp(SYNC),
    ],
  ],
];

describe('handshake', () => {
  it.each(ROUNDS)('of %s with %j', (style, settings, rounds) => {
    const stage = new LinkStage({ style, ...settings }, [[/./, null]]);
    stage.link.start();
    stage.run(1_100);
    expect(stage.connections).toHaveLength(1);
    let said = '';
    for (const [i, round] of rounds.entries()) {
      expect(stage.connection.text.slice(said.length)).toBe(round);
      said += round;
      // Each request of a round has its reply, one by one; the next round comes after the last.
      const replies = round.startsWith('*') ? round.split('*').length - 1 : 1;
      for (let reply = 0; reply < replies; reply++) {
        expect(stage.connection.text).toBe(said);
        stage.connection.say(i === 0 ? '+PONG\r\n' : '+OK\r\n');
        if (i < rounds.length - 1) stage.run(1);
      }
    }
  });

  it('asks to continue what the host holds, behind its last byte', () => {
    const stage = new LinkStage({ style: 'redis-7.2' });
    stage.host.history = { replid: REPLID, offset: 1234 };
    stage.link.start();
    stage.run(10);
    expect(stage.requests.at(-1)).toBe(`PSYNC ${REPLID} 1235`);
    expect(stage.facts('request')).toMatchObject([{ command: 'PSYNC', replid: REPLID, offset: 1235 }]);
  });

  it('asks for a failover', () => {
    const stage = new LinkStage({ style: 'redis-7.2' });
    stage.host.history = { replid: REPLID, offset: 99 };
    stage.host.failover = true;
    stage.link.start();
    stage.run(10);
    expect(stage.requests.at(-1)).toBe(`PSYNC ${REPLID} 100 FAILOVER`);
    stage.connection.say(`+CONTINUE ${OTHER_REPLID}\r\n`);
    stage.run(10);
    expect(stage.link.state).toBe('online');
    expect(stage.host.continuations).toEqual([OTHER_REPLID]);
  });

  it('does not fall back to SYNC when a failover is refused', () => {
    const stage = new LinkStage({ style: 'redis-7.2' }, [
      [/^PSYNC/, '-ERR PSYNC FAILOVER replid must match\r\n'],
    ]);
    stage.host.history = { replid: REPLID, offset: 99 };
    stage.host.failover = true;
    stage.link.start();
    stage.run(10);
    expect(stage.requests.at(-1)).toContain('PSYNC');
    expect(stage.connection.closedHow).toBe('fin');
    expect(stage.host.states).toEqual(['connecting', 'handshake', 'waiting', 'down']);
  });

  it('up to 3.2 offers no history to a master it is new to', () => {
    const stage = new LinkStage({ style: 'redis-3.2' });
    stage.host.history = { replid: REPLID, offset: 1234 };
    stage.link.start();
    stage.run(1_100);
    expect(stage.requests.at(-1)).toBe('PSYNC ? -1');
  });
});

/** What replies before PSYNC lead to (section 2.1): true, the handshake goes on. */
const REPLIES: [HandshakeStyle, RegExp, string, boolean][] = [
  ['redis-5.0', /^PING/, '+PONG', true],
  ['redis-5.0', /^PING/, '-NOAUTH Authentication required.', true],
  ['redis-5.0', /^PING/, '-NOPERM this user has no permissions', true],
  ['redis-5.0', /^PING/, '-ERR operation not permitted', true],
  ['redis-5.0', /^PING/, '-LOADING Redis is loading the dataset in memory', false],
  ['redis-5.0', /^PING/, '-MASTERDOWN Link with MASTER is down', false],
  ['redis-5.0', /^PING/, 'HTTP/1.1 400 Bad Request', false],
  ['redis-5.0', /^AUTH/, '-WRONGPASS invalid username-password pair', false],
  ['redis-6.2', /^AUTH/, '-WRONGPASS invalid username-password pair', false],
  ['redis-5.0', /^AUTH/, 'whatever', true],
  ['redis-5.0', /^REPLCONF listening-port/, '-NOAUTH Authentication required.', true],
  ['redis-5.0', /^REPLCONF capa/, '-ERR Unrecognized REPLCONF option: capa', true],
  ['valkey-8.0', /^REPLCONF version/, '-ERR Unrecognized REPLCONF option: version', true],
];

describe('replies of the handshake', () => {
  it.each(REPLIES)('%s: to %s %s', (style, request, reply, goesOn) => {
    const stage = new LinkStage({ style, masterAuth: 'secret' }, [[request, `${reply}\r\n`]]);
    stage.link.start();
    stage.run(1_100);
    expect(stage.requests.includes('PSYNC ? -1')).toBe(goesOn);
    expect(stage.connections[0]?.closedHow).toBe(goesOn ? null : 'fin');
    expect(stage.facts('reply').map(({ text }) => text)).toContain(reply);
    if (goesOn) return;
    // Tried again with each tick, and not before.
    stage.run(1_000);
    const seconds = stage.connections.map(({ openedAt }) => Math.floor(openedAt / 1_000_000));
    expect(seconds).toEqual(style === 'redis-5.0' ? [1, 2] : [0, 1, 2]);
  });

  it('gives up on a line that does not end', () => {
    const stage = new LinkStage({}, [[/^PING/, 'x'.repeat(100_000)]]);
    stage.link.start();
    stage.run(500);
    expect(stage.connection.closedHow).toBe('fin');
    expect(stage.facts('closed')[0]?.reason).toBe('reply line too long');
  });
});
