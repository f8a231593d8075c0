import { describe, expect, it } from 'vitest';
import { ack, type Call, Network, resp, smallRdb } from '../testing/talk.js';

/** Parts of a session that were not captured, and what may be said of it all the same. */

const ID = '15b88be2'.repeat(5);
const MARK = 'c0ffee11'.repeat(5);
const PING = resp('PING');
const rdb = smallRdb(ID, 100);

const asked = (network: Network): Call =>
  network
    .call()
    .replica(resp('PING'))
    .master('+PONG\r\n')
    .replica(resp('REPLCONF', 'listening-port', '6381'))
    .master('+OK\r\n');

describe('requests that were not captured', () => {
  it('have their replies all the same: these answer nothing else', () => {
    const network = new Network();
    asked(network)
      .lose('replica', 59)
      .master('-ERR Unrecognized REPLCONF option: capa\r\n')
      .replica(resp('PSYNC', '?', '-1'))
      .master("-ERR unknown command 'PSYNC'\r\n")
      .replica('SYNC\r\n')
      .master(`$${rdb.length}\r\n`, rdb);
    const { syncs, payload } = network.session();
    expect(syncs).toMatchObject([
      { decision: 'REFUSED', error: "-ERR unknown command 'PSYNC'" },
      { decision: 'SYNC', cause: 'legacy-sync' },
    ]);
    expect(payload).toMatchObject({ complete: true, bytes: rdb.length });
  });

  it('one of several at once: the reply after it is that of the next', () => {
    const network = new Network();
    asked(network)
      .replica(resp('REPLCONF', 'capa', 'eof'))
      .lose('replica', 40)
      .replica(resp('PSYNC', '?', '-1'))
      .master('+OK\r\n', '-ERR Unrecognized REPLCONF option: version\r\n', `+FULLRESYNC ${ID} 100\r\n`);
    expect(network.session().syncs).toMatchObject([
      { decision: 'FULLRESYNC', grantedOffset: 100, cause: 'first-sync' },
    ]);
  });

  it('a payload that nothing was granted before was asked for by SYNC', () => {
    const network = new Network();
    asked(network).lose('replica', 6).master(`$EOF:${MARK}\r\n`, rdb, MARK);
    expect(network.session().syncs).toMatchObject([{ command: 'SYNC', decision: 'SYNC' }]);
  });
});

describe('a SYNC of which the requests before were not captured', () => {
  it.each([
    ['the whole greeting', (call: Call) => call.lose('replica', 60)],
    ['a part of it', (call: Call) => call.replica(PING).master('+PONG\r\n').lose('replica', 40)],
  ])('%s: it may have been asked for the payload only', (_, greet) => {
    const network = new Network();
    greet(network.call()).replica('SYNC\r\n').master(`$${rdb.length}\r\n`, rdb);
    expect(network.session().syncs).toMatchObject([{ decision: 'SYNC', cause: 'unknown' }]);
  });
});

describe('a CONTINUE that was not captured', () => {
  const goesOn = (greet: (call: Call) => Call, hole: number): Network => {
    const network = new Network();
    greet(network.call())
      .replica(resp('PSYNC', ID, '1001'))
      .lose('master', hole)
      .master(PING)
      .replica(ack(1000 + PING.length));
    return network;
  };

  it('may have told another history to a replica that understands it', () => {
    const network = goesOn(
      (call) => call.replica(resp('REPLCONF', 'capa', 'psync2')).master('+OK\r\n'),
      `+CONTINUE ${ID}\r\n`.length,
    );
    expect(network.session()).toMatchObject({
      syncs: [{ decision: 'CONTINUE', grantedReplid: null, cause: 'unknown' }],
      offsets: { start: 1000, end: 1000 + PING.length },
    });
  });

  it('tells no offset that is too high where its length is not known', () => {
    for (const line of [`+CONTINUE ${ID}\r\n`, '+CONTINUE\r\n']) {
      const network = goesOn((call) => call.lose('replica', 40).master('+OK\r\n'), line.length + PING.length);
      expect(network.session().offsets.end).toBeLessThanOrEqual(1000 + 2 * PING.length);
    }
  });
});

describe("a capture of the master's packets only", () => {
  it('knows a full sync behind keepalives, and behind other replies of its segment', () => {
    for (const before of ['\n', '\n\n', '+PONG\r\n+OK\r\n\n']) {
      const network = new Network();
      network.call().master(`${before}+FULLRESYNC ${ID} 100\r\n`).master(`$EOF:${MARK}\r\n`, rdb, MARK);
      expect(network.session().syncs).toMatchObject([{ decision: 'FULLRESYNC', grantedOffset: 100 }]);
    }
  });

  it('knows that SYNC was asked for where nothing is granted before a payload', () => {
    const network = new Network();
    network.call().master('+PONG\r\n').master(`$EOF:${MARK}\r\n`, rdb, MARK);
    expect(network.session().syncs).toMatchObject([{ decision: 'SYNC', cause: 'unknown' }]);
  });

  it('does not know it where the capture began later', () => {
    const network = new Network();
    network.call({ midstream: true }).master(`$EOF:${MARK}\r\n`, rdb, MARK);
    expect(network.session().syncs).toMatchObject([{ decision: 'FULLRESYNC', cause: 'unknown' }]);
  });

  it('knows the second connection of a sync by its header', () => {
    const network = new Network();
    network
      .call({ midstream: true })
      .master(`$ENDOFF:100 ${ID} 0 7\r\n`)
      .master(`$EOF:${MARK}\r\n`, rdb, MARK);
    expect(network.session()).toMatchObject({ channel: 'rdb', syncs: [{ decision: 'SYNC' }] });
  });
});

describe('an error line without its end', () => {
  it.each([
    ["-ERR Can't SYNC while n", 'not-ready'],
    ['-ERR unk', 'unknown'],
    ['-NOAUTH Authentication req', 'auth'],
  ])('%s: %s', (line, cause) => {
    const network = new Network();
    asked(network)
      .replica(resp('PSYNC', '?', '-1'))
      .master(line)
      .lose('master', 30);
    expect(network.session().syncs).toMatchObject([{ decision: 'REFUSED', cause }]);
  });
});

describe('a payload up to a mark, with a hole', () => {
  const begun = (network: Network): Call =>
    asked(network)
      .replica(resp('PSYNC', '?', '-1'))
      .master(`+FULLRESYNC ${ID} 100\r\n`, `$EOF:${MARK}\r\n`, rdb.subarray(0, 50))
      .lose('master', rdb.length - 50 + 40);

  it('ends where the first ACK says', () => {
    const network = new Network();
    begun(network).replica(ack(100)).master(PING).replica(ack(114));
    expect(network.session()).toMatchObject({
      payload: { complete: true, bytes: rdb.length },
      offsets: { basis: 'handshake', start: 100, end: 114 },
    });
  });

  it('of the ACK only the beginning was captured: that tells the end as well', () => {
    const network = new Network();
    begun(network)
      .replica('*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n')
      .lose('replica', 9)
      .master(PING)
      .replica(ack(114));
    expect(network.session()).toMatchObject({
      payload: { complete: true, bytes: rdb.length },
      offsets: { basis: 'handshake', start: 100, end: 114 },
      acks: { count: 1 },
    });
  });

  it('the first ACK was not captured: its size is not claimed, and the offset is inferred', () => {
    const network = new Network();
    begun(network).lose('replica', 36).master(PING, PING).replica(ack(128)).master(PING).replica(ack(142));
    expect(network.session()).toMatchObject({
      payload: { complete: false, bytes: 50, sha256: null },
      offsets: { basis: 'inferred', end: 142, lastAck: 142 },
    });
  });
});

describe('the end of a stream', () => {
  it('counts what was not captured of it', () => {
    const network = new Network();
    asked(network)
      .replica(resp('PSYNC', ID, '101'))
      .master(`+CONTINUE ${ID}\r\n`, PING)
      .replica(ack(114))
      .lose('master', 20)
      .close();
    expect(network.session()).toMatchObject({
      offsets: { start: 100, end: 134 },
      stream: { bytes: 34, commands: 1 },
      lag: { lastBytes: 20 },
    });
  });
});

describe('a two-connection sync', () => {
  it('is recognised when the second connection says nothing of it', () => {
    const network = new Network();
    asked(network)
      .replica(resp('PSYNC', ID, '51'))
      .master('+DUALCHANNELSYNC\r\n');
    network
      .call()
      .lose('replica', 90)
      .master('+OK\r\n')
      .replica('SYNC\r\n')
      .master(`$ENDOFF:100 ${ID} 0 7\r\n`, `$EOF:${MARK}\r\n`, rdb, MARK);
    const links = network.links();
    expect(links).toHaveLength(1);
    expect(links[0]!.sessions.map(({ channel }) => channel)).toEqual(['main', 'rdb']);
    expect(links[0]!.sessions[1]!.syncs).toMatchObject([{ decision: 'SYNC', cause: 'backlog-miss' }]);
  });

  it('a stream behind a hole may also follow that answer: it is no CONTINUE for sure', () => {
    const network = new Network();
    asked(network)
      .replica(resp('REPLCONF', 'capa', 'psync2', 'capa', 'dual-channel'))
      .master('+OK\r\n')
      .replica(resp('PSYNC', ID, '101'))
      .lose('master', 18)
      .master(PING)
      .replica(ack(214));
    expect(network.session()).toMatchObject({
      syncs: [{ decision: null }],
      offsets: { basis: 'inferred', end: 214 },
    });
  });
});
