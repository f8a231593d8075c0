import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RdbDecoder } from '../../rdb/decoder.js';
import { StageHost } from '../../testing/link-stage.js';
import { freePort, RedisServer } from '../../testing/redis-server.js';
import { sleep, waitFor } from '../../testing/run-cli.js';
import { RealClock } from '../net/real-clock.js';
import { SocketNetwork } from '../net/socket-network.js';
import type { HandshakeStyle, HistoryPoint, ReplicaSettings } from './host.js';
import { ReplicaLink } from './replica-link.js';

/** The link against a real redis-server, over real sockets. */

/** Counts the keys of what it loads, and checks the payload. */
class CountingHost extends StageHost {
  readonly keys: number[] = [];

  override load(payload: readonly Uint8Array[], point: HistoryPoint): string | null {
    const decoder = new RdbDecoder({ level: 'elements' });
    for (const chunk of payload) decoder.feed(chunk, 0, chunk.length);
    decoder.end();
    const { facts } = decoder;
    if (facts.error !== null || facts.checksum !== 'valid')
      return JSON.stringify(facts.error ?? facts.checksum);
    this.keys.push(facts.keys ?? -1);
    return super.load(payload, point);
  }
}

const STYLES: HandshakeStyle[] = ['redis-2.8', 'redis-5.0', 'redis-7.2', 'valkey-8.1'];

let folder = '';
let server: RedisServer;
let clock: RealClock;
let network: SocketNetwork;
let links: ReplicaLink[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replica-link-'));
  server = new RedisServer(await freePort(), folder, [
    '--repl-diskless-sync-delay',
    '0',
    '--enable-debug-command',
    'yes',
  ]);
  await server.start();
  clock = new RealClock();
  network = new SocketNetwork(clock);
  links = [];
});

afterEach(async () => {
  for (const link of links) link.stop('fin');
  network.closeAll();
  clock.stop();
  await server.stop();
  await rm(folder, { recursive: true });
});

function follow(settings: Partial<ReplicaSettings> = {}): { host: CountingHost; link: ReplicaLink } {
  const host = new CountingHost(clock, network, '127.0.0.1', settings);
  const link = new ReplicaLink(host, { host: '127.0.0.1', port: server.port });
  links.push(link);
  link.start();
  return { host, link };
}

/** What the master says of its only replica: its state, and the offset it acknowledged. */
async function replicaOf(): Promise<{ line: string; offset: number; master: number }> {
  const info = await server.replication();
  const line = info.slave0 ?? '';
  return {
    line,
    offset: Number(/offset=(\d+)/.exec(line)?.[1]),
    master: Number(info.master_repl_offset),
  };
}

async function untilAcknowledged(link: ReplicaLink): Promise<number> {
  for (let i = 0; i < 100; i++) {
    const { line, offset, master } = await replicaOf();
    if (link.state === 'online' && line.includes('state=online') && offset === master) return master;
    await sleep(50);
  }
  throw new Error(`never acknowledged: ${JSON.stringify(await replicaOf())}`);
}

describe('a real master', () => {
  for (const diskless of ['yes', 'no'])
    it(`syncs us (repl-diskless-sync ${diskless}), in every style`, async () => {
      await server.ask(['CONFIG', 'SET', 'repl-diskless-sync', diskless]);
      await server.ask(['DEBUG', 'POPULATE', '1000']);
      const followers = STYLES.map((style, i) => ({ style, ...follow({ style, listeningPort: 7000 + i }) }));
      await waitFor('all to be online', () => followers.every(({ link }) => link.state === 'online'));
      await server.ask(['SET', 'a', '1'], ['MULTI'], ['INCR', 'b'], ['RPUSH', 'c', 'x', 'y'], ['EXEC']);
      // WAIT makes the master ask with GETACK, and counts who has answered with its offset.
      const waited = await server.ask(['SET', 'd', '1'], ['WAIT', '4', '5000']);
      expect(waited).toBe(':4\r\n');
      const info = await server.replication();
      for (const { style, host, link } of followers) {
        expect(host.keys).toEqual([1000]);
        expect(host.applied.slice(0, 3)).toEqual(['SELECT 0', 'SET a 1', 'MULTI']);
        expect(host.history?.replid).toBe(info.master_replid);
        const form = diskless === 'yes' ? 'eof-mark' : 'length';
        expect(link.log.facts.find(({ kind }) => kind === 'payload')).toMatchObject({ form });
        expect(info[`slave${STYLES.indexOf(style)}`]).toContain('state=online');
        await waitFor('the last GETACK', () => host.offset === Number(info.master_repl_offset));
      }
    });

  it('continues where it was cut, and both agree on the offset', async () => {
    const { host, link } = follow({ announceAddress: '10.9.8.7' });
    await untilAcknowledged(link);
    expect((await replicaOf()).line).toContain('ip=10.9.8.7,port=6380');
    for (let cut = 0; cut < 3; cut++) {
      const before = host.applied.length;
      await server.ask(['SET', 'k', `${cut}`], ['SET', 'k', 'again'], ['CLIENT', 'KILL', 'TYPE', 'replica']);
      await server.ask(['SET', 'while', 'away']);
      await waitFor('the writes', () => host.applied.length >= before + 3);
      expect(await untilAcknowledged(link)).toBe(host.offset);
    }
    const stats = await server.stats();
    expect(stats).toMatchObject({ sync_full: '1', sync_partial_ok: '3' });
    expect(host.keys).toHaveLength(1);
  });

  it('tells us to wait, refuses us, and takes us', async () => {
    await server.ask(['CONFIG', 'SET', 'requirepass', 'secret']);
    const { host, link } = follow({ masterAuth: 'wrong', style: 'redis-6.2' });
    await waitFor('a refusal', () => link.log.facts.some(({ kind }) => kind === 'closed'));
    expect(link.log.facts.find(({ kind }) => kind === 'closed')).toMatchObject({
      by: 'replica',
      reason: expect.stringContaining('AUTH refused: -WRONGPASS'),
    });
    link.stop('fin');
    expect(host.keys).toEqual([]);
    const taken = follow({ masterAuth: 'secret', masterUser: 'default', style: 'redis-6.2' });
    await waitFor('the link', () => taken.link.state === 'online');
    expect(taken.host.keys).toEqual([0]);
  });

  it('gives us up when we freeze, and continues when we thaw', async () => {
    await server.ask(
      ['CONFIG', 'SET', 'repl-timeout', '2'],
      ['CONFIG', 'SET', 'repl-ping-replica-period', '1'],
    );
    const { host, link } = follow();
    await untilAcknowledged(link);
    link.pauseReading();
    await server.ask(['SET', 'k', 'v']);
    for (let i = 0; i < 100 && (await replicaOf()).line !== ''; i++) await sleep(50);
    expect((await replicaOf()).line).toBe('');
    expect(host.applied.some((command) => command.startsWith('SET'))).toBe(false);
    link.resumeReading();
    expect(await untilAcknowledged(link)).toBe(host.offset);
    expect(await server.stats()).toMatchObject({ sync_full: '1', sync_partial_ok: '1' });
  });
});
