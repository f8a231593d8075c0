import { describe, expect, it } from 'vitest';
import { Analyzer } from '../../analyzer.js';
import { MemorySource } from '../../capture/byte-source.js';
import { openByteSource } from '../../capture/open.js';
import { play } from '../../embedded/scenarios/play.js';
import type { ActorSettings, Stage } from '../../embedded/scenarios/stage.js';
import { PcapWriter } from '../../embedded/tap/pcap-file.js';
import type { Payload, Session, TransferFacts } from '../../replication/model.js';
import { analyzed } from '../../testing/analyze-topology.js';
import { fixture } from '../../testing/fixtures.js';
import { addSession, START, sampleLink, samplePayload, sampleSync } from '../../testing/sample-document.js';
import { anatomyOf, type SyncAnatomy } from './anatomy.js';

const NO_PAUSE: TransferFacts = {
  idleMs: 0,
  longestIdleMs: 0,
  unacknowledgedMs: 0,
  zeroWindowMs: 0,
  retransmittedBytes: 0,
  maxFlightBytes: 1_000_000,
};

/** A sync of 10 MB: request, 100 ms, header, 1 s, last byte, 500 ms, first ACK and all caught up. */
function sync(changes: Partial<Payload> = {}, session: Partial<Session> = {}): Session {
  const at = (ms: number): number => START + ms * 1000;
  const payload = samplePayload({
    bytes: 10_000_000,
    startedAt: at(100),
    finishedAt: at(1100),
    loadedAt: at(1600),
    caughtUpAt: at(1600),
    transfer: NO_PAUSE,
    ...changes,
  });
  const syncs = [sampleSync({ requestedAt: at(0), decidedAt: at(1) })];
  return addSession(sampleLink(), { syncs, payload, ...session });
}

const at = (ms: number): number => START + ms * 1000;

describe('who bound a full sync', () => {
  it.each<[string, Session, Partial<SyncAnatomy>]>([
    [
      'waiting for the snapshot',
      sync({ startedAt: at(5000), finishedAt: at(5100), loadedAt: at(5200), caughtUpAt: at(5200) }),
      { boundBy: 'master', reason: 'snapshot', reasonMs: 5000, totalMs: 5200 },
    ],
    [
      'a master that paused',
      sync({ transfer: { ...NO_PAUSE, idleMs: 900 } }),
      { boundBy: 'master', reason: 'slow-source', reasonMs: 900 },
    ],
    [
      'snapshot and pauses together',
      sync({
        startedAt: at(500),
        finishedAt: at(1500),
        loadedAt: at(2200),
        transfer: { ...NO_PAUSE, idleMs: 700 },
      }),
      { boundBy: 'master', reason: 'slow-source', reasonMs: 700 },
    ],
    [
      'waiting for ACKs',
      sync({ transfer: { ...NO_PAUSE, unacknowledgedMs: 950 } }, { roundTripUs: 80_000 }),
      { boundBy: 'network', reason: 'round-trips', reasonMs: 950, roundTripMs: 80 },
    ],
    [
      'waiting for what was lost',
      sync({ transfer: { ...NO_PAUSE, unacknowledgedMs: 950, retransmittedBytes: 200_000 } }),
      { boundBy: 'network', reason: 'losses' },
    ],
    [
      'a window as large as what a round trip carries, and no more',
      sync({ transfer: { ...NO_PAUSE, maxFlightBytes: 110_000 } }, { roundTripUs: 10_000 }),
      { boundBy: 'network', reason: 'window' },
    ],
    [
      'a closed window',
      sync({ transfer: { ...NO_PAUSE, zeroWindowMs: 950 } }),
      { boundBy: 'replica', reason: 'zero-window', reasonMs: 950 },
    ],
    [
      'loading that took longer than ACKs take to come',
      sync({ loadedAt: at(9100), caughtUpAt: at(9100) }),
      { boundBy: 'replica', reason: 'load', reasonMs: 7000, loadMs: 8000 },
    ],
    [
      'a first ACK within the second in which it is due: nothing is known of the loading',
      sync({ finishedAt: at(110), loadedAt: at(1050), caughtUpAt: at(1050) }),
      { boundBy: 'unclear', reason: 'first-ack', reasonMs: 940 },
    ],
    [
      'catching up',
      sync({ caughtUpAt: at(9600) }),
      { boundBy: 'unclear', reason: 'catch-up', reasonMs: 8000, catchUpMs: 8000 },
    ],
    [
      'nobody: it was sent without a pause',
      sync(),
      { boundBy: 'unclear', reason: 'sending', reasonMs: 1000 },
    ],
    [
      'a transfer that TCP was not seen of',
      sync({ transfer: null }),
      { boundBy: 'unclear', reason: 'sending', idleMs: null },
    ],
    [
      'too short',
      sync({ startedAt: at(100), finishedAt: at(110), loadedAt: at(120), caughtUpAt: at(120) }),
      { boundBy: 'unclear', reason: 'short' },
    ],
    [
      'one that was broken off: up to its last byte',
      sync({
        complete: false,
        finishedAt: null,
        lastAt: at(4100),
        loadedAt: null,
        caughtUpAt: null,
        transfer: { ...NO_PAUSE, zeroWindowMs: 3900 },
      }),
      { boundBy: 'replica', reason: 'zero-window', transferMs: 4000, loadMs: null },
    ],
  ])('%s', (_name, session, expected) => {
    expect(anatomyOf(session)).toMatchObject(expected);
  });

  it('nothing without a payload, or where its beginning was not captured', () => {
    expect(anatomyOf(addSession(sampleLink()))).toBeNull();
    expect(anatomyOf(sync({ startedAt: null }))).toBeNull();
  });
});

describe('a sync on two connections', () => {
  it('of Valkey 8.0, recorded: load and writes are known by the ACKs of the main connection', async () => {
    const analyzer = await analyzed(fixture('dual-channel-valkey-8.0.1.pcap').path);
    const [main, rdb] = analyzer.links()[0]!.sessions;
    const found = anatomyOf(rdb!)!;
    expect(rdb!.payload!.loadedAt).toBe(main!.acks.firstAt);
    expect(found).toMatchObject({ boundBy: 'master', reason: 'slow-source', catchUpMs: 0 });
    expect(found.loadMs).toBeCloseTo(8.199, 2);
    // All that was written while the snapshot was on its way: what it lagged behind just before its first ACK.
    expect(found.writtenBytes).toBe(main!.lag.maxBytes);
    expect(anatomyOf(main!)).toBeNull();
    expect(rdb!.onlineAt).toBeNull();
  });
});

describe('servers of our own', () => {
  async function anatomy(settings: ActorSettings, fill: number, latency?: number): Promise<SyncAnatomy> {
    const pieces: Uint8Array[] = [];
    const frames = new PcapWriter((bytes) => pieces.push(Uint8Array.from(bytes)));
    const run = async (stage: Stage): Promise<void> => {
      const master = await stage.server('master', settings);
      stage.fill(master);
      stage.flood(master, fill);
      const replica = await stage.server('replica', settings, master);
      await stage.online(replica);
      await stage.write(master, 10, 2);
      await stage.sleep(1.5);
    };
    const scenario = { name: 'sync', title: '', run };
    await play(scenario, { live: false, seed: 3, frames, ...(latency !== undefined && { latency }) });
    const analyzer = new Analyzer();
    const reader = await openByteSource(new MemorySource(Buffer.concat(pieces)), 'memory');
    for (let batch = await reader.next(); batch !== null; batch = await reader.next())
      analyzer.run(batch, 0, batch.count);
    await reader.close();
    analyzer.finish();
    return anatomyOf(analyzer.links()[0]!.sessions[0]!)!;
  }

  it('a master that produces 20 kB/s', async () => {
    const found = await anatomy({ payloadRate: 20_000 }, 300_000);
    expect(found).toMatchObject({ boundBy: 'master', reason: 'slow-source' });
    expect(found.idleMs).toBeGreaterThan(4000);
  });

  it('a master that waits for more replicas', async () => {
    expect(await anatomy({ disklessDelay: 4_000_000 }, 1000)).toMatchObject({
      boundBy: 'master',
      reason: 'snapshot',
    });
  });

  it('a replica that loads for eight seconds', async () => {
    const found = await anatomy({ loadTime: 8_000_000, payloadRate: 50_000_000 }, 100_000);
    expect(found).toMatchObject({ boundBy: 'replica', reason: 'load' });
    expect(found.loadMs).toBeGreaterThan(7900);
    expect(found.loadMs).toBeLessThan(9100);
  });

  it('a round trip of 400 ms is measured, and its ACKs are not held against anybody', async () => {
    const found = await anatomy({ payloadRate: 500_000_000 }, 4_000_000, 200_000);
    expect(found.roundTripMs).toBeCloseTo(400, -1);
    expect(found.boundBy).not.toBe('master');
  });
});
