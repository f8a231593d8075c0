import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { analyzePackets } from '../../testing/analyze-packets.js';
import { numbered } from '../../testing/damage.js';
import { continued, findingsOf, granted, ID, online } from '../../testing/finding-talk.js';
import { packetsOf } from '../../testing/reframe.js';
import { ack, Network, resp, smallRdb } from '../../testing/talk.js';
import type { Thresholds } from './thresholds.js';

const SET = resp('SET', 'key', 'some value');

const network = (thresholds: Partial<Thresholds> = {}) =>
  new Network(Number.POSITIVE_INFINITY, { thresholds });

const ofCode = (from: Network, code: string) => from.findings.all.filter((each) => each.code === code);

describe('network-loss', () => {
  const lossy = (again: number) => {
    const net = network();
    const call = online(net).master(resp('SET', 'k', 'v'.repeat(200_000)));
    call.loss(1).retransmittedBytes = again;
    call.close();
    net.finish();
    return ofCode(net, 'network-loss');
  };

  it('is told with the share', () => {
    expect(lossy(20_000)).toMatchObject([{ severity: 'warning', evidence: { retransmittedBytes: 20_000 } }]);
    expect(lossy(20_000)[0]!.evidence.share).toBeCloseTo(0.1, 3);
  });

  it('is not told of a little', () => {
    expect(lossy(1_448)).toEqual([]);
    expect(lossy(0)).toEqual([]);
  });
});

describe('capture-drops', () => {
  it('adds up what is missing of a link', () => {
    const net = network();
    online(net).master(SET).lose('master', 100).master(SET).lose('master', 50).close();
    net.finish();
    expect(ofCode(net, 'capture-drops')).toMatchObject([
      { evidence: { gaps: 2, missingBytes: 150, sessions: 1 } },
    ]);
    expect(ofCode(net, 'capture-drops')[0]!.packets.length).toBe(2);
  });

  it('has what the capture itself counts, and is a note of the capture where no link lacks anything', () => {
    const end = (kernelDrops: number | null, lost: number) => {
      const net = network();
      const call = online(net).master(SET);
      if (lost > 0) call.lose('master', lost).master(SET);
      net.findings.end(net.links(), net.time, { cutPackets: 0, kernelDrops, clock: null, siblings: [] });
      return ofCode(net, 'capture-drops').map(({ severity, sessions, evidence }) => [
        severity,
        sessions.length,
        evidence.kernelDrops,
      ]);
    };
    expect(end(7, 100)).toEqual([['warning', 1, 7]]);
    expect(end(7, 0)).toEqual([['info', 0, 7]]);
    expect(end(0, 0)).toEqual([]);
    expect(end(null, 100)).toEqual([['warning', 1, null]]);
  });

  it('is found in a capture with holes, and not in the same story without', async () => {
    expect((await findingsOf('lossy-capture')).map(({ code }) => code)).toEqual(['capture-drops']);
    expect(await findingsOf('partial-resync')).toEqual([]);
  });
});

describe('capture-clock', () => {
  const PATH = fileURLToPath(new URL('../../../fixtures/embedded/partial-resync.pcap', import.meta.url));
  const AT = 40;

  /** The capture, its clock set back by so much before the packet numbered AT + 1. */
  const setBack = async (ms: number) => {
    const packets = numbered(await packetsOf(readFileSync(PATH)));
    return analyzePackets(
      packets.map((packet, i) => (i < AT ? packet : { ...packet, time: packet.time - ms * 1000 })),
    ).document;
  };

  it('is told where times go back, and offsets are as they were', async () => {
    const [whole, stepped] = [await setBack(0), await setBack(5_000)];
    expect(whole.findings).toEqual([]);
    const found = stepped.findings.find(({ code }) => code === 'capture-clock')!;
    expect(found).toMatchObject({ severity: 'warning', link: null, evidence: { packet: AT + 1, times: 1 } });
    expect(found.evidence.backMs).toBeGreaterThan(4_000);
    expect(found.evidence.backMs).toBeLessThanOrEqual(5_000);
    expect(found.filter).toBe(`frame.number >= ${AT} && frame.number <= ${AT + 1}`);
    const offsets = (document: typeof whole) =>
      document.links.flatMap(({ sessions }) => sessions.map((session) => session.offsets));
    expect(offsets(stepped)).toEqual(offsets(whole));
  });

  it('is not told of what queues of a network card disagree by', async () => {
    expect((await setBack(20)).findings).toEqual([]);
  });
});

describe('capture-one-direction', () => {
  it('says which side is missing', () => {
    const net = network();
    const call = net.call().replica(resp('REPLCONF', 'listening-port', '6380'), resp('PSYNC', '?', '-1'));
    for (let i = 0; i < 3; i++) call.wait(999).replica(ack(14));
    net.finish();
    expect(ofCode(net, 'capture-one-direction')).toMatchObject([
      { evidence: { missing: 'master', sessions: 1 } },
    ]);
    const other = network();
    const rdb = smallRdb();
    other.call().master('+PONG\r\n', '+OK\r\n', `+FULLRESYNC ${ID} 0\r\n`, `$${rdb.length}\r\n`, rdb, SET);
    other.finish();
    expect(ofCode(other, 'capture-one-direction')).toMatchObject([{ evidence: { missing: 'replica' } }]);
  });

  it('is told of a link that was joined when its offset grows, not when it rests', () => {
    const joined = (step: number) => {
      const net = network();
      const call = net.call({ midstream: true });
      for (let i = 0; i < 5; i++) call.wait(999).replica(ack(5_000 + i * step));
      net.finish();
      return ofCode(net, 'capture-one-direction').length;
    };
    expect([joined(0), joined(14)]).toEqual([0, 1]);
  });

  it('is not told of a master that has not answered yet, nor of both', () => {
    const net = network();
    net.call().replica(resp('REPLCONF', 'listening-port', '6380'), resp('PSYNC', '?', '-1'));
    online(net);
    granted(net, { listeningPort: 6381 });
    continued(net, 1);
    net.finish();
    expect(ofCode(net, 'capture-one-direction')).toEqual([]);
  });
});
