import { describe, expect, it } from 'vitest';
import { LinkStage, OTHER_REPLID, REPLID } from '../../testing/link-stage.js';
import { encodeRequest } from '../wire/encode-request.js';
import type { HandshakeStyle, ReplicaSettings } from './host.js';
import { PayloadReceiver } from './payload-receiver.js';

const PAYLOAD = 'REDIS0011 a payload, with \r\n+CONTINUE\r\n and $EOF: in it';
const MARK = '0123456789abcdef0123456789abcdef01234567';
const PING = Buffer.from(encodeRequest(['PING'])).toString();

/** A stage whose link has sent its PSYNC; held: what the host could continue. */
function waiting(settings: Partial<ReplicaSettings> = {}, held: number | null = null): LinkStage {
  const stage = new LinkStage(settings);
  if (held !== null) stage.host.history = { replid: REPLID, offset: held };
  stage.link.start();
  stage.run(1_100);
  expect(stage.requests.at(-1)).toMatch(/^PSYNC/);
  expect(stage.link.state).toBe('waiting');
  return stage;
}

/** What an answer to PSYNC leads to (section 2.1): state of the link, connections, and whether it has sent SYNC. */
const ANSWERS: [HandshakeStyle, string, { state: string; sync: boolean; retry?: boolean }][] = [
  ['redis-7.2', '', { state: 'waiting', sync: false }],
  ['redis-7.2', `+FULLRESYNC ${REPLID} 7`, { state: 'transfer', sync: false }],
  ['redis-7.2', '+FULLRESYNC short 7', { state: 'transfer', sync: false }],
  ['redis-7.2', `+CONTINUE ${REPLID}`, { state: 'online', sync: false }],
  ['redis-7.2', '+CONTINUE', { state: 'online', sync: false }],
  [
    'redis-7.2',
    "-NOMASTERLINK Can't SYNC while not connected with my master",
    { state: 'down', sync: false, retry: true },
  ],
  [
    'redis-7.2',
    '-LOADING Redis is loading the dataset in memory',
    { state: 'down', sync: false, retry: true },
  ],
  [
    'redis-4.0',
    '-LOADING Redis is loading the dataset in memory',
    { state: 'down', sync: false, retry: true },
  ],
  ['redis-3.2', '-LOADING Redis is loading the dataset in memory', { state: 'transfer', sync: true }],
  ['redis-7.2', "-ERR unknown command 'PSYNC'", { state: 'transfer', sync: true }],
  ['redis-7.2', '-NOAUTH Authentication required.', { state: 'transfer', sync: true }],
  ['redis-7.2', '-MASTERDOWN Link with MASTER is down', { state: 'transfer', sync: true }],
  ['redis-7.2', 'garbage', { state: 'transfer', sync: true }],
  ['redis-7.2', '+RDBCHANNELSYNC 8', { state: 'transfer', sync: true }],
  ['redis-7.2', '+DUALCHANNELSYNC', { state: 'transfer', sync: true }],
];

describe('answer to PSYNC', () => {
  it.each(ANSWERS)('%s: %s', (style, line, outcome) => {
    const stage = waiting({ style }, 41);
    const { connection } = stage;
    connection.say(`${line}\r\n`);
    stage.run(10);
    expect(stage.link.state).toBe(outcome.state);
    // The SYNC is inline, whatever the handshake was.
    expect(connection.text.endsWith('SYNC\r\n')).toBe(outcome.sync);
    expect(connection.closedHow).toBe(outcome.retry === true ? 'fin' : null);
    stage.run(800);
    expect(stage.connections).toHaveLength(1);
    if (outcome.retry !== true) return;
    stage.run(200);
    expect(stage.connections).toHaveLength(2);
  });

  it('is awaited through keepalives, also in one segment with it', () => {
    const stage = waiting();
    stage.connection.say('\n');
    stage.run(1_000);
    stage.connection.say(`\n\n+FULLRESYNC ${REPLID} 7\r\n`);
    stage.run(1);
    expect(stage.link.state).toBe('transfer');
    expect(stage.facts('decision')).toMatchObject([{ decision: 'full', replid: REPLID, offset: 7 }]);
  });

  it('CONTINUE takes over a new id, and the stream may follow in the same segment', () => {
    const stage = waiting({ style: 'redis-4.0' }, 41);
    stage.connection.say(`+CONTINUE ${OTHER_REPLID}\r\n${PING}`);
    stage.run(1);
    expect(stage.host.continuations).toEqual([OTHER_REPLID]);
    expect(stage.host.applied).toEqual(['PING']);
    expect(stage.host.offset).toBe(41 + 14);
    expect(stage.facts('decision')).toMatchObject([
      { decision: 'continue', replid: OTHER_REPLID, offset: 41 },
    ]);
  });

  it('CONTINUE upon which the host stops the link', () => {
    const stage = waiting({}, 41);
    stage.host.onContinued = () => stage.link.stop('fin');
    stage.connection.say(`+CONTINUE ${OTHER_REPLID}\r\n${PING}`);
    stage.run(5_000);
    expect(stage.host.states.slice(-2)).toEqual(['waiting', 'down']);
    expect(stage.host.applied).toEqual([]);
    stage.link.start();
    stage.run(5_000);
    expect(stage.connections).toHaveLength(1);
  });

  it('CONTINUE is refused where nothing was to be continued', () => {
    const stage = waiting();
    stage.connection.say(`+CONTINUE ${REPLID}\r\n`);
    stage.run(1);
    expect(stage.connection.closedHow).toBe('fin');
    expect(stage.host.continuations).toEqual([]);
  });
});

describe('payload', () => {
  const forms: [string, string][] = [
    [`$${PAYLOAD.length}\r\n${PAYLOAD}`, 'length'],
    [`$EOF:${MARK}\r\n${PAYLOAD}${MARK}`, 'eof-mark'],
  ];

  it.each(forms)('cut at every byte: %.20s', (text, form) => {
    const said = `+FULLRESYNC ${REPLID} 100\r\n\n${text}`;
    for (let cut = 1; cut <= said.length; cut++) {
      const stage = waiting();
      stage.connection.say(said.slice(0, cut));
      stage.run(1);
      stage.connection.say(said.slice(cut));
      stage.run(5);
      expect(stage.host.payloads).toEqual([{ text: PAYLOAD, point: { replid: REPLID, offset: 100 } }]);
      expect(stage.facts('payload')).toMatchObject([{ bytes: PAYLOAD.length, form }]);
      expect(stage.link.state).toBe('online');
    }
  });

  it.each(forms)('byte by byte: %.20s', (text) => {
    const stage = waiting();
    for (const byte of `+FULLRESYNC ${REPLID} 100\r\n${text}`) {
      stage.connection.say(byte);
      stage.run(0.2);
    }
    stage.run(5);
    expect(stage.host.payloads[0]?.text).toBe(PAYLOAD);
  });

  it('is followed by the stream at once, also in the same segment', () => {
    const stage = waiting({ loadTime: 50_000 });
    stage.connection.say(`+FULLRESYNC ${REPLID} 100\r\n$5\r\nREDIS${PING}${PING.slice(0, 5)}`);
    stage.run(10);
    expect(stage.link.state).toBe('loading');
    expect(stage.host.applied).toEqual([]);
    stage.connection.say(PING.slice(5));
    stage.run(50);
    expect(stage.host.payloads[0]?.text).toBe('REDIS');
    expect(stage.host.applied).toEqual(['PING', 'PING']);
    expect(stage.host.offset).toBe(128);
  });

  it('is loaded by a process that reads nothing meanwhile, the stream waits in the kernels', () => {
    const stage = waiting({ loadTime: 500_000 });
    const write = Buffer.from(encodeRequest(['SET', 'k', 'x'.repeat(1_000_000)]));
    stage.connection.say(`+FULLRESYNC ${REPLID} 100\r\n$5\r\nREDIS`);
    stage.run(10);
    stage.connection.say(write);
    stage.run(400);
    expect(stage.connection.unsent).toBeGreaterThan(100_000);
    stage.run(200);
    expect(stage.connection.unsent).toBe(0);
    expect(stage.host.offset).toBe(100 + write.length);
  });

  it('may begin like its mark goes on', () => {
    const stage = waiting();
    stage.connection.say(`+FULLRESYNC ${REPLID} 0\r\n$EOF:${MARK}\r\n${MARK.slice(1)}`);
    stage.run(5);
    stage.connection.say(MARK);
    stage.run(5);
    expect(stage.host.payloads[0]?.text).toBe(MARK.slice(1));
  });

  it('holds its mark within a value', () => {
    const stage = waiting();
    const text = `REDIS ${MARK} ${PAYLOAD}`;
    stage.connection.say(`+FULLRESYNC ${REPLID} 0\r\n$EOF:${MARK}\r\n${text}${MARK}`);
    stage.run(5);
    expect(stage.host.payloads[0]?.text).toBe(text);
  });

  it.each([
    ['-ERR BGSAVE failed', 'master aborted replication: -ERR BGSAVE failed'],
    ['+OK', "bad protocol, the first byte is not '$'"],
    ['$0', "payload length '$0'"],
    ['$-5', "payload length '$-5'"],
    ['$99999999999', "payload length '$99999999999'"],
    ['$EOF:short', "payload length '$EOF:short'"],
  ])('%s is none', (header, reason) => {
    const stage = waiting({ style: 'redis-5.0' });
    stage.connection.say(`+FULLRESYNC ${REPLID} 0\r\n${header}\r\n`);
    stage.run(5);
    expect(stage.connections[0]?.closedHow).toBe('fin');
    expect(stage.facts('closed')).toMatchObject([{ by: 'replica', how: 'fin', reason }]);
  });

  it('is kept whole, however long and in whatever pieces', () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251));
    for (const piece of [1, 1448, 65_536, 300_000]) {
      const receiver = new PayloadReceiver({ form: 'eof-mark', mark: Buffer.from(MARK) });
      const sent = Buffer.concat([bytes, Buffer.from(MARK)]);
      for (let at = 0; at < sent.length; at += piece) receiver.take(sent.subarray(0, at + piece), at);
      expect(receiver.isComplete).toBe(true);
      expect(receiver.bytes).toBe(bytes.length);
      expect(Buffer.concat(receiver.chunks()).equals(bytes)).toBe(true);
    }
  });

  it('ends on the border of two blocks', () => {
    for (const length of [65_536 - 40, 65_536 - 1, 65_536, 65_536 + 1, 131_072]) {
      const receiver = new PayloadReceiver({ form: 'eof-mark', mark: Buffer.from(MARK) });
      receiver.take(Buffer.from('x'.repeat(length) + MARK), 0);
      expect(receiver.isComplete).toBe(true);
      expect(Buffer.concat(receiver.chunks()).toString()).toBe('x'.repeat(length));
    }
  });
});

describe('sync without an offset', () => {
  const FULL = `$${PAYLOAD.length}\r\n${PAYLOAD}`;

  it.each([
    ['-ERR unknown command\r\n', 'legacy'],
    ['+FULLRESYNC nonsense\r\n', 'full'],
  ])('after %j: no ACK, and nothing to continue', (answer, decision) => {
    const stage = waiting({}, 41);
    stage.connection.say(answer);
    stage.run(1);
    stage.connection.say(FULL + PING);
    stage.run(3_000);
    expect(stage.link.state).toBe('online');
    expect(stage.facts('decision')).toMatchObject([{ decision, replid: null, offset: null }]);
    expect(stage.host.payloads).toEqual([{ text: PAYLOAD, point: { replid: '0'.repeat(40), offset: 0 } }]);
    expect(stage.host.applied).toEqual(['PING']);
    expect(stage.facts('ack')).toEqual([]);
    stage.connection.close();
    stage.run(10);
    expect(stage.requests.at(-1)).toBe('PSYNC ? -1');
  });
});

describe('what is asked for after a payload that failed', () => {
  /** Cut in the payload (no refusal), or refused by the host. */
  const cases: [HandshakeStyle, string | null, string][] = [
    ['redis-6.2', null, 'PSYNC ? -1'],
    ['redis-7.2', null, `PSYNC ${REPLID} 42`],
    ['redis-7.2', 'cannot load', 'PSYNC ? -1'],
  ];
  it.each(cases)('%s, %s', (style, refusal, request) => {
    const stage = waiting({ style }, 41);
    stage.host.refusal = refusal;
    const { connection } = stage;
    connection.say(`+FULLRESYNC ${OTHER_REPLID} 100\r\n$${PAYLOAD.length}\r\n`);
    connection.say(refusal === null ? PAYLOAD.slice(0, 9) : PAYLOAD);
    stage.run(1);
    if (refusal === null) connection.close();
    stage.run(10);
    expect(stage.connections).toHaveLength(2);
    expect(stage.requests.at(-1)).toBe(request);
    if (refusal !== null) expect(stage.facts('closed')).toMatchObject([{ by: 'replica', reason: refusal }]);
  });
});
