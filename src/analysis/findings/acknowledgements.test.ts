import { describe, expect, it } from 'vitest';
import { findingsOf, ID, loading, online, PING } from '../../testing/finding-talk.js';
import { ack, type Call, Network, resp } from '../../testing/talk.js';
import type { Thresholds } from './thresholds.js';

const SET = resp('SET', 'key', 'some value');

const network = (thresholds: Partial<Thresholds> = {}) =>
  new Network(Number.POSITIVE_INFINITY, { thresholds });

const ofCode = (from: Network, code: string) => from.findings.all.filter((each) => each.code === code);

/** So many seconds of a SET and its ACK, from `from` bytes of stream on. @returns bytes of stream after them. */
function seconds(call: Call, count: number, from = 0): number {
  let sent = from;
  for (let i = 0; i < count; i++) {
    call.master(SET).wait(998);
    sent += SET.length;
    call.replica(ack(sent));
  }
  return sent;
}

describe('replica-frozen', () => {
  /** Stream and no ACK. */
  const silent = (call: Call, forSeconds: number) => {
    for (let i = 0; i < forSeconds; i++) call.master(SET).wait(999);
  };

  it('is told while it lasts, and completed by its end', () => {
    const net = network();
    const call = online(net);
    const sent = seconds(call, 3);
    silent(call, 11);
    const [found, ...others] = ofCode(net, 'replica-frozen');
    expect(others).toEqual([]);
    expect(found).toMatchObject({ severity: 'warning', evidence: { lastAck: sent, closedByMaster: 0 } });
    expect(found!.evidence.receivedBytes).toBeGreaterThan(SET.length);
    silent(call, 49);
    call.close('master');
    net.finish();
    expect(ofCode(net, 'replica-frozen')).toEqual([found]);
    expect(found!.evidence.closedByMaster).toBe(1);
    expect(found!.evidence.silentMs).toBeGreaterThan(59_000);
  });

  it('is not told of a replica that acknowledges, nor after a shorter silence', () => {
    const net = network();
    const call = online(net);
    seconds(call, 20);
    const other = online(net, { listeningPort: 6381 });
    silent(other, 8);
    other.replica(ack(8 * SET.length));
    net.finish();
    expect(ofCode(net, 'replica-frozen')).toEqual([]);
  });

  it('is the end of a replica of the embedded pair that was stopped', async () => {
    const found = await findingsOf('timed-out-replica');
    expect(found.map(({ code }) => code)).toEqual(['replica-frozen']);
    expect(found[0]).toMatchObject({ evidence: { closedByMaster: 1 }, session: 1 });
  });
});

describe('lag-high', () => {
  it('is told of a replica that acknowledges an old offset, and says for how long', () => {
    const net = network();
    const call = online(net);
    for (let i = 0; i < 8; i++) call.master(SET).wait(998).replica(ack(0));
    call.replica(ack(8 * SET.length));
    net.finish();
    expect(net.findings.all.map(({ code }) => code)).toEqual(['lag-high']);
    const { evidence, packets } = net.findings.all[0]!;
    expect(evidence).toMatchObject({ ackedOffset: 0, maxBytes: 8 * SET.length });
    expect(evidence.maxMs).toBeGreaterThan(7_900);
    expect(evidence.lastedMs).toBeGreaterThan(2_000);
    expect(packets.length).toBe(2);
  });

  it('is not told below its threshold', () => {
    const story = (thresholds: Partial<Thresholds>) => {
      const net = network(thresholds);
      const call = online(net);
      for (let i = 0; i < 4; i++) call.master(SET).wait(998).replica(ack(0));
      return ofCode(net, 'lag-high').length;
    };
    expect(story({})).toBe(0);
    expect(story({ lagMs: 3_000 })).toBe(1);
  });

  it('is found in the tour, where a replica lags, and is the only finding', async () => {
    expect((await findingsOf('tour')).map(({ code }) => code)).toEqual(['lag-high']);
  });
});

describe('acks-late', () => {
  it('names the interval', () => {
    const net = network();
    const call = online(net);
    const sent = seconds(call, 2);
    call
      .master(SET)
      .wait(4_000)
      .replica(ack(sent + SET.length));
    net.finish();
    expect(net.findings.all).toMatchObject([
      { code: 'acks-late', evidence: { usualMs: 1000, behindBytes: 0 } },
    ]);
    expect(net.findings.all[0]!.evidence.intervalMs).toBeGreaterThan(4_000);
  });

  it('is not told of one a second, nor where the capture lost what the replica said', () => {
    const net = network();
    const call = online(net);
    const sent = seconds(call, 5);
    call.wait(5_000).lose('replica', 60).replica(ack(sent));
    expect(net.finish().filter((code) => code === 'acks-late')).toEqual([]);
  });

  it('is found in a story in which the process of the replica was stopped for a while', async () => {
    const codes = (await findingsOf('lagging-replica')).map(({ code }) => code);
    expect(codes.sort()).toEqual(['acks-late', 'lag-high']);
  });
});

describe('acks-missing', () => {
  const unacknowledged = (port: number | null, forSeconds: number) => {
    const net = network();
    const call = net.call().replica(resp('PING')).master('+PONG\r\n');
    if (port !== null) call.replica(resp('REPLCONF', 'listening-port', String(port))).master('+OK\r\n');
    call.replica(resp('PSYNC', ID, '1')).master(`+CONTINUE ${ID}\r\n`);
    for (let i = 0; i < forSeconds; i++) call.master(PING).wait(999);
    net.finish();
    return ofCode(net, 'acks-missing');
  };

  it('is a warning for a replica, a note for a tool', () => {
    expect(unacknowledged(6380, 12)).toMatchObject([{ severity: 'warning', evidence: { loading: 0 } }]);
    expect(unacknowledged(null, 12)).toMatchObject([{ severity: 'info', evidence: { announcedPort: null } }]);
  });

  it('is not told before, nor of a replica that loads and says so', () => {
    expect(unacknowledged(6380, 8)).toEqual([]);
    const net = network();
    const call = loading(net);
    for (let i = 0; i < 70; i++) call.wait(1000).replica('\n');
    net.finish();
    expect(ofCode(net, 'acks-missing')).toEqual([]);
  });

  it('is told of one that loads and has said nothing for repl-timeout', () => {
    const net = network();
    const call = loading(net);
    for (let i = 0; i < 65; i++) call.master(PING).wait(999);
    net.finish();
    expect(ofCode(net, 'acks-missing')).toMatchObject([{ severity: 'warning', evidence: { loading: 1 } }]);
  });
});

describe('ping-missing', () => {
  /** ACKs alone. */
  const silence = (net: Network, forSeconds: number) => {
    const call = online(net).master(PING);
    for (let i = 0; i < forSeconds; i++) call.wait(999).replica(ack(PING.length));
    return call;
  };

  it('is known while it lasts, as the replica goes on to acknowledge', () => {
    const net = network();
    const call = online(net).master(PING);
    for (let second = 0; second < 40; second++) {
      call.wait(998).replica(ack(PING.length));
      expect(ofCode(net, 'ping-missing').length).toBe(second < 31 ? 0 : 1);
    }
    const [found] = ofCode(net, 'ping-missing');
    expect(found!.packets.length).toBe(2);
    expect(found!.evidence.silentMs).toBeGreaterThan(38_000);
    net.finish();
    expect(ofCode(net, 'ping-missing')).toMatchObject([{ evidence: { untilEnd: 1 } }]);
  });

  it('is told sooner when PINGs had come more often and the replica gave up, and not when it left otherwise', () => {
    const story = (silentMs: number, by: 'master' | 'replica') => {
      const net = network();
      const call = online(net);
      for (let i = 1; i <= 5; i++)
        call
          .wait(999)
          .master(PING)
          .replica(ack(i * PING.length));
      call.wait(silentMs).close(by);
      net.finish();
      return ofCode(net, 'ping-missing').map(({ evidence }) => evidence);
    };
    expect(story(5_500, 'replica')).toMatchObject([{ closedByReplica: 1, untilEnd: 1 }]);
    expect(Number(story(5_500, 'replica')[0]!.observedPeriodMs)).toBeGreaterThan(900);
    expect(Number(story(5_500, 'replica')[0]!.observedPeriodMs)).toBeLessThan(1_100);
    expect(story(1_200, 'replica')).toEqual([]);
    expect(story(5_500, 'master')).toEqual([]);
  });

  it('is told with its length, and whether the replica gave up', () => {
    const net = network();
    silence(net, 61).close('replica');
    net.finish();
    expect(ofCode(net, 'ping-missing')).toMatchObject([{ evidence: { untilEnd: 1, closedByReplica: 1 } }]);
    const passed = network();
    silence(passed, 40)
      .master(PING)
      .wait(1000)
      .replica(ack(2 * PING.length));
    passed.finish();
    expect(ofCode(passed, 'ping-missing')).toMatchObject([{ evidence: { untilEnd: 0, closedByReplica: 0 } }]);
    expect(ofCode(passed, 'ping-missing')[0]!.evidence.silentMs).toBeGreaterThan(39_000);
  });

  it('is not told while PINGs come, nor with a longer period', () => {
    const net = network();
    silence(net, 25).master(PING);
    net.finish();
    const slow = network({ pingPeriodMs: 30_000 });
    silence(slow, 61);
    slow.finish();
    for (const each of [net, slow]) expect(ofCode(each, 'ping-missing')).toEqual([]);
  });
});

describe('drift', () => {
  /** A rest: so many equal ACKs, `off` bytes from what was sent. */
  const rest = (call: Call, sent: number, off: number, acks: number) => {
    for (let i = 0; i < acks; i++) call.wait(999).replica(ack(sent + off));
  };

  it('is told for sure when it is the same at two rests', () => {
    for (const off of [-7, 7]) {
      const net = network();
      const call = online(net);
      rest(call.master(SET), SET.length, off, 2);
      expect(ofCode(net, 'drift')).toEqual([]);
      rest(call.master(SET), 2 * SET.length, off, 2);
      expect(ofCode(net, 'drift')).toMatchObject([
        { severity: 'error', evidence: { driftBytes: off, rests: 2 } },
      ]);
      rest(call.master(SET), 3 * SET.length, off, 2);
      expect(ofCode(net, 'drift')).toMatchObject([{ evidence: { rests: 3 } }]);
    }
  });

  it('is a warning at one rest that lasts', () => {
    const net = network();
    rest(online(net).master(SET), SET.length, -7, 4);
    expect(ofCode(net, 'drift')).toMatchObject([
      { severity: 'warning', evidence: { driftBytes: -7, rests: 1 } },
    ]);
  });

  it('is not told of a sound link, nor of one whose start was inferred', () => {
    const net = network();
    const call = online(net);
    for (let i = 1; i < 4; i++) rest(call.master(SET), i * SET.length, 0, 3);
    const joined = net.call({ midstream: true });
    for (let i = 1; i < 4; i++) rest(joined.master(SET), 5000 + i * SET.length, 0, 3);
    net.finish();
    expect(ofCode(net, 'drift')).toEqual([]);
  });

  it('is found in the story of a replica that miscounts', async () => {
    const found = await findingsOf('drift');
    expect(found.map(({ code }) => code)).toEqual(['drift']);
    expect(found[0]!.evidence.driftBytes).toBe(-7);
  });
});
