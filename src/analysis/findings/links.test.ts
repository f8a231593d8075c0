import { describe, expect, it } from 'vitest';
import { findingsOf, ID, online } from '../../testing/finding-talk.js';
import { ack, type Call, Network, resp } from '../../testing/talk.js';
import type { SiblingPair } from '../divergence/siblings.js';
import type { Thresholds } from './thresholds.js';

const SET = resp('SET', 'key', 'some value');

const network = (thresholds: Partial<Thresholds> = {}) =>
  new Network(Number.POSITIVE_INFINITY, { thresholds });

const ofCode = (from: Network, code: string) => from.findings.all.filter((each) => each.code === code);

describe('divergence', () => {
  const pairOf = (first: SiblingPair['first'], sessions: SiblingPair['sessions']): SiblingPair => {
    return { replid: ID, sessions, equalBytes: 8192, differingBytes: first === null ? 0 : 4096, first };
  };

  it('names the other link and the offsets, and is not told of pairs that are the same', () => {
    const net = network();
    online(net);
    online(net, { listeningPort: 6381 });
    const [one, two] = net.links().map(({ sessions }) => sessions[0]!);
    const sessions = [one!, two!] as const;
    const first = { from: 8193, to: 12_288, time: net.time, sessions, packets: [20, 22] as const };
    net.findings.end(net.links(), net.time, {
      cutPackets: 0,
      kernelDrops: null,
      clock: null,
      siblings: [pairOf(null, sessions), pairOf(first, sessions)],
    });
    expect(ofCode(net, 'divergence')).toMatchObject([
      {
        severity: 'error',
        sessions: [two, one],
        packets: [20, 22],
        evidence: { otherReplica: '10.0.0.2:6380', fromOffset: 8193, toOffset: 12_288, equalBytes: 8192 },
      },
    ]);
  });
});

describe('min-replicas', () => {
  /** Two replicas, of which the second stops acknowledging for 20 s. */
  const story = (thresholds: Partial<Thresholds>) => {
    const net = network(thresholds);
    const one = online(net);
    const two = online(net, { listeningPort: 6381 });
    for (let second = 0; second < 50; second++) {
      net.wait(998);
      one.replica(ack(0));
      if (second < 15 || second >= 35) two.replica(ack(0));
    }
    net.finish();
    return ofCode(net, 'min-replicas');
  };

  it('says from when to when writes would have been refused', () => {
    const found = story({ minReplicas: 2 });
    expect(found).toMatchObject([{ severity: 'warning', evidence: { minReplicas: 2, leastGood: 1 } }]);
    expect(found[0]!.evidence.lastedMs).toBeGreaterThan(7_000);
    expect(found[0]!.evidence.lastedMs).toBeLessThan(12_000);
  });

  it('is silent unless asked, and with values that hold', () => {
    expect(story({})).toEqual([]);
    expect(story({ minReplicas: 1 })).toEqual([]);
    expect(story({ minReplicas: 2, minReplicasMaxLagMs: 25_000 })).toEqual([]);
  });
});

describe('auth-failed', () => {
  const refused = (net: Network) =>
    net
      .call()
      .replica(resp('PING'))
      .master('-NOAUTH Authentication required.\r\n')
      .replica(resp('REPLCONF', 'listening-port', '6380'))
      .master('-NOAUTH Authentication required.\r\n')
      .replica(resp('PSYNC', '?', '-1'))
      .master('-NOAUTH Authentication required.\r\n')
      .replica('SYNC\r\n')
      .master('-NOAUTH Authentication required.\r\n')
      .close();

  it('counts attempts, not errors, in one finding', () => {
    const net = network();
    for (let i = 0; i < 20; i++) refused(net);
    expect(ofCode(net, 'auth-failed')).toMatchObject([
      { severity: 'warning', evidence: { attempts: 20, reason: 'no-password', recovered: 0 } },
    ]);
    online(net);
    expect(ofCode(net, 'auth-failed')).toMatchObject([{ evidence: { attempts: 20, recovered: 1 } }]);
  });

  it('is not told of one attempt', () => {
    const net = network();
    refused(net);
    online(net);
    expect(net.finish()).toEqual([]);
  });

  it('is found in the story of a wrong password', async () => {
    expect(await findingsOf('auth-failure')).toMatchObject([
      { code: 'auth-failed', evidence: { recovered: 1 } },
    ]);
  });
});

describe('not-ready', () => {
  const refused = (net: Network) =>
    net
      .call()
      .replica(resp('PING'))
      .master('+PONG\r\n')
      .replica(resp('REPLCONF', 'listening-port', '6380'))
      .master('+OK\r\n')
      .replica(resp('PSYNC', ID, '9'))
      .master("-NOMASTERLINK Can't SYNC while not connected with my master\r\n")
      .close();

  it('is told from a minute on', () => {
    const net = network();
    for (let i = 0; i < 80; i++) {
      refused(net);
      net.wait(1000);
    }
    expect(ofCode(net, 'not-ready')).toMatchObject([
      { evidence: { attempts: 80, reason: 'no-master-link', recovered: 0 } },
    ]);
    expect(ofCode(net, 'not-ready')[0]!.evidence.overMs).toBeGreaterThan(60_000);
  });

  it('is not told of a master that is ready soon', async () => {
    const net = network();
    for (let i = 0; i < 30; i++) {
      refused(net);
      net.wait(1000);
    }
    online(net);
    expect(ofCode(net, 'not-ready')).toEqual([]);
    expect(await findingsOf('loading-master')).toEqual([]);
  });
});

describe('expiry-storm', () => {
  const deletes = (call: Call, count: number, words = ['DEL', 'key']) =>
    call.master(resp(...words).repeat(count));

  it('counts keys deleted one by one, second after second', () => {
    const net = network();
    const call = online(net);
    for (let i = 0; i < 3; i++) deletes(call, 2_000, ['UNLINK', `key${i}`]).wait(999);
    expect(ofCode(net, 'expiry-storm')).toMatchObject([
      { severity: 'info', evidence: { perSecond: 2_000, deletes: 6_000 } },
    ]);
  });

  it('is not told of fewer, of several keys at once, nor inside transactions', () => {
    const net = network();
    const call = online(net);
    for (let i = 0; i < 5; i++) deletes(call, 900).wait(999);
    deletes(call, 3_000, ['DEL', 'one', 'two']);
    call.wait(1000).master(resp('MULTI'));
    deletes(call, 3_000).master(resp('EXEC'));
    net.finish();
    expect(ofCode(net, 'expiry-storm')).toEqual([]);
  });
});

describe('big-command', () => {
  const set = (bytes: number) => resp('SET', 'big', 'v'.repeat(bytes));

  it('names the command, its size and its end', () => {
    const net = network();
    const whole = set(2_000_000);
    online(net).master(SET, whole);
    expect(ofCode(net, 'big-command')).toMatchObject([
      {
        severity: 'info',
        evidence: { command: 'SET', bytes: whole.length, offset: SET.length + whole.length },
      },
    ]);
  });

  it('is not told of smaller ones, unless asked', () => {
    const story = (thresholds: Partial<Thresholds>) => {
      const net = network(thresholds);
      online(net).master(set(600_000));
      return net.finish();
    };
    expect(story({})).toEqual([]);
    expect(story({ bigCommandBytes: 500_000 })).toEqual(['big-command']);
  });
});
