import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ack, type Call, Network, resp, smallRdb } from '../testing/talk.js';

const ID = '15b88be2'.repeat(5);
const MARK = 'c0ffee11'.repeat(5);
const PING = resp('ping');
const CHUNKS: [string, number][] = [
  ['whole', Number.POSITIVE_INFINITY],
  ['by 7 bytes', 7],
  ['byte by byte', 1],
];

/** A replica that has been granted a full sync at `offset`. */
function granted(network: Network, offset = 0): Call {
  return network
    .call()
    .replica(resp('REPLCONF', 'listening-port', '6381'))
    .master('+OK\r\n')
    .replica(resp('PSYNC', '?', '-1'))
    .master(`+FULLRESYNC ${ID} ${offset}\r\n`);
}

/** A replica that is online at `offset`. */
function online(network: Network, offset = 0): Call {
  return network
    .call()
    .replica(resp('REPLCONF', 'listening-port', '6381'))
    .master('+OK\r\n')
    .replica(resp('PSYNC', ID, String(offset + 1)))
    .master(`+CONTINUE ${ID}\r\n`);
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe.each(CHUNKS)('payloads, fed %s', (_, chunk) => {
  it('of a length: no CRLF behind them, the stream follows at once', () => {
    const network = new Network(chunk);
    const rdb = smallRdb();
    granted(network, 100).master('\n', `\n$${rdb.length}\r\n`, Buffer.concat([rdb, Buffer.from(PING)]));
    expect(network.session()).toMatchObject({
      phase: 'online',
      payload: {
        form: 'length',
        declaredBytes: rdb.length,
        bytes: rdb.length,
        complete: true,
        sha256: sha256(rdb),
      },
      stream: { bytes: 14, commands: 1, pings: 1, keepaliveNewlines: 2 },
      offsets: { basis: 'handshake', start: 100, end: 114 },
    });
    expect(network.session().payload!.rdb).toMatchObject({ version: 9, server: '6.2.5', streamDb: 0 });
  });

  it('up to a mark: the mark is no payload', () => {
    const network = new Network(chunk);
    const rdb = smallRdb();
    granted(network)
      .master(`$EOF:${MARK}\r\n`, Buffer.concat([rdb, Buffer.from(MARK)]))
      .wait(300)
      .replica(ack(0))
      .master(PING);
    expect(network.session()).toMatchObject({
      payload: {
        form: 'eof-mark',
        declaredBytes: null,
        bytes: rdb.length,
        complete: true,
        sha256: sha256(rdb),
      },
      offsets: { start: 0, end: 14, lastAck: 0 },
    });
    const { finishedAt, loadedAt } = network.session().payload!;
    expect(loadedAt! - finishedAt!).toBe(301_000);
  });

  it('with the text of the mark inside a value', () => {
    const network = new Network(chunk);
    const rdb = Buffer.concat([
      smallRdb().subarray(0, -9),
      Buffer.from(`\x00\x03key\x28${MARK}`),
      smallRdb().subarray(-9),
    ]);
    // A segment ends right behind it, too.
    const inside = rdb.indexOf(MARK) + MARK.length;
    const all = Buffer.concat([rdb, Buffer.from(MARK)]);
    granted(network).master(`$EOF:${MARK}\r\n`, all.subarray(0, inside), all.subarray(inside));
    expect(network.session().payload).toMatchObject({ bytes: rdb.length, sha256: sha256(rdb) });
  });

  it('larger than what is staged at once', () => {
    const network = new Network(chunk === 1 ? 97 : chunk);
    const rdb = Buffer.concat([
      smallRdb().subarray(0, -9),
      Buffer.alloc(50_000, 'x'),
      smallRdb().subarray(-9),
    ]);
    granted(network).master(`$EOF:${MARK}\r\n`, Buffer.concat([rdb, Buffer.from(MARK)]));
    expect(network.session().payload).toMatchObject({
      complete: true,
      bytes: rdb.length,
      sha256: sha256(rdb),
    });
  });
});

describe('the mark', () => {
  it('is found wherever a segment boundary cuts it', () => {
    const rdb = smallRdb();
    const whole = Buffer.concat([rdb, Buffer.from(MARK)]);
    for (let cut = 1; cut < whole.length; cut++) {
      const network = new Network();
      granted(network).master(`$EOF:${MARK}\r\n`, whole.subarray(0, cut), whole.subarray(cut));
      expect(network.session().payload).toMatchObject({
        complete: true,
        bytes: rdb.length,
        sha256: sha256(rdb),
      });
    }
  });

  it('is the same in the next transfer of that master', () => {
    const network = new Network();
    for (let i = 0; i < 2; i++)
      granted(network)
        .master(`$EOF:${MARK}\r\n`, Buffer.concat([smallRdb(), Buffer.from(MARK)]))
        .close('master');
    expect(network.links()[0]!.sessions.map((session) => session.payload?.complete)).toEqual([true, true]);
  });

  it('may have its beginning in a hole', () => {
    const network = new Network();
    const rdb = smallRdb();
    granted(network)
      .master(`$EOF:${MARK}\r\n`, rdb.subarray(0, 50))
      .lose('master', rdb.length - 50 + 20)
      .master(MARK.slice(20))
      .replica(ack(0))
      .master(PING);
    expect(network.session()).toMatchObject({
      payload: { complete: true, bytes: rdb.length, sha256: null },
      offsets: { end: 14 },
    });
  });

  it('lost as a whole is made up for by the first ACK', () => {
    const network = new Network();
    granted(network)
      .master(`$EOF:${MARK}\r\n`, smallRdb().subarray(0, 50))
      .lose('master', smallRdb().length - 50 + 40)
      .replica(ack(0))
      .master(PING)
      .replica(ack(14));
    expect(network.session()).toMatchObject({
      phase: 'online',
      payload: { complete: true, bytes: smallRdb().length, sha256: null },
      stream: { commands: 1 },
      offsets: { basis: 'handshake', end: 14, lastAck: 14 },
    });
  });
});

describe('holes', () => {
  it('in a payload of known length cost its content, not its end', () => {
    const network = new Network();
    granted(network)
      .master('$1000\r\n', 'REDIS0009')
      .lose('master', 980)
      .master(`${'x'.repeat(11)}${PING}`);
    expect(network.session()).toMatchObject({
      payload: { complete: true, bytes: 1000, sha256: null, missingBytes: 980 },
      stream: { bytes: 14, commands: 1 },
      offsets: { end: 14 },
    });
  });

  it('over the end of a payload reach into the stream', () => {
    const network = new Network();
    granted(network)
      .master('$100\r\n', 'x'.repeat(90))
      .lose('master', 10 + 14)
      .master(PING);
    expect(network.session()).toMatchObject({
      payload: { complete: true },
      offsets: { end: 28 },
      stream: { commands: 1 },
    });
  });

  it('in the stream keep the offset exact', () => {
    const network = new Network();
    online(network, 1000)
      .master(PING)
      .lose('master', 500)
      .master(`${'x'.repeat(20)}${resp('SET', 'a', 'b')}${PING}`);
    expect(network.session()).toMatchObject({
      offsets: { start: 1000, end: 1000 + 14 + 500 + 20 + 27 + 14 },
      stream: { commands: 3, resyncs: 1 },
    });
  });

  it('over the answer to a PSYNC still leave a session, known by its ACKs', () => {
    const network = new Network();
    network
      .call()
      .replica(resp('PSYNC', ID, '101'))
      .lose('master', 52)
      .master(PING)
      .replica(ack(114));
    expect(network.session()).toMatchObject({
      phase: 'online',
      offsets: { basis: 'inferred', lastAck: 114 },
    });
  });

  it('that cut the line of a decision take its numbers, not the decision', () => {
    const network = new Network();
    const call = network
      .call()
      .replica(resp('PSYNC', '?', '-1'))
      .master(`+FULLRESYNC ${ID} 12`);
    call.lose('master', 6).master('$10\r\n', 'REDIS0009\xff');
    expect(network.session()).toMatchObject({
      syncs: [{ decision: 'FULLRESYNC', grantedReplid: ID, grantedOffset: null }],
      payload: { complete: true },
      offsets: { basis: 'none' },
    });
  });
});

describe('a lost decision', () => {
  it('FULLRESYNC is told by the payload that follows, its offset by the payload', () => {
    const network = new Network();
    const rdb = smallRdb(ID, 120);
    network
      .call()
      .replica(resp('PSYNC', '?', '-1'))
      .lose('master', 56)
      .master(`$${rdb.length}\r\n`, Buffer.concat([rdb, Buffer.from(PING)]))
      .replica(ack(134));
    expect(network.session()).toMatchObject({
      syncs: [{ decision: 'FULLRESYNC', grantedReplid: null, grantedOffset: null }],
      payload: { complete: true, bytes: rdb.length },
      offsets: { basis: 'inferred', start: 120, end: 134 },
    });
  });

  it('CONTINUE is no answer to a request without history', () => {
    const network = new Network();
    const call = network
      .call()
      .replica(resp('PSYNC', '?', '-1'))
      .lose('master', 18)
      .master(`+CONTINUE ${ID}\r\n${PING}`);
    call.replica(ack(14));
    expect(network.session()).toMatchObject({
      syncs: [{ decision: null }, { decision: 'CONTINUE', offset: null }],
      offsets: { basis: 'inferred', start: 0, end: 14 },
    });
  });
});

describe('an ACK captured before the end of a payload up to a mark', () => {
  const rdb = smallRdb();
  const all = Buffer.concat([rdb, Buffer.from(MARK)]);

  it('takes nothing away when the rest comes', () => {
    const network = new Network();
    const call = granted(network).master(`$EOF:${MARK}\r\n`, all.subarray(0, 50));
    call
      .expectMaster(all.length - 50)
      .replica(ack(0))
      .master(all.subarray(50))
      .master(PING)
      .replica(ack(14));
    expect(network.session()).toMatchObject({
      payload: { complete: true, bytes: rdb.length, sha256: sha256(rdb) },
      offsets: { start: 0, end: 14, lastAck: 14 },
      stream: { commands: 1, bytes: 14 },
    });
  });

  it('tells its length when the rest was lost', () => {
    const network = new Network();
    const call = granted(network).master(`$EOF:${MARK}\r\n`, all.subarray(0, 50));
    call.expectMaster(all.length - 50).replica(ack(0));
    call.lose('master', all.length - 50).master(PING);
    expect(network.session()).toMatchObject({
      payload: { complete: true, bytes: rdb.length, sha256: null },
      offsets: { start: 0, end: 14 },
      stream: { commands: 1, bytes: 14 },
    });
  });
});

describe('databases', () => {
  it('are known from SELECT on', () => {
    const network = new Network();
    online(network).master(resp('SET', 'a', 'b') + resp('SELECT', '3') + resp('SET', 'a', 'b'));
    expect([...network.session().stream.databases]).toEqual([3]);
  });

  it('carry over a reconnection that lost nothing', () => {
    const network = new Network();
    online(network, 0).master(resp('SELECT', '3')).close();
    online(network, 23).master(resp('SET', 'a', 'b'));
    expect([...network.links()[0]!.sessions[1]!.stream.databases]).toEqual([3]);
  });
});

describe('acknowledgements', () => {
  it('tell lag: sent, acknowledged, behind, at rest', () => {
    const network = new Network();
    const call = online(network, 5735).wait(9).replica(ack(5735));
    call.master(resp('set', 'key-b', 'key-a'));
    network.wait(638);
    call.replica(ack(5770));
    network.wait(999);
    call.replica(ack(5770));
    expect(network.session()).toMatchObject({
      acks: { count: 3, maxIntervalMs: 1000 },
      offsets: { end: 5770, lastAck: 5770 },
      lag: { lastBytes: 0, maxBytes: 35, lastMs: 0, maxMs: 639, p50Ms: 639, behindMaxBytes: 0, drift: 0 },
    });
  });

  it('tell when the lag is high, and when it is over', () => {
    const network = new Network();
    const call = online(network)
      .master(PING)
      .wait(4000)
      .master(PING)
      .wait(2000)
      .master(PING)
      .wait(500)
      .master(PING);
    const told = (): string[] =>
      network.events.map((event) => event.event).filter((name) => name.startsWith('lag.'));
    expect(told()).toEqual(['lag.high']);
    call.wait(500).replica(ack(14)).wait(500);
    expect(told()).toEqual(['lag.high']);
    call.replica(ack(56)).master(PING).replica(ack(70));
    expect(told()).toEqual(['lag.high', 'lag.recovered']);
  });

  it('below the start count as they are', () => {
    const network = new Network();
    online(network, 1363)
      .master('x'.repeat(0) + PING)
      .replica(ack(0))
      .master(PING);
    expect(network.session().lag).toMatchObject({ maxBytes: 1391, lastBytes: 1391, behindMaxBytes: 1377 });
  });

  it('with FACK tell what the AOF holds', () => {
    const network = new Network();
    online(network)
      .master(PING)
      .replica(resp('REPLCONF', 'ACK', '14', 'FACK', '0'));
    expect(network.session().offsets).toMatchObject({ lastAck: 14, lastFsyncAck: 0 });
  });

  it('that came before the data they cover are no negative lag', () => {
    const network = new Network();
    online(network).replica(ack(14)).master(PING);
    expect(network.session().lag).toMatchObject({ lastBytes: 0, maxBytes: 0 });
  });
});

describe('mid-stream', () => {
  it('infers the offset from the ACKs, and counts what came before the first one', () => {
    const network = new Network();
    const call = network.call({ midstream: true }).master(PING);
    call
      .replica(ack(5735))
      .master(resp('set', 'key-b', 'key-a'))
      .replica(ack(5770));
    expect(network.session()).toMatchObject({
      joinedMidstream: true,
      phase: 'online',
      syncs: [],
      offsets: { basis: 'inferred', start: 5721, end: 5770, lastAck: 5770 },
      stream: { commands: 2, bytes: 49 },
    });
  });

  it('converges when the replica lags at first', () => {
    const network = new Network();
    const call = network.call({ midstream: true }).master(PING.repeat(10)).replica(ack(1000));
    expect(network.session().offsets).toMatchObject({ start: 860 });
    call.replica(ack(1140));
    expect(network.session().offsets).toMatchObject({ start: 1000, end: 1140 });
  });

  it('inside a payload: what is no command is not the stream', () => {
    const network = new Network();
    const call = network.call({ midstream: true }).master('\x01\x02*3\r\nnothing', `\xff\x00${MARK}`);
    call.replica(ack(5000)).master(PING).replica(ack(5014));
    expect(network.session()).toMatchObject({
      payload: { form: null, complete: false, bytes: 55 },
      offsets: { basis: 'inferred', start: 5000, end: 5014 },
      stream: { bytes: 14, commands: 1 },
    });
  });

  it('inside a handshake', () => {
    const network = new Network();
    const call = network
      .call({ midstream: true })
      .replica(resp('REPLCONF', 'listening-port', '6381'))
      .master('+OK\r\n');
    call.replica(resp('PSYNC', ID, '11')).master(`+CONTINUE ${ID}\r\n${PING}`);
    expect(network.session()).toMatchObject({
      joinedMidstream: true,
      offsets: { basis: 'handshake', start: 10, end: 24 },
    });
  });
});

describe('one direction only', () => {
  it('of the master: decision, payload and stream', () => {
    const network = new Network();
    network.call().master(`+FULLRESYNC ${ID} 10\r\n`, '$10\r\n', `REDIS0009\xff${PING}`);
    expect(network.session()).toMatchObject({
      phase: 'online',
      payload: { complete: true },
      offsets: { start: 10, end: 24 },
    });
  });

  it('of the replica: requests and acknowledgements', () => {
    const network = new Network();
    network
      .call()
      .replica(resp('PSYNC', ID, '11'))
      .expectMaster(53)
      .replica(ack(10))
      .expectMaster(67)
      .replica(ack(24));
    expect(network.session()).toMatchObject({
      phase: 'online',
      acks: { count: 2 },
      offsets: { lastAck: 24 },
    });
  });
});

describe('what is no link', () => {
  it.each([
    ['a client', (call: Call) => call.replica(resp('SET', 'a', 'b')).master('+OK\r\n')],
    [
      'a client with PSYNC in a value',
      (call: Call) => call.replica(resp('SET', 'a', resp('PSYNC', '?', '-1'))).master('+OK\r\n'),
    ],
    [
      'a client whose value has PSYNC at the beginning of a segment',
      (call: Call) =>
        call
          .replica('*3\r\n$3\r\nSET\r\n$1\r\na\r\n$30\r\n', resp('PSYNC', '?', '-1'), '\r\n')
          .master('+OK\r\n'),
    ],
    [
      'a value with a decision in it',
      (call: Call) => call.replica(resp('GET', 'a')).master(`$60\r\n+FULLRESYNC ${ID} 0\r\n`),
    ],
    ['an ACK by hand', (call: Call) => call.replica(resp('GET', 'a')).master('$-1\r\n').replica(ack(0))],
    ['a health check', (call: Call) => call.replica(resp('PING')).master('+PONG\r\n')],
    ['a login', (call: Call) => call.replica(resp('AUTH', 'x')).master('+OK\r\n').replica(resp('GET', 'a'))],
    [
      'HTTP',
      (call: Call) => call.replica('GET / HTTP/1.1\r\nHost: x\r\n\r\n').master('HTTP/1.1 200 OK\r\n\r\n'),
    ],
    ['something binary', (call: Call) => call.replica('\x00\x01\x02').master('\xff\xfe')],
  ])('%s', (_name, talk) => {
    for (const midstream of [false, true]) {
      const network = new Network();
      talk(network.call({ midstream })).close();
      expect(network.tracker.snapshot(network.time)).toMatchObject({ links: [], ignoredConnections: 1 });
    }
  });

  it('becomes one when an ordinary connection asks for a sync', () => {
    const network = new Network();
    const call = network
      .call()
      .replica(resp('SET', 'a', 'b'))
      .master('+OK\r\n');
    expect(call.wanted).toEqual([true, false]);
    call.replica(resp('PSYNC', '?', '-1')).master(`+FULLRESYNC ${ID} 0\r\n`);
    expect(network.session().syncs[0]).toMatchObject({ decision: 'FULLRESYNC' });
  });

  it('TLS is counted and named, and not read any further', () => {
    const network = new Network();
    const call = network.call().replica('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03');
    expect(network.tracker.encryptedConnections).toBe(1);
    expect(call.wanted).toEqual([false, false]);
    expect(network.events).toMatchObject([
      { event: 'encrypted', master: '10.0.0.1:6379', client: '10.0.0.2:40000' },
    ]);
  });
});
