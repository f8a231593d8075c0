import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../embedded/scenarios/scenario.js';
import {
  continued,
  findingsOf,
  granted,
  ID,
  loading,
  OTHER_ID,
  online,
  twoConnections,
  twoOnline,
} from '../../testing/finding-talk.js';
import { RdbWriter, string } from '../../testing/rdb-writer.js';
import { ack, Network, resp, smallRdb } from '../../testing/talk.js';

const MIB = 1024 * 1024;

/** 37 bytes a command. */
const SET = resp('SET', 'key', 'some value');

const ofCode = (network: Network, code: string) => network.findings.all.filter((each) => each.code === code);

describe('backlog-overflow', () => {
  it('names what the backlog would have had to hold, and a size with a margin', () => {
    const network = new Network();
    const call = online(network);
    call.master(SET).replica(ack(SET.length)).close().wait(4_000);
    const asked = SET.length + 1;
    granted(network, { asked: [ID, String(asked)], granted: 3_000_000 });
    expect(network.finish()).toEqual(['backlog-overflow']);
    const { evidence, severity, packets } = network.findings.all[0]!;
    expect(severity).toBe('warning');
    expect(packets.length).toBe(2);
    const missedBytes = 3_000_000 - SET.length;
    expect(evidence).toMatchObject({
      missedBytes,
      askedOffset: asked,
      masterOffset: 3_000_000,
      advisedBytes: 8 * MIB,
    });
    expect(evidence.outageMs).toBeGreaterThan(4_000);
    const product = (Number(evidence.outageBytesPerSecond) * Number(evidence.outageMs)) / 1000;
    expect(Math.abs(product - missedBytes)).toBeLessThan(missedBytes / 1000);
  });

  it('knows the write rate of before the outage', () => {
    const network = new Network();
    const call = online(network);
    for (let second = 1; second <= 60; second++)
      call
        .master(SET)
        .wait(998)
        .replica(ack(second * SET.length));
    call.close();
    granted(network, { asked: [ID, String(60 * SET.length + 1)], granted: 100_000 });
    expect(ofCode(network, 'backlog-overflow')[0]!.evidence.writeBytesPerSecond).toBe(SET.length);
  });

  it('is not told of a continued link, another history, or a replica that is ahead', () => {
    const network = new Network();
    online(network).close();
    continued(network, 1).close();
    granted(network, { asked: [OTHER_ID, '1'], granted: 5_000 }).close();
    granted(network, { asked: [ID, '9000'], granted: 5_000 });
    network.finish();
    expect(ofCode(network, 'backlog-overflow')).toEqual([]);
  });

  it.each(['valkey', 'redis-8'] as const)('is told of a sync over two connections of %s', (dialect) => {
    const network = new Network();
    twoOnline(network, { dialect }).master(SET).replica(ack(SET.length)).close();
    twoOnline(network, { dialect, asked: [ID, String(SET.length + 1)], granted: 90_000 });
    expect(ofCode(network, 'backlog-overflow')).toMatchObject([
      { evidence: { missedBytes: 90_000 - SET.length, askedOffset: SET.length + 1, masterOffset: 90_000 } },
    ]);
  });

  it('is found in a story of the embedded pair, with the bytes that were flooded', async () => {
    const found = await findingsOf('backlog-miss');
    expect(found.map(({ code }) => code)).toEqual(['backlog-overflow']);
    expect(found[0]!.evidence.missedBytes).toBeGreaterThan(60_000);
    expect(found[0]!.message).toContain('61,973 bytes');
    expect(found[0]!.advice).toContain('repl-backlog-size 1mb');
  });
});

describe('resync-loop', () => {
  const round = (network: Network) =>
    granted(network).master('$1000\r\n', smallRdb().subarray(0, 60)).close('master').wait(100);

  it('is one finding that grows with the rounds', () => {
    const network = new Network();
    for (let i = 0; i < 6; i++) round(network);
    const found = ofCode(network, 'resync-loop');
    expect(found.length).toBe(1);
    expect(found[0]).toMatchObject({
      severity: 'error',
      evidence: { syncs: 6, failedTransfers: 6, closedByMaster: 6, payloadBytes: 360, cameUp: 0 },
    });
    // The decisions, and the ends of the connections.
    expect(found[0]!.packets.length).toBe(12);
    expect(found[0]!.sessions.length).toBe(6);
  });

  it('includes links that come up and are lost again for too short a backlog', () => {
    const network = new Network();
    online(network).close('master');
    for (let i = 1; i <= 3; i++)
      online(network, { asked: [ID, '1'], granted: i * 10_000 })
        .wait(5_000)
        .close('master');
    expect(ofCode(network, 'resync-loop')[0]!.evidence).toMatchObject({ syncs: 4, backlogMisses: 3 });
  });

  it.each(['valkey', 'redis-8'] as const)('includes both of that over two connections of %s', (dialect) => {
    const failing = new Network();
    for (let i = 0; i < 3; i++) {
      const { main, rdb } = twoConnections(failing, { dialect });
      main.close('master');
      rdb.close('replica');
    }
    expect(ofCode(failing, 'resync-loop')).toMatchObject([
      { evidence: { syncs: 3, failedTransfers: 3, closedByMaster: 3, payloadBytes: 120 } },
    ]);
    const overflowing = new Network();
    twoOnline(overflowing, { dialect }).wait(5_000).close('master');
    for (let i = 1; i <= 3; i++)
      twoOnline(overflowing, { dialect, asked: [ID, '1'], granted: i * 10_000 })
        .wait(5_000)
        .close('master');
    expect(ofCode(overflowing, 'resync-loop')).toMatchObject([{ evidence: { syncs: 4, backlogMisses: 3 } }]);
    // One that asks and is gone before the second connection answers.
    overflowing
      .call()
      .replica(resp('REPLCONF', 'listening-port', '6380'), resp('PSYNC', ID, '1'))
      .master('+OK\r\n', '+DUALCHANNELSYNC\r\n')
      .close('master');
    expect(ofCode(overflowing, 'resync-loop').length).toBe(1);
  });

  it('is known when the third has failed, and says when the next one came up', () => {
    const network = new Network();
    for (let i = 0; i < 3; i++) {
      expect(ofCode(network, 'resync-loop')).toEqual([]);
      round(network);
    }
    expect(ofCode(network, 'resync-loop')).toMatchObject([{ evidence: { syncs: 3, failedTransfers: 3 } }]);
    online(network).wait(2_000);
    network.finish();
    expect(ofCode(network, 'resync-loop')).toMatchObject([
      { evidence: { syncs: 4, failedTransfers: 3, cameUp: 1 } },
    ]);
  });

  it('is not told when the third one comes through', () => {
    const network = new Network();
    round(network);
    round(network);
    online(network).wait(2_000).close();
    network.finish();
    expect(ofCode(network, 'resync-loop')).toEqual([]);
  });

  it('goes on over attempts that were refused between two of them', () => {
    const network = new Network();
    for (let i = 0; i < 3; i++) {
      round(network);
      network
        .call()
        .replica(resp('PING'))
        .master('+PONG\r\n')
        .replica(resp('REPLCONF', 'listening-port', '6380'))
        .master('+OK\r\n')
        .replica(resp('PSYNC', '?', '-1'))
        .master('-NOMASTERLINK busy\r\n')
        .close();
    }
    expect(ofCode(network, 'resync-loop')).toMatchObject([{ evidence: { failedTransfers: 3 } }]);
  });

  it('is not told of two, of restarts of the replica, nor after a stable minute', () => {
    const network = new Network();
    round(network);
    round(network);
    const restarted = new Network();
    for (let i = 0; i < 5; i++) online(restarted).wait(2_000).close();
    const stable = new Network();
    online(stable).wait(61_000).close();
    for (let i = 1; i <= 4; i++)
      online(stable, { asked: [ID, '1'], granted: i * 10_000 })
        .wait(61_000)
        .close();
    for (const each of [network, restarted, stable]) expect(ofCode(each, 'resync-loop')).toEqual([]);
  });
});

describe('transfer-aborted', () => {
  const aborted = (network: Network) => {
    network.finish();
    return ofCode(network, 'transfer-aborted').map(({ evidence, severity }) => ({ ...evidence, severity }));
  };

  it('by the master, after much was written: its output buffer limit', () => {
    const network = new Network();
    granted(network).master('$120\r\n', smallRdb().subarray(0, 60)).wait(2_000).close('master', 'rst');
    granted(network, { granted: 200_000_000 });
    expect(aborted(network)).toMatchObject([
      {
        reason: 'output-buffer',
        stage: 'payload',
        closedBy: 'master',
        closedHow: 'rst',
        payloadBytes: 60,
        declaredBytes: 120,
        bytesSinceFork: 200_000_000,
        settingsWord: 'replica',
        margin: 2,
        // 400 MB in the four seconds that the whole of it takes, twice.
        advisedHardBytes: 1024 * MIB,
        advisedSoftBytes: 1024 * MIB,
      },
    ]);
    const { evidence } = network.findings.all[0]!;
    const { writeBytesPerSecond, syncMs, neededBytes } = evidence as Record<string, number>;
    expect(syncMs).toBeGreaterThan(4_000);
    expect(syncMs).toBeLessThan(4_010);
    expect(neededBytes! / ((writeBytesPerSecond! * syncMs!) / 1000)).toBeCloseTo(1, 6);
  });

  it('by the master, after a silence of repl-timeout', () => {
    const network = new Network();
    loading(network).wait(60_500).close('master');
    expect(aborted(network)).toMatchObject([{ reason: 'timeout', stage: 'load', silentMs: 60_501 }]);
    const busy = new Network();
    loading(busy).wait(40_000).replica('\n').wait(40_000).close('master');
    expect(aborted(busy)).toMatchObject([{ reason: 'unknown', silentMs: 40_001 }]);
  });

  it('by a master that closes all of its replicas', () => {
    const network = new Network();
    const other = online(network, { listeningPort: 6381 });
    const call = granted(network).master('$1000\r\n', smallRdb().subarray(0, 60));
    other.close('master');
    call.close('master');
    expect(aborted(network)).toMatchObject([{ reason: 'master-gone' }]);
  });

  const diskless = (network: Network) =>
    granted(network).master(`$EOF:${'c'.repeat(40)}\r\n`, smallRdb().subarray(0, 60));

  it('by a master that comes back with another history', () => {
    const network = new Network();
    diskless(network).close('master', 'rst');
    granted(network, { replid: OTHER_ID });
    expect(aborted(network)).toMatchObject([{ reason: 'master-gone', afterwards: 'began-anew' }]);
  });

  it('by a master that goes on: its snapshot child ended, of all that shared it', () => {
    const network = new Network();
    const one = diskless(network);
    const two = granted(network, { listeningPort: 6381 }).master(
      `$EOF:${'c'.repeat(40)}\r\n`,
      smallRdb().subarray(0, 60),
    );
    one.close('master');
    two.close('master');
    granted(network, { granted: 14 });
    expect(aborted(network)).toMatchObject([
      { reason: 'snapshot-ended', afterwards: 'went-on' },
      { reason: 'snapshot-ended', afterwards: 'went-on' },
    ]);
    // With a length it is read from a file that is whole.
    const fromDisk = new Network();
    granted(fromDisk).master('$1000\r\n', smallRdb().subarray(0, 60)).close('master');
    granted(fromDisk, { granted: 14 });
    expect(aborted(fromDisk)).toMatchObject([{ reason: 'unknown', afterwards: 'went-on' }]);
  });

  it('over two connections, of which the master closed the one with the stream', () => {
    const network = new Network();
    const { main, rdb } = twoConnections(network);
    main.close('master');
    rdb.close('replica');
    expect(aborted(network)).toMatchObject([{ reason: 'main-closed', closedBy: 'replica' }]);
    const stopped = new Network();
    twoConnections(stopped).rdb.close('replica');
    expect(aborted(stopped)).toMatchObject([{ reason: 'unknown' }]);
  });

  it('after less was written than the limits allow: one of two reasons', () => {
    const network = new Network();
    diskless(network).wait(100).close('master');
    granted(network, { granted: 40_000 });
    expect(aborted(network)).toMatchObject([{ reason: 'output-buffer', belowLimits: 1 }]);
    const limited = new Network(undefined, { thresholds: { outputSoftBytes: 32_000 } });
    diskless(limited).wait(100).close('master');
    granted(limited, { granted: 40_000 });
    expect(aborted(limited)).toMatchObject([{ reason: 'output-buffer', belowLimits: 0 }]);
  });

  it('by a replica that cannot load it', () => {
    const network = new Network();
    loading(network).close('replica');
    expect(aborted(network)).toMatchObject([{ reason: 'refused', stage: 'load', checksum: 'disabled' }]);
    const wrong = new RdbWriter(9).selectDb(0).key(0, 'k', string('v')).end('wrong');
    const damaged = new Network();
    granted(damaged).master(`$${wrong.length}\r\n`, wrong).close('replica');
    expect(aborted(damaged)).toMatchObject([{ reason: 'checksum', severity: 'info' }]);
  });

  it('is not told of one that came to its end, of tools, or where the capture has holes', () => {
    const network = new Network();
    online(network).close('master');
    loading(network, { listeningPort: null }).close('replica');
    const rdb = smallRdb();
    granted(network)
      .master(`$EOF:${'c'.repeat(40)}\r\n`, rdb)
      .lose('master', 40)
      .close('replica');
    expect(aborted(network)).toEqual([]);
  });

  it('is found in each round of a loop of the embedded pair', async () => {
    const found = await findingsOf('resync-loop');
    expect(
      found.filter(({ code }) => code === 'transfer-aborted').map(({ evidence }) => evidence.reason),
    ).toEqual(Array(4).fill('output-buffer'));
    expect(found.filter(({ code }) => code === 'resync-loop').length).toBe(1);
  });
});

describe('transfer-slow', () => {
  const slow = (transferMs: number, loadMs: number) => {
    const network = new Network();
    const rdb = smallRdb();
    granted(network)
      .master(`$${rdb.length}\r\n`, rdb.subarray(0, 20))
      .wait(transferMs)
      .master(rdb.subarray(20))
      .wait(loadMs)
      .replica(ack(0));
    return ofCode(network, 'transfer-slow');
  };

  it('is a note from half of repl-timeout on, and a warning beyond it', () => {
    expect(slow(20_000, 11_000)).toMatchObject([{ severity: 'info', evidence: { replTimeoutMs: 60_000 } }]);
    expect(slow(50_000, 11_000)).toMatchObject([{ severity: 'warning' }]);
    expect(slow(50_000, 11_000)[0]!.evidence.transferMs).toBeGreaterThanOrEqual(50_000);
  });

  it('is not told below', () => {
    expect(slow(15_000, 14_000)).toEqual([]);
  });
});

describe('checksum-invalid', () => {
  const payload = (end: 'wrong' | undefined) =>
    new RdbWriter(9).selectDb(0).key(0, 'k', string('v')).end(end);

  it('says how often the same bytes were sent', () => {
    const network = new Network();
    const rdb = payload('wrong');
    for (let i = 0; i < 2; i++) granted(network).master(`$${rdb.length}\r\n`, rdb).close();
    expect(ofCode(network, 'checksum-invalid')).toMatchObject([
      { severity: 'error', evidence: { sameBytesBefore: 0, conflictingBytes: 0 } },
      { severity: 'error', evidence: { sameBytesBefore: 1 } },
    ]);
  });

  it('is not told of a right one, nor of one with holes', () => {
    const network = new Network();
    const right = payload(undefined);
    granted(network).master(`$${right.length}\r\n`, right).replica(ack(0));
    const wrong = payload('wrong');
    granted(network)
      .master(`$${wrong.length}\r\n`, wrong.subarray(0, 12))
      .lose('master', 2)
      .master(wrong.subarray(14));
    network.finish();
    expect(ofCode(network, 'checksum-invalid')).toEqual([]);
  });
});

describe('rdb-aux-mismatch', () => {
  it('names both', () => {
    const network = new Network();
    const rdb = smallRdb(ID, 99);
    granted(network, { granted: 100 }).master(`$${rdb.length}\r\n`, rdb);
    expect(ofCode(network, 'rdb-aux-mismatch')).toMatchObject([
      {
        severity: 'warning',
        evidence: { grantedOffset: 100, rdbOffset: 99, grantedReplid: ID, rdbReplid: ID },
      },
    ]);
  });

  it('is not told where they agree', () => {
    const network = new Network();
    online(network, { granted: 100 });
    expect(ofCode(network, 'rdb-aux-mismatch')).toEqual([]);
  });
});

describe('failover-cost', () => {
  const story = (oldSideWrites: boolean): Pick<Scenario, 'run'> => ({
    run: async (stage) => {
      const master = await stage.server('master');
      stage.fill(master);
      const replica = await stage.server('replica', {}, master);
      const sibling = await stage.server('sibling', {}, master);
      await stage.online(replica);
      await stage.online(sibling);
      await stage.write(master, 20, 1);
      await stage.caughtUp(replica, master);
      await stage.sleep(1.2);
      replica.node.replicaOfNoOne();
      if (oldSideWrites) await stage.write(master, 10, 0.5);
      await stage.attach(sibling, replica);
      await stage.attach(master, replica);
      await stage.sleep(1.2);
    },
  });

  it('has both offsets when the old master wrote on', async () => {
    const found = (await findingsOf(story(true))).filter(({ code }) => code === 'failover-cost');
    expect(found.length).toBeGreaterThan(0);
    for (const { evidence, severity } of found) {
      expect(severity).toBe('warning');
      expect(evidence.askedOffset).toBeGreaterThan(Number(evidence.commonFrom) + 1);
      expect(evidence.lostTo).toBeGreaterThan(0);
    }
  });

  it('is not told when nothing was written after the promotion', async () => {
    expect(await findingsOf(story(false))).toEqual([]);
  });
});
