import { once } from 'node:events';
import { connect } from 'node:net';
import type { FindingsStage } from './findings-stage.js';
import type { RedisServer } from './redis-server.js';
import { sleep } from './run-cli.js';
import { resp } from './talk.js';

/** Stories of real servers, each of which gives the finding it is named after (and what comes with it). See fixtures/README.md. */
export const FINDING_STORIES: Readonly<Record<string, (stage: FindingsStage) => Promise<void>>> = {
  'output-buffer-limit': outputBufferLimit,
  'resync-loop': resyncLoop,
  'replica-frozen': replicaFrozen,
  'ping-missing': pingMissing,
  divergence,
  drift,
  'rdb-aux-mismatch': rdbAuxMismatch,
  'master-emptied': masterEmptied,
  'failover-cost': failoverCost,
  'sentinel-failover': sentinelFailover,
  'acks-missing': acksMissing,
  'expiry-storm': expiryStorm,
  'big-command': bigCommand,
  'transfer-slow': transferSlow,
  'writable-replica': writableReplica,
};

/** A value that compresses well, so that fixtures stay small. */
const filler = (bytes: number): string => 'v'.repeat(bytes);

/** A snapshot that takes so many µs for each key, and whose bytes are as many as those of the values. */
const slowSave = (micros: number): string[] => [
  ...['--rdb-key-save-delay', String(micros)],
  ...['--rdbcompression', 'no'],
];

/** The replica stands still while more is written than kernel and master may keep for it. */
async function outputBufferLimit(stage: FindingsStage): Promise<void> {
  const limit = ['--client-output-buffer-limit', 'replica 1mb 1mb 60', '--repl-backlog-size', '16kb'];
  const master = await stage.server([...limit, '--save', '']);
  await stage.record(master.port);
  const replica = await stage.server([], master.port);
  await stage.online(replica);
  await master.ask(['SET', 'a', 'key']);
  await sleep(2_200);
  replica.signal('SIGSTOP');
  for (let i = 0; i < 20; i++) {
    await master.ask(['SET', `big:${i}`, filler(500_000)]);
    await sleep(150);
  }
  replica.signal('SIGCONT');
  await sleep(1_000);
  await stage.online(replica);
  await sleep(1_200);
}

/** Each transfer takes longer than the output buffer lasts; in the end writes become fewer, and one comes through. */
async function resyncLoop(stage: FindingsStage): Promise<void> {
  const limit = ['--client-output-buffer-limit', 'replica 256kb 256kb 60', '--repl-backlog-size', '16kb'];
  const master = await stage.server([...limit, ...slowSave(20_000)]);
  for (let i = 0; i < 40; i++) await master.ask(['SET', `key:${i}`, filler(5_000)]);
  await stage.record(master.port);
  const replica = await stage.server([], master.port);
  for (let i = 0; i < 60; i++) {
    await master.ask(['SET', 'hot', filler(100_000)]);
    await sleep(60);
  }
  await stage.online(replica);
  await sleep(1_500);
}

async function replicaFrozen(stage: FindingsStage): Promise<void> {
  const master = await stage.server(['--repl-timeout', '15']);
  await stage.record(master.port);
  const replica = await stage.server([], master.port);
  await stage.online(replica);
  await sleep(2_200);
  replica.signal('SIGSTOP');
  for (let i = 0; i < 12; i++) {
    await master.ask(['INCR', 'counter']);
    await sleep(1_000);
  }
  replica.signal('SIGCONT');
  await sleep(2_200);
}

/** The master stands still for longer than the replica's repl-timeout. */
async function pingMissing(stage: FindingsStage): Promise<void> {
  const master = await stage.server();
  await stage.record(master.port);
  const replica = await stage.server(['--repl-timeout', '5'], master.port);
  await stage.online(replica);
  await sleep(6_200);
  master.signal('SIGSTOP');
  await sleep(8_000);
  master.signal('SIGCONT');
  await stage.online(replica);
  await sleep(1_200);
}

/** A proxy in front of one of two replicas changes a value on its way. */
async function divergence(stage: FindingsStage): Promise<void> {
  const master = await stage.server();
  const proxy = await stage.proxy(master.port);
  proxy.tamper = (bytes) => Buffer.from(bytes.toString('latin1').replace('honest', 'crooky'), 'latin1');
  await stage.record(master.port, proxy.port);
  const replicas = [await stage.server([], master.port), await stage.server([], proxy.port)];
  for (const replica of replicas) await stage.online(replica);
  for (let i = 0; i < 300; i++) await master.ask(['SET', `key:${i}`, filler(100)]);
  await master.ask(['SET', 'balance', 'honest']);
  for (let i = 0; i < 300; i++) await master.ask(['SET', `key:${i}`, filler(100)]);
  await sleep(1_500);
}

/** A proxy puts a command of its own into the stream: the replica counts bytes that the master never sent. */
async function drift(stage: FindingsStage): Promise<void> {
  const master = await stage.server(['--repl-ping-replica-period', '10']);
  const proxy = await stage.proxy(master.port);
  await stage.record(master.port);
  const replica = await stage.server([], proxy.port);
  await stage.online(replica);
  await sleep(1_200);
  let isDone = false;
  proxy.tamper = (bytes) => {
    if (isDone || bytes[0] !== 0x2a) return bytes;
    isDone = true;
    return Buffer.concat([Buffer.from(resp('PING')), bytes]);
  };
  for (let i = 0; i < 3; i++) {
    await master.ask(['SET', 'key', `value ${i}`]);
    await sleep(2_500);
  }
}

/** A master that saves nothing is killed and started again by its supervisor: both replicas follow it. */
async function masterEmptied(stage: FindingsStage): Promise<void> {
  const master = await stage.server();
  for (let i = 0; i < 200; i++) await master.ask(['SET', `key:${i}`, filler(20)]);
  await stage.record(master.port);
  const replicas = [await stage.server([], master.port), await stage.server([], master.port)];
  for (const replica of replicas) await stage.online(replica);
  for (let i = 0; i < 20; i++) await master.ask(['SET', `order:${i}`, filler(20)]);
  await sleep(1_500);
  await master.stop('SIGKILL');
  await master.start();
  for (const replica of replicas) await stage.online(replica);
  await master.ask(['SET', 'first', 'write after it']);
  await sleep(1_500);
}

/** Something between the two answers for the master with another offset. */
async function rdbAuxMismatch(stage: FindingsStage): Promise<void> {
  const master = await stage.server();
  const first = await stage.server([], master.port);
  await stage.online(first);
  await master.ask(['SET', 'key', filler(1_000)]);
  const proxy = await stage.proxy(master.port);
  proxy.tamper = (bytes) => {
    const text = bytes.toString('latin1');
    const changed = text.replace(/^(\+FULLRESYNC \w{40} )1/, (_, head: string) => `${head}7`);
    return changed === text ? bytes : Buffer.from(changed, 'latin1');
  };
  await stage.record(proxy.port);
  await stage.online(await stage.server([], proxy.port));
  await sleep(1_200);
}

/** A replica is promoted while the old master writes on, and the old master then follows it. */
async function failoverCost(stage: FindingsStage): Promise<void> {
  const old = await stage.server();
  const promoted = await stage.server();
  await stage.record(old.port, promoted.port);
  await promoted.ask(['REPLICAOF', '127.0.0.1', String(old.port)]);
  await stage.online(promoted);
  const sibling = await stage.server([], old.port);
  await stage.online(sibling);
  await old.ask(['SET', 'key', 'value']);
  await sleep(1_500);
  await promoted.ask(['REPLICAOF', 'NO', 'ONE']);
  await old.ask(['SET', 'key', 'written too late']);
  await sleep(1_500);
  await old.ask(['REPLICAOF', '127.0.0.1', String(promoted.port)]);
  await stage.online(old);
  await sleep(1_200);
}

/**
 * An incident: the master stands still, its clients go on sending, a Sentinel promotes a replica; when the old master goes on it takes in
 * what its clients had sent, and only then is told to follow.
 */
async function sentinelFailover(stage: FindingsStage): Promise<void> {
  const old = await stage.server();
  const replicas = [await stage.server(), await stage.server()];
  await stage.record(old.port, ...replicas.map(({ port }) => port));
  for (const replica of replicas) {
    await replica.ask(['REPLICAOF', '127.0.0.1', String(old.port)]);
    await stage.online(replica);
  }
  await stage.sentinel(old.port);
  for (let i = 0; i < 30; i++) await old.ask(['SET', `order:${i}`, 'paid']);
  await sleep(1_200);
  old.signal('SIGSTOP');
  const late = Array.from({ length: 20 }, (_, i) => old.ask(['SET', `order:late:${i}`, 'paid']));
  let promoted: RedisServer | undefined;
  for (const end = Date.now() + 20_000; promoted === undefined && Date.now() < end; await sleep(50))
    for (const each of replicas) if ((await each.replication()).role === 'master') promoted = each;
  if (promoted === undefined) throw new Error('waited in vain for a promotion');
  const sibling = replicas.find((each) => each !== promoted)!;
  await stage.online(sibling);
  for (let i = 0; i < 10; i++) await promoted.ask(['SET', `order:new:${i}`, 'paid']);
  await sleep(1_000);
  old.signal('SIGCONT');
  await Promise.all(late);
  await stage.online(old);
  await sleep(1_500);
}

/** Something says that it is a replica, has itself continued, and never acknowledges. */
async function acksMissing(stage: FindingsStage): Promise<void> {
  const master = await stage.server();
  await stage.record(master.port);
  const replica = await stage.server([], master.port);
  await stage.online(replica);
  const { master_replid: id, master_repl_offset: offset } = await master.replication();
  const silent = connect(master.port, '127.0.0.1');
  await once(silent, 'connect');
  for (const words of [
    ['PING'],
    ['REPLCONF', 'listening-port', '6399'],
    ['REPLCONF', 'capa', 'psync2'],
    ['PSYNC', id!, String(Number(offset) + 1)],
  ]) {
    silent.write(resp(...words));
    await once(silent, 'data');
  }
  silent.resume();
  await sleep(12_000);
  silent.destroy();
}

async function expiryStorm(stage: FindingsStage): Promise<void> {
  const master = await stage.server();
  const script = `for i = 1, 6000 do redis.call('SET', 'session:' .. i, 'x', 'PX', 1500) end`;
  await master.ask(['EVAL', script, '0']);
  await stage.record(master.port);
  const replica = await stage.server([], master.port);
  await stage.online(replica);
  await sleep(2_500);
}

async function bigCommand(stage: FindingsStage): Promise<void> {
  const master = await stage.server();
  await stage.record(master.port);
  const replica = await stage.server([], master.port);
  await stage.online(replica);
  await master.ask(['SET', 'big', filler(1_500_000)]);
  await sleep(1_200);
}

/** Four seconds of transfer: the master's child takes its time for each key. Clients write meanwhile. */
async function transferSlow(stage: FindingsStage): Promise<void> {
  const master = await stage.server(slowSave(100_000));
  for (let i = 0; i < 40; i++) await master.ask(['SET', `key:${i}`, filler(5_000)]);
  await stage.record(master.port);
  const replica = await stage.server([], master.port);
  for (let i = 0; i < 30; i++) {
    await master.ask(['SET', 'hot', filler(10_000)]);
    await sleep(100);
  }
  await stage.online(replica);
  await sleep(1_500);
}

/**
 * A writable replica is written to, and has a replica of its own. Since 4.0 that one is passed the master's stream as it came, without
 * these writes: the streams of both links are the same, and nothing on the wire tells that the data differs.
 */
async function writableReplica(stage: FindingsStage): Promise<void> {
  const master = await stage.server();
  const middle = await stage.server(['--replica-read-only', 'no'], master.port);
  await stage.record(master.port, middle.port);
  await stage.online(middle);
  const below = await stage.server([], middle.port);
  await stage.online(below);
  for (let i = 0; i < 400; i++) {
    await master.ask(['SET', `key:${i}`, filler(50)]);
    if (i % 10 === 0) await middle.ask(['SET', `key:${i}`, 'only here']);
  }
  await sleep(1_500);
}
