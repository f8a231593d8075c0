import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ack, type Call, Network, resp, smallRdb } from '../testing/talk.js';

const ID = '15b88be2'.repeat(5);
const MARK = 'c0ffee11'.repeat(5);
const PING = resp('PING');

/** A replica that has announced its port. */
const replica = (network: Network, address?: string): Call =>
  network
    .call()
    .replica(resp('REPLCONF', 'listening-port', '6381'))
    .master('+OK\r\n')
    .replica(...(address === undefined ? [] : [resp('REPLCONF', 'ip-address', address)]))
    .master(...(address === undefined ? [] : ['+OK\r\n']));

describe('tools that acknowledge from the beginning', () => {
  const rdb = smallRdb(ID, 100);

  it.each([
    [
      'before the header',
      (call: Call) =>
        call.replica(ack(100)).master(`$EOF:${MARK}\r\n`, Buffer.concat([rdb, Buffer.from(MARK)])),
    ],
    [
      'inside a payload up to a mark',
      (call: Call) =>
        call
          .master(`$EOF:${MARK}\r\n`, rdb.subarray(0, 60))
          .replica(ack(100))
          .master(Buffer.concat([rdb.subarray(60), Buffer.from(MARK)])),
    ],
    [
      'inside a payload of a length',
      (call: Call) =>
        call.master(`$${rdb.length}\r\n`, rdb.subarray(0, 60)).replica(ack(100)).master(rdb.subarray(60)),
    ],
  ])('%s change nothing', (_name, talk) => {
    const network = new Network();
    const call = replica(network)
      .replica(resp('PSYNC', '?', '-1'))
      .master(`+FULLRESYNC ${ID} 100\r\n`);
    talk(call).replica(ack(100)).master(PING).replica(ack(114));
    expect(network.session()).toMatchObject({
      payload: { complete: true, bytes: rdb.length },
      offsets: { basis: 'handshake', start: 100, end: 114, lastAck: 114 },
      stream: { bytes: 14, commands: 1 },
      acks: { count: 3 },
      lag: { lastBytes: 0, maxBytes: 14 },
    });
    expect(network.session().payload!.loadedAt).not.toBeNull();
  });
});

describe('a damaged payload that asks for more than there is', () => {
  const damaged = Buffer.from(smallRdb(ID, 100));
  // Behind magic and version: an AUX field whose name has 767 bytes, so that all the rest and the mark belong to it.
  damaged.set([0xfa, 0x42, 0xff], 9);

  it.each(['an ACK', 'the end of the connection'])('ends with its mark, as %s shows', (end) => {
    const network = new Network();
    const call = replica(network)
      .replica(resp('PSYNC', '?', '-1'))
      .master(`+FULLRESYNC ${ID} 100\r\n`, `$EOF:${MARK}\r\n`, Buffer.concat([damaged, Buffer.from(MARK)]));
    const finishedAt = network.time;
    if (end === 'an ACK') call.replica(ack(100)).master(PING).replica(ack(114));
    else call.close();
    expect(network.session()).toMatchObject({
      phase: 'online',
      payload: { complete: true, bytes: damaged.length, finishedAt },
      offsets: { basis: 'handshake', start: 100, end: end === 'an ACK' ? 114 : 100 },
      stream: { commands: end === 'an ACK' ? 1 : 0 },
    });
    expect(network.session().payload!.sha256).toBe(createHash('sha256').update(damaged).digest('hex'));
  });
});

describe('holes in the dialogue', () => {
  it('a lost CONTINUE is told by the commands that follow', () => {
    const network = new Network();
    const call = replica(network)
      .replica(resp('PSYNC', ID, '101'))
      .lose('master', 11)
      .master(PING)
      .replica(ack(114));
    call.master(PING);
    expect(network.session()).toMatchObject({
      syncs: [{ decision: 'CONTINUE', error: null }],
      offsets: { basis: 'inferred', start: 100, end: 128 },
      stream: { commands: 2 },
    });
  });

  it('the reply to a lost request answers no sync', () => {
    const network = new Network();
    const call = replica(network)
      .replica(resp('PSYNC', ID, '101'))
      .master('+OK\r\n', `+CONTINUE ${ID}\r\n`);
    call.master(PING);
    expect(network.session().syncs).toMatchObject([{ decision: 'CONTINUE', cause: 'continued' }]);
  });

  it('a lost header leaves a payload of unknown form, ended by the first ACK', () => {
    const network = new Network();
    const call = replica(network)
      .replica(resp('PSYNC', '?', '-1'))
      .master(`+FULLRESYNC ${ID} 100\r\n`);
    call
      .lose('master', 60)
      .master(`-\x01\x02\n$50\r\n-garbage\n`, `x${MARK}`)
      .replica(ack(100))
      .master(PING)
      .replica(ack(114));
    expect(network.session()).toMatchObject({
      syncs: [{ decision: 'FULLRESYNC', error: null }],
      offsets: { start: 100, end: 114, lastAck: 114 },
      stream: { commands: 1 },
    });
  });

  it('a lost reply does not shift the later ones', () => {
    const network = new Network();
    const call = network
      .call()
      .replica(resp('PING'))
      .lose('master', 7)
      .replica(resp('REPLCONF', 'listening-port', '6381'));
    call
      .master('+OK\r\n')
      .replica(resp('PSYNC', '?', '-1'))
      .master('-NOPERM no\r\n')
      .replica('SYNC\r\n')
      .master('-NOPERM no\r\n');
    expect(network.session().syncs.map((sync) => sync.decision)).toEqual(['REFUSED', 'REFUSED']);
  });

  it('a lost inline request does not hide the following ones', () => {
    const network = new Network();
    const call = network.call().replica('PING\r\n').master('+PONG\r\n').lose('replica', 13).master('+OK\r\n');
    call
      .replica('REPLCONF listening-port 6381\r\n')
      .master('+OK\r\n')
      .replica('PSYNC ? -1\r\n')
      .master(`+FULLRESYNC ${ID} 0\r\n`);
    expect(network.session()).toMatchObject({
      handshake: { listeningPort: 6381 },
      syncs: [{ command: 'PSYNC', replid: '?', decision: 'FULLRESYNC' }],
    });
  });

  it('a cut first request does not hide the connection', () => {
    const network = new Network();
    network
      .call()
      .replica('*9\r\n$8\r\nREPLCONF\r\n$4\r\nca')
      .lose('replica', 80)
      .replica('SYNC\r\n')
      .master('$10\r\nREDIS0006\xff');
    expect(network.session()).toMatchObject({ syncs: [{ command: 'SYNC' }], payload: { complete: true } });
  });

  it('a request captured behind its answer is one sync', () => {
    const network = new Network();
    const call = replica(network)
      .master(`+CONTINUE ${ID}\r\n`)
      .replica(resp('PSYNC', ID, '101'))
      .master(PING);
    call.replica(ack(114));
    expect(network.session()).toMatchObject({
      syncs: [{ replid: ID, offset: 101, decision: 'CONTINUE', cause: 'continued' }],
      offsets: { basis: 'handshake', start: 100, end: 114 },
    });
  });
});

describe('what the capture lost of a stream', () => {
  it('was sent: no drift, no too small lag', () => {
    const network = new Network();
    const call = replica(network)
      .replica(resp('PSYNC', ID, '101'))
      .master(`+CONTINUE ${ID}\r\n`, PING)
      .lose('master', 14);
    call.replica(ack(128)).wait(1000).replica(ack(128));
    expect(network.session().lag).toMatchObject({ drift: 0, lastBytes: 0, maxBytes: 28 });
  });

  it('may have held a SELECT', () => {
    const network = new Network();
    const call = replica(network)
      .replica(resp('PSYNC', ID, '101'))
      .master(`+CONTINUE ${ID}\r\n`, resp('SELECT', '3'));
    call
      .lose('master', 50)
      .master(resp('SET', 'a', 'b'))
      .close();
    expect([...network.session().stream.databases]).toEqual([3]);
    replica(network)
      .replica(resp('PSYNC', ID, '201'))
      .master(`+CONTINUE ${ID}\r\n`, resp('SET', 'a', 'b'));
    expect([...network.links()[0]!.sessions[1]!.stream.databases]).toEqual([]);
  });
});

describe('databases', () => {
  it('carry over although the replica had not applied the tail', () => {
    const network = new Network();
    const selected = resp('SELECT', '3') + resp('SET', 'a', 'b');
    replica(network)
      .replica(resp('PSYNC', ID, '101'))
      .master(`+CONTINUE ${ID}\r\n`, selected)
      .close();
    replica(network)
      .replica(resp('PSYNC', ID, '124'))
      .master(`+CONTINUE ${ID}\r\n`, resp('SET', 'a', 'b'));
    expect([...network.links()[0]!.sessions[1]!.stream.databases]).toEqual([3]);
  });
});

describe('mid-stream', () => {
  it('inside a value: the rest of it is stream, not payload', () => {
    const network = new Network();
    const call = network.call({ midstream: true }).master('x'.repeat(3000)).replica(ack(50_000));
    call
      .master(`${'y'.repeat(1000)}\r\n${PING}`)
      .replica(ack(51_016))
      .wait(1000)
      .replica(ack(51_016));
    expect(network.session()).toMatchObject({
      payload: null,
      offsets: { basis: 'inferred', end: 51_016 },
      lag: { lastBytes: 0, drift: 0 },
    });
  });

  it('an ACK behind a keepalive, beside values that begin like replies', () => {
    const network = new Network();
    const call = network
      .call({ midstream: true })
      .master(`$12 in a value\r\n${PING}`)
      .replica(`\n${ack(5000)}`);
    call.master(PING).replica(ack(5014));
    expect(network.session()).toMatchObject({ offsets: { lastAck: 5014 }, acks: { count: 2 } });
  });

  it('between PSYNC and its answer', () => {
    const network = new Network();
    const rdb = smallRdb(ID, 100);
    const call = network
      .call({ midstream: true })
      .master(`+FULLRESYNC ${ID} 100\r\n`, `$${rdb.length}\r\n`, rdb);
    call.replica(ack(100)).master(PING).replica(ack(114));
    expect(network.session()).toMatchObject({
      payload: { complete: true, bytes: rdb.length },
      offsets: { basis: 'handshake', start: 100, end: 114 },
    });
  });
});

describe('two-connection syncs', () => {
  const dual = (address?: string): Network => {
    const network = new Network();
    const main = replica(network, address)
      .replica(resp('PSYNC', ID, '51'))
      .master('+DUALCHANNELSYNC\r\n');
    const options = resp(
      'REPLCONF',
      'capa',
      'eof',
      'rdb-only',
      '1',
      'rdb-channel',
      '1',
      'listening-port',
      '6381',
    );
    const rdb = network
      .call()
      .replica(options)
      .master('+OK\r\n')
      .replica('SYNC\r\n')
      .master(`$ENDOFF:100 ${ID} 0 7\r\n`);
    main
      .replica(resp('REPLCONF', 'set-rdb-client-id', '7'))
      .master('+OK\r\n')
      .replica(resp('PSYNC', ID, '101'));
    main.master(`+CONTINUE ${ID}\r\n${PING}`);
    rdb.master(`$EOF:${MARK}\r\n`, Buffer.concat([smallRdb(ID, 100), Buffer.from(MARK)])).close();
    main.replica(ack(114));
    return network;
  };

  it('have one cause, and what it cost', () => {
    expect(dual().links()[0]!.sessions[0]!.syncs[0]).toMatchObject({
      decision: 'DUALCHANNEL',
      cause: 'backlog-miss',
      missedBytes: 50,
    });
  });

  it('are one link when only the main connection announces an address', () => {
    expect(dual('10.9.9.9').links()).toMatchObject([
      {
        replica: '10.9.9.9:6381',
        sessions: [{ channel: 'main' }, { channel: 'rdb', payload: { complete: true } }],
      },
    ]);
  });
});

describe('no links', () => {
  it.each([
    ['mail', ['EHLO x\r\n', 'DATA\r\n', 'Sync with upstream was done.\r\n', 'sync\r\n'], '250 queued\r\n'],
    ['a value of a GET after a refused PSYNC', [resp('GET', 'a')], '$11\r\n+CONTINUE x\r\n'],
  ])('%s', (_name, lines, answer) => {
    for (const midstream of [false, true]) {
      const network = new Network();
      network
        .call({ midstream })
        .replica(...lines)
        .master(answer)
        .close();
      expect(network.links()).toEqual([]);
    }
  });

  it('health checks are clients after a while', () => {
    const network = new Network();
    const call = network.call();
    for (let i = 0; i < 20; i++) call.replica(resp('PING')).master('+PONG\r\n');
    expect(call.wanted).toEqual([true, false]);
  });

  it('what ordinary connections say does not fill the table of names', () => {
    const network = new Network();
    const call = network.call().replica('POST /x HTTP/1.1\r\n');
    for (let i = 0; i < 2200; i++) call.replica(`word${i} x\r\n`);
    replica(network)
      .replica(resp('PSYNC', ID, '101'))
      .master(`+CONTINUE ${ID}\r\n`, resp('HSET', 'a', 'b', 'c'));
    expect([...network.session().stream.byCommand.keys()]).toEqual(['HSET']);
  });
});

describe('what once broke the run', () => {
  it('two decisions without a request', () => {
    const network = new Network();
    network.call().master('+DUALCHANNELSYNC\r\n', '+DUALCHANNELSYNC\r\n').close();
    expect(network.tracker.internalErrors).toEqual([]);
    expect(network.session().syncs).toHaveLength(2);
  });

  it('a command joined mid-stream that began in the span before', () => {
    const network = new Network();
    const call = network
      .call({ midstream: true })
      .master(`${'x'.repeat(50)}*3\r\n$3`, '\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n');
    call.replica(ack(500));
    expect(network.tracker.internalErrors).toEqual([]);
    expect(network.session()).toMatchObject({ stream: { commands: 1 }, offsets: { end: 500 } });
  });
});
