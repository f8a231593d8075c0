import { SECOND } from '../net/clock.js';
import type { Scenario } from './scenario.js';
import type { ActorSettings, Stage } from './stage.js';

/** Full synchronizations that go as they should, in the forms that there are. */

async function firstSync(stage: Stage, settings: ActorSettings): Promise<void> {
  const master = await stage.server('master', settings);
  stage.fill(master);
  stage.say('A replica attaches. It holds nothing, so it is sent everything.');
  const replica = await stage.server('replica', { ...settings, loadTime: SECOND / 10 }, master);
  await stage.online(replica);
  stage.say('Clients write; every byte of it counts into the offset.');
  await stage.write(master, 30, 2);
  await stage.caughtUp(replica, master);
  await stage.sleep(1.5);
}

export const firstSyncDisk: Scenario = {
  name: 'first-sync-disk',
  title: 'a full sync with a snapshot on disk: $<length>, then the file',
  run: (stage) => firstSync(stage, { disklessSync: false }),
};

export const firstSyncDiskless: Scenario = {
  name: 'first-sync-diskless',
  title: 'a full sync without a disk: two replicas share one fork, the payload ends with a mark',
  run: async (stage) => {
    const master = await stage.server('master', { disklessDelay: 2 * SECOND });
    const first = await stage.server('replica 1');
    const second = await stage.server('replica 2');
    stage.fill(master);
    stage.say('Two replicas attach while the master waits two seconds for more of them.');
    stage.point(first, master);
    await stage.sleep(0.3);
    await stage.attach(second, master);
    await stage.online(first);
    await stage.write(master, 20, 1.5);
    await stage.caughtUp(first, master);
    await stage.caughtUp(second, master);
    await stage.sleep(1.5);
  },
};

export const oldServers: Scenario = {
  name: 'old-servers',
  title: 'servers of the 2.8 kind: inline handshake, run ids, no end mark',
  run: (stage) => firstSync(stage, { style: 'redis-2.8', disklessSync: false }),
};

export const ipv6: Scenario = {
  name: 'ipv6',
  title: 'a full sync over IPv6, of servers of the 6.2 kind',
  ipv6: true,
  run: (stage) => firstSync(stage, { style: 'redis-6.2', disklessSync: false }),
};

/** Two connections: the payload on one, what is written meanwhile on the other. */
async function twoConnections(stage: Stage, style: 'valkey-8.1' | 'redis-8.0'): Promise<void> {
  const settings: ActorSettings = { style, twoConnections: true };
  const master = await stage.server('master', { ...settings, payloadRate: 40_000 });
  const replica = await stage.server('replica', settings);
  stage.fill(master);
  stage.flood(master, 20_000);
  stage.say('The payload has a connection of its own; what is written meanwhile comes over the first one.');
  stage.point(replica, master);
  await stage.write(master, 20, 1);
  await stage.online(replica);
  await stage.write(master, 20, 1);
  await stage.caughtUp(replica, master);
  await stage.sleep(1.5);
}

export const dualChannel: Scenario = {
  name: 'dual-channel',
  title: "Valkey's dual channel: one sync over two connections",
  run: (stage) => twoConnections(stage, 'valkey-8.1'),
};

export const rdbChannel: Scenario = {
  name: 'rdb-channel',
  title: "Redis 8's RDB channel: one sync over two connections",
  run: (stage) => twoConnections(stage, 'redis-8.0'),
};
