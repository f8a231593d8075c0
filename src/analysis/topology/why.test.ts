import { describe, expect, it } from 'vitest';
import type { Sync } from '../../replication/model.js';
import { ack, type Call, Network, resp, smallRdb } from '../../testing/talk.js';

/** Reasons as conversations show them, one story each. */

const X = 'a'.repeat(40);
const Y = 'b'.repeat(40);
const Z = 'c'.repeat(40);
const OWN = 'd'.repeat(40);

interface Who {
  replica?: string;
  master?: string;
  /** Before 4.0: no psync2. */
  old?: boolean;
}

/** Node `2` is 10.0.0.2:6379, as a replica and as a master. */
const address = (node: string): string => `10.0.0.${node}`;

function connect(network: Network, { replica = '2', master = '1', old = false }: Who = {}): Call {
  const call = network.call({ replicaAddress: address(replica), masterAddress: address(master) });
  const capa = old ? ['capa', 'eof'] : ['capa', 'eof', 'capa', 'psync2'];
  return call
    .replica(resp('PING'))
    .master('+PONG\r\n')
    .replica(resp('REPLCONF', 'listening-port', '6379'), resp('REPLCONF', ...capa))
    .master('+OK\r\n', '+OK\r\n');
}

function full(call: Call, asked: [string, number], granted: [string, number], bytes = 0): Call {
  const rdb = smallRdb(granted[0], granted[1]);
  call
    .replica(resp('PSYNC', asked[0], String(asked[1])))
    .master(`+FULLRESYNC ${granted[0]} ${granted[1]}\r\n`, `$${rdb.length}\r\n`, rdb);
  return online(call, granted[1], bytes);
}

/** `bytes` of PINGs (14 each) are sent, and acknowledged. */
function online(call: Call, from: number, bytes: number, acked = bytes): Call {
  call.replica(ack(from));
  if (bytes > 0) call.master(resp('PING').repeat(bytes / 14)).replica(ack(from + acked));
  return call;
}

function proceed(call: Call, asked: [string, number], id: string, failover = false): Call {
  const words = ['PSYNC', asked[0], String(asked[1]), ...(failover ? ['FAILOVER'] : [])];
  return call.replica(resp(...words)).master(`+CONTINUE ${id}\r\n`);
}

function last(network: Network): Sync {
  const syncs = network.links().flatMap(({ sessions }) => sessions.flatMap((session) => session.syncs));
  return syncs.sort((a, b) => a.requestedAt - b.requestedAt).at(-1)!;
}

describe('a replica that asks for nothing', () => {
  it('was not seen before', () => {
    const network = new Network();
    full(connect(network), ['?', -1], [X, 0]);
    expect(last(network).why).toEqual({ code: 'first-contact', orElse: [], evidence: {} });
  });

  it('has lost what it held', () => {
    const network = new Network();
    full(connect(network), ['?', -1], [X, 0], 140).close('replica');
    network.wait(1000);
    full(connect(network), ['?', -1], [X, 154]);
    expect(last(network).why).toMatchObject({
      code: 'history-lost',
      orElse: ['node-restarted', 'cache-dropped'],
      evidence: { heldReplid: X, heldOffset: 140, heldMaster: '10.0.0.1:6379' },
    });
  });

  it('has lost it although its master closed: it can only have restarted', () => {
    const network = new Network();
    full(connect(network), ['?', -1], [X, 0], 140).close('master');
    full(connect(network), ['?', -1], [X, 154]);
    expect(last(network).why).toMatchObject({ code: 'history-lost', orElse: ['node-restarted'] });
  });
  it('and is from before 4.0: SLAVEOF, too, drops what it held', () => {
    const network = new Network();
    full(connect(network, { old: true }), ['?', -1], [X, 1], 140).close('master');
    full(connect(network, { old: true, master: '3' }), ['?', -1], [Y, 1]);
    expect(last(network).why).toMatchObject({
      code: 'history-lost',
      orElse: ['node-restarted', 'slaveof-dropped', 'other-master'],
    });
  });
  it('was given a full sync before that broke off', () => {
    const network = new Network();
    connect(network)
      .replica(resp('PSYNC', '?', '-1'))
      .master(`+FULLRESYNC ${X} 0\r\n`, '$500\r\n', 'REDIS0009')
      .close('master', 'rst');
    full(connect(network), ['?', -1], [X, 0]);
    expect(last(network).why).toMatchObject({
      code: 'full-sync-failed',
      evidence: {
        earlierSession: 1,
        payloadBytes: 9,
        declaredBytes: 500,
        closedBy: 'master',
        closedHow: 'rst',
      },
    });
  });

  it('was refused after it had held something, and fell back to SYNC', () => {
    const network = new Network();
    full(connect(network), ['?', -1], [X, 0], 14).close('master');
    const denied = '-NOPERM this user has no permissions\r\n';
    connect(network)
      .replica(resp('PSYNC', X, '15'))
      .master(denied)
      .replica('SYNC\r\n')
      .master(denied)
      .close();
    full(connect(network), ['?', -1], [X, 28]);
    expect(last(network).why).toMatchObject({ code: 'refused-before', evidence: { heldOffset: 14 } });
  });
});

describe('a replica that asks for another history', () => {
  it('is a node with an empty history of its own', () => {
    const network = new Network();
    full(connect(network), [OWN, 1], [X, 0]);
    expect(last(network).why).toMatchObject({ code: 'first-attach', orElse: [] });
  });

  it('asks for one that was never seen: what remains is named', () => {
    const network = new Network();
    full(connect(network), [OWN, 5000], [X, 0]);
    expect(last(network).why).toMatchObject({
      code: 'unknown',
      orElse: ['master-restarted', 'other-master', 'first-attach'],
    });
  });

  it('comes back to a master that restarted: it closed all at once and counts from the beginning', () => {
    const network = new Network();
    const one = full(connect(network), ['?', -1], [X, 0], 140);
    const two = full(connect(network, { replica: '3' }), ['?', -1], [X, 0], 140);
    one.close('master');
    two.close('master');
    network.wait(2000);
    full(connect(network), [X, 141], [Y, 0]);
    expect(last(network).why).toMatchObject({
      code: 'master-restarted',
      orElse: [],
      evidence: { highestOffset: 140, grantedOffset: 0, closedTogether: 2, openThen: 2 },
    });
  });

  it('comes back to a master without replicas for repl-backlog-ttl, which counts on', () => {
    const network = new Network();
    full(connect(network), ['?', -1], [X, 0], 140).close('replica');
    network.wait(3_700_000);
    full(connect(network), [X, 141], [Y, 300]);
    expect(last(network).why).toMatchObject({ code: 'backlog-freed', orElse: ['master-restarted'] });
  });

  it('comes back sooner to a master that counts on: not conclusive', () => {
    const network = new Network();
    full(connect(network), ['?', -1], [X, 0], 140).close('replica');
    network.wait(10_000);
    full(connect(network), [X, 141], [Y, 300]);
    expect(last(network).why).toMatchObject({
      code: 'master-restarted',
      orElse: ['backlog-freed', 'other-server'],
    });
  });

  it('comes from another master', () => {
    const network = new Network();
    full(connect(network, { master: '4', replica: '5' }), ['?', -1], [Y, 0], 14);
    full(connect(network), ['?', -1], [X, 0], 140).close();
    full(connect(network, { master: '4' }), [X, 141], [Y, 14]);
    expect(last(network).why).toMatchObject({
      code: 'other-master',
      orElse: [],
      evidence: { heldMaster: '10.0.0.1:6379', heldOffset: 140 },
    });
  });

  it('was a master meanwhile, and is pointed back', () => {
    const network = new Network();
    full(connect(network), ['?', -1], [X, 0], 140).close('replica');
    full(connect(network), [OWN, 195], [X, 140]);
    expect(last(network).why).toMatchObject({
      code: 'promoted-meanwhile',
      evidence: { heldReplid: X, heldOffset: 140, ownBytes: 54 },
    });
  });

  it('was a master of others, whose history it gives up', () => {
    const network = new Network();
    full(connect(network, { master: '2', replica: '3' }), ['?', -1], [OWN, 0], 140);
    full(connect(network), [OWN, 141], [X, 0]);
    expect(last(network).why).toMatchObject({
      code: 'former-master',
      evidence: { ownOffset: 140, grantedTo: 1 },
    });
  });

  it('asks a replica whose own master has given it another history', () => {
    const network = new Network();
    full(connect(network), ['?', -1], [X, 0], 140).close('master');
    full(connect(network, { master: '2', replica: '3' }), ['?', -1], [X, 140]).close('master');
    full(connect(network), [X, 141], [Y, 0], 14);
    full(connect(network, { master: '2', replica: '3' }), [X, 141], [Y, 14]);
    expect(last(network).why).toMatchObject({
      code: 'upstream-changed',
      evidence: { upstream: '10.0.0.1:6379' },
    });
  });
});

describe('a request that no server makes so', () => {
  it('for something that is no id', () => {
    const network = new Network();
    full(connect(network), ['10.0.0.1', 6380], [X, 0]);
    expect(last(network).why).toEqual({ code: 'not-an-id', orElse: [], evidence: {} });
  });
  it('SYNC without an announced port: a tool, or a very old replica', () => {
    const network = new Network();
    network.call({}).replica('SYNC\r\n').master('$500\r\n', 'REDIS0009');
    expect(last(network).why).toMatchObject({ code: 'sync-client', orElse: ['old-replica'] });
  });
  it('SYNC of a replica that announced its port: one from before PSYNC', () => {
    const network = new Network();
    connect(network, { old: true }).replica('SYNC\r\n').master('$500\r\n', 'REDIS0009');
    expect(last(network).why).toMatchObject({ code: 'old-replica', orElse: [] });
  });
});

describe('a failover', () => {
  /** Node 2 is promoted at 140 as Y, of which 3 is told; the old master 1 comes back having written more. */
  function promoted(acked = 140): Network {
    const network = new Network();
    const link = connect(network);
    const rdb = smallRdb(X, 0);
    link.replica(resp('PSYNC', '?', '-1')).master(`+FULLRESYNC ${X} 0\r\n`, `$${rdb.length}\r\n`, rdb);
    online(link, 0, 140, acked).close('replica');
    return network;
  }

  it('is told by the first that is continued under the new id', () => {
    const network = promoted();
    proceed(connect(network, { master: '2', replica: '3' }), [X, 127], Y);
    expect(last(network).why).toMatchObject({
      code: 'promoted',
      evidence: { node: '10.0.0.2:6379', commonFrom: 140, commonTo: 140 },
    });
  });

  it('costs the old side what it had more, to the byte', () => {
    const network = promoted();
    proceed(connect(network, { master: '2', replica: '3' }), [X, 141], Y);
    full(connect(network, { master: '2', replica: '1' }), [X, 201], [Y, 200]);
    expect(last(network).why).toMatchObject({
      code: 'diverged-after-failover',
      orElse: [],
      evidence: { commonFrom: 140, commonTo: 140, lostFrom: 60, lostTo: 60 },
    });
  });

  it('whose new master has not acknowledged all that it was sent: between two offsets', () => {
    const network = promoted(70);
    full(connect(network, { master: '2', replica: '1' }), [X, 201], [Y, 140]);
    expect(last(network).why).toMatchObject({
      code: 'diverged-after-failover',
      evidence: { commonFrom: 70, commonTo: 140, lostFrom: 60, lostTo: 130 },
    });
  });

  it('of servers before 4.0 continues nobody', () => {
    const network = new Network();
    full(connect(network, { old: true }), ['?', -1], [X, 1], 140).close('replica');
    full(connect(network, { master: '2', replica: '3', old: true }), [X, 142], [Y, 1]);
    expect(last(network).why).toMatchObject({ code: 'run-id-changed', evidence: { node: '10.0.0.2:6379' } });
  });

  it('that was followed by another one has left the oldest id behind', () => {
    const network = promoted();
    proceed(connect(network, { master: '2', replica: '3' }), [X, 141], Y)
      .master(resp('PING'))
      .replica(ack(154))
      .close();
    proceed(connect(network, { master: '3', replica: '4' }), [Y, 155], Z);
    full(connect(network, { master: '3', replica: '1' }), [X, 141], [Z, 154]);
    expect(last(network).why).toMatchObject({
      code: 'id-too-old',
      evidence: { switches: 2, previousReplid: Y },
    });
  });

  it('with a backlog that is too short', () => {
    const network = promoted();
    proceed(connect(network, { master: '2', replica: '3' }), [X, 141], Y);
    full(connect(network, { master: '2', replica: '1' }), [X, 15], [Y, 200]);
    expect(last(network).why).toMatchObject({ code: 'failover-backlog-miss', orElse: [] });
  });

  it('that shows later settles what was open before', () => {
    const network = new Network();
    // Node 2's own link was not captured: the old master asks it, and nothing is known of how the two hang together.
    full(connect(network, { replica: '5' }), ['?', -1], [X, 0], 140).close('master');
    full(connect(network, { master: '2', replica: '5' }), [X, 141], [Y, 100]);
    const sync = last(network);
    expect(sync.why).toMatchObject({ code: 'other-master', orElse: ['diverged-after-failover'] });
    proceed(connect(network, { master: '2', replica: '6' }), [X, 101], Y);
    expect(sync.why).toMatchObject({
      code: 'diverged-after-failover',
      evidence: { commonFrom: 100, lostTo: 40 },
    });
  });

  it('by command has an exact offset', () => {
    const network = promoted();
    proceed(connect(network, { master: '2', replica: '1' }), [X, 141], Y, true);
    expect(last(network).why).toMatchObject({
      code: 'failover-command',
      evidence: { commonFrom: 140, commonTo: 140 },
    });
  });

  it('passes down a chain as an id that changes', () => {
    const network = promoted();
    proceed(connect(network, { master: '2', replica: '3' }), [X, 141], Y);
    proceed(connect(network, { master: '3', replica: '4' }), [X, 141], Y);
    expect(last(network).why).toMatchObject({
      code: 'upstream-switched',
      evidence: { upstream: '10.0.0.2:6379' },
    });
  });
});

describe('the same history', () => {
  it('continued, with nothing that tells how much was missed', () => {
    const network = new Network();
    full(connect(network), ['?', -1], [X, 0], 140).close('master');
    proceed(connect(network), [X, 141], X);
    expect(last(network).why).toMatchObject({ code: 'resumed', evidence: { resumedBytes: null } });
  });

  it('beyond the backlog, which has held more before', () => {
    const network = new Network();
    full(connect(network, { replica: '3' }), ['?', -1], [X, 0], 1400).close();
    const other = full(connect(network), ['?', -1], [X, 1400], 14);
    proceed(connect(network, { replica: '3' }), [X, 701], X);
    other.close('master');
    full(connect(network), [X, 1415], [X, 90_000]);
    expect(last(network).why).toMatchObject({
      code: 'backlog-too-short',
      // The other one, still connected, had been sent 1,414: bytes 701 to 1,414 were held.
      evidence: { missedBytes: 88_586, backlogAtLeast: 714 },
    });
  });

  it('nothing missed, no backlog', () => {
    const network = new Network();
    full(connect(network), ['?', -1], [X, 0], 14).close();
    full(connect(network), [X, 15], [X, 14]);
    expect(last(network).why).toMatchObject({ code: 'no-backlog' });
  });

  it('ahead: the master had sent it and has it no more', () => {
    const network = new Network();
    full(connect(network), ['?', -1], [X, 0], 140).close('master');
    full(connect(network), [X, 141], [X, 70]);
    expect(last(network).why).toMatchObject({
      code: 'master-went-back',
      orElse: [],
      evidence: { aheadBytes: 70 },
    });
  });

  it('ahead: the replica asks for more than it was ever sent', () => {
    const network = new Network();
    full(connect(network), ['?', -1], [X, 0], 140).close('master');
    full(connect(network), [X, 148], [X, 140]);
    expect(last(network).why).toMatchObject({
      code: 'replica-miscounted',
      evidence: { aheadBytes: 7, sentToReplica: 140 },
    });
  });
});

describe('a refusal', () => {
  it.each([
    ['-LOADING Redis is loading the dataset in memory', 'loading'],
    ["-NOMASTERLINK Can't SYNC while not connected with my master", 'no-master-link'],
    ["-ERR Can't SYNC while not connected with my master", 'no-master-link'],
    ["-NOMASTERLINK Can't SYNC while failing over", 'failing-over'],
    ["-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'master-down'],
    ['-BUSY Redis is busy running a script.', 'busy'],
    ['-NOAUTH Authentication required.', 'auth-required'],
    ['-ERR operation not permitted', 'auth-required'],
    ['-WRONGPASS invalid username-password pair', 'wrong-password'],
    ['-NOPERM this user has no permissions', 'no-permission'],
    ["-ERR unknown command 'PSYNC'", 'psync-unknown'],
    ["-ERR BGSAVE failed, replication can't continue", 'snapshot-failed'],
    ["-ERR wrong number of arguments for 'psync' command", 'bad-request'],
  ])('%s', (error, code) => {
    const network = new Network();
    connect(network)
      .replica(resp('PSYNC', '?', '-1'))
      .master(`${error}\r\n`);
    expect(last(network).why?.code).toBe(code);
  });

  it('for want of a master tells what that link does', () => {
    const network = new Network();
    full(connect(network), ['?', -1], [X, 0], 14).close('master');
    connect(network, { master: '2', replica: '3' })
      .replica(resp('PSYNC', '?', '-1'))
      .master("-NOMASTERLINK Can't SYNC while not connected with my master\r\n");
    expect(last(network).why?.evidence).toEqual({ upstream: '10.0.0.1:6379', upstreamState: 'closed' });
  });
});
