import { describe, expect, it } from 'vitest';
import { Analyzer } from '../../analyzer.js';
import { MemorySource } from '../../capture/byte-source.js';
import { openByteSource } from '../../capture/open.js';
import { SCENARIOS } from '../../embedded/scenarios/index.js';
import { play } from '../../embedded/scenarios/play.js';
import type { Scenario } from '../../embedded/scenarios/scenario.js';
import type { FrameSink } from '../../embedded/tap/frame-sink.js';
import { PcapWriter } from '../../embedded/tap/pcap-file.js';
import type { SummaryDocument } from '../../report/document.js';
import { captureBytes, fixture, replicationFixtures } from '../../testing/fixtures.js';
import { ack, Network, resp, smallRdb } from '../../testing/talk.js';
import type { SiblingPair } from './siblings.js';
import { Siblings } from './siblings.js';

/** Whole captures: sound siblings are equal over all that they share, a master that sends one of them other bytes is found out. */

interface Outcome {
  pairs: SiblingPair[];
  document: SummaryDocument;
}

async function analyzed(bytes: Uint8Array): Promise<Outcome> {
  const analyzer = new Analyzer();
  const reader = await openByteSource(new MemorySource(bytes), 'memory');
  for (let batch = await reader.next(); batch !== null; batch = await reader.next())
    analyzer.run(batch, 0, batch.count);
  await reader.close();
  analyzer.finish();
  return { pairs: analyzer.siblings, document: analyzer.summary([reader.facts]) };
}

type Tamper = (time: number, frame: Uint8Array) => void;

async function captureOf(scenario: Scenario, tamper: Tamper = () => {}): Promise<Outcome> {
  const pieces: Uint8Array[] = [];
  const file = new PcapWriter((bytes) => pieces.push(Uint8Array.from(bytes)));
  const frames: FrameSink = {
    frame: (time, bytes, originalLength) => {
      const copy = Uint8Array.from(bytes);
      tamper(time, copy);
      file.frame(time, copy, originalLength);
    },
  };
  await play(scenario, { live: false, seed: 7, frames });
  return analyzed(Buffer.concat(pieces));
}

/** A master, two replicas of it, a replica of the second one; half a megabyte of writes, one reconnection on the way. */
const FAMILY: Scenario = {
  name: 'family',
  title: 'for this test',
  run: async (stage) => {
    const master = await stage.server('master');
    const first = await stage.server('first', {}, master);
    const second = await stage.server('second', {}, master);
    await stage.online(first);
    await stage.online(second);
    const third = await stage.server('third', {}, second);
    await stage.online(third);
    for (let i = 0; i < 10; i++) {
      stage.flood(master, 50_000);
      await stage.write(master, 10, 0.3);
      if (i === 5) await stage.cutOff(first, 0.5);
    }
    for (const replica of [first, second, third]) await stage.caughtUp(replica, master);
    await stage.sleep(1.5);
  },
};

describe('sound servers', () => {
  it('siblings and a chain, over half a megabyte and a reconnection', async () => {
    const { pairs, document } = await captureOf(FAMILY);
    expect(pairs.length).toBe(3);
    for (const pair of pairs) {
      expect(pair).toMatchObject({ differingBytes: 0, first: null });
      expect(pair.equalBytes).toBeGreaterThan(400_000);
    }
    expect(document.findings.filter(({ code }) => code === 'divergence')).toEqual([]);
  });

  for (const scenario of SCENARIOS)
    it(`story ${scenario.name}: no difference`, async () => {
      const { pairs } = await captureOf(scenario);
      for (const pair of pairs) expect(pair).toMatchObject({ differingBytes: 0, first: null });
      if (['failover', 'chain', 'first-sync-diskless'].includes(scenario.name))
        expect(pairs.reduce((sum, { equalBytes }) => sum + equalBytes, 0)).toBeGreaterThan(300);
    });

  it('recorded captures of real ones: no difference, thousands of bytes equal', async () => {
    for (const { name, path } of replicationFixtures()) {
      const { pairs } = await analyzed(captureBytes(path));
      for (const pair of pairs) expect(pair, name).toMatchObject({ differingBytes: 0, first: null });
    }
    const { pairs } = await analyzed(captureBytes(fixture('failover-chain-redis-6.2.5.pcap').path));
    expect(pairs.map(({ equalBytes }) => equalBytes)).toEqual([6707, 3704]);
  });
});

describe('a master that sends one replica other bytes', () => {
  /** Flips a bit in large packet number `packet` from 10.0.0.1 to 10.0.0.`host`. */
  function flipIn(host: number, packet: number): { tamper: Tamper; done: () => boolean } {
    let seen = 0;
    let done = false;
    return {
      done: () => done,
      tamper: (_time, frame) => {
        const goesThere = frame[33] === host && frame[29] === 1 && frame.length > 1000;
        if (!goesThere || ++seen !== packet) return;
        frame[frame.length - 40]! ^= 1;
        done = true;
      },
    };
  }

  it('is found out, with the block, both links and the packets', async () => {
    const { tamper, done } = flipIn(2, 60);
    const { pairs, document } = await captureOf(FAMILY, tamper);
    expect(done()).toBe(true);
    const bad = pairs.filter(({ first }) => first !== null);
    // The first replica differs from the other two; these are the same.
    expect(bad.length).toBe(2);
    for (const pair of bad) {
      expect(pair.differingBytes).toBe(4096);
      expect(pair.first!.to - pair.first!.from).toBe(4095);
      expect(pair.sessions.some(({ link }) => link.replica === '10.0.0.2:6379')).toBe(true);
    }
    const found = document.findings.filter(({ code }) => code === 'divergence');
    expect(found.length).toBe(2);
    expect(found[0]).toMatchObject({ severity: 'error', evidence: { fromOffset: bad[0]!.first!.from } });
    expect(found[0]!.message).toContain('10.0.0.');
    expect(found[0]!.packets.length).toBe(2);
  });
});

describe('conversations', () => {
  const REPLID = 'c'.repeat(40);

  interface Part {
    port: number;
    rdb?: Buffer;
    capabilities?: string[];
    text: string;
  }

  function talk(parts: Part[]): SiblingPair[] {
    const siblings = new Siblings();
    const network = new Network(undefined, { follower: siblings });
    const calls = parts.map(({ port, rdb = smallRdb(REPLID, 100), capabilities = ['eof', 'psync2'] }) => {
      const call = network.call();
      call.replica(resp('REPLCONF', 'listening-port', String(port))).master('+OK\r\n');
      call.replica(resp('REPLCONF', ...capabilities.flatMap((name) => ['capa', name]))).master('+OK\r\n');
      call.replica(resp('PSYNC', '?', '-1')).master(`+FULLRESYNC ${REPLID} 100\r\n`);
      return call.master(`$${rdb.length}\r\n`, rdb).replica(ack(100));
    });
    parts.forEach(({ text }, i) => {
      calls[i]!.master(text);
    });
    return siblings.pairs();
  }

  const text = (last: string): string => resp('SET', 'key', 'x'.repeat(10_000)) + resp('SET', 'k', last);

  it('the same bytes, and other ones', () => {
    const parts = [1, 2].map((port) => ({ port, text: text('same') }));
    expect(talk(parts)).toMatchObject([{ equalBytes: text('same').length, first: null }]);
    const big = 'y'.repeat(5000);
    const other = [
      { port: 1, text: text(big) },
      { port: 2, text: text(`z${big.slice(1)}`) },
    ];
    expect(talk(other)).toMatchObject([{ differingBytes: 4096, first: { from: 8192, to: 12_287 } }]);
  });

  it('masters before 4.0 are not compared: their payloads do not name the history', () => {
    const rdb = Buffer.concat([Buffer.from('REDIS0006'), Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 0])]);
    expect(talk([1, 2].map((port) => ({ port, rdb, text: text(String(port).repeat(5000)) })))).toEqual([]);
  });

  it('nor are active replicas of KeyDB, which are not sent what came from them', () => {
    const capabilities = ['eof', 'psync2', 'activeExpire'];
    const parts = [1, 2].map((port) => ({ port, capabilities, text: text(String(port).repeat(5000)) }));
    expect(talk(parts)).toEqual([]);
  });
});
