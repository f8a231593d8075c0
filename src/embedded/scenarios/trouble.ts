import { SECOND } from '../net/clock.js';
import { onlinePair, soundStream } from './reconnect.js';
import type { Scenario } from './scenario.js';

/** What an engineer on call is woken for. */

export const authFailure: Scenario = {
  name: 'auth-failure',
  title: 'a replica with a wrong password, until it gets the right one',
  run: async (stage) => {
    const master = await stage.server('master', { password: 'correct horse' });
    const replica = await stage.server('replica', { masterAuth: 'battery staple' });
    stage.fill(master);
    stage.say('The replica has a wrong password, and tries once a second.');
    stage.point(replica, master);
    await stage.sleep(2.5);
    stage.say('CONFIG SET masterauth, with the right one.');
    replica.node.call(['CONFIG', 'SET', 'masterauth', 'correct horse']);
    await stage.online(replica);
    await soundStream(stage, { master, replica });
  },
};

export const loadingMaster: Scenario = {
  name: 'loading-master',
  title: 'a master that is still loading its data set: LOADING, until it is ready',
  run: async (stage) => {
    const replica = await stage.server('replica');
    const master = await stage.server('master', { startLoadTime: 2.5 * SECOND });
    stage.say(
      'The master loads its data set: each PING is answered -LOADING, and the connection ends with it.',
    );
    await stage.attach(replica, master);
    await soundStream(stage, { master, replica });
  },
};

export const laggingReplica: Scenario = {
  name: 'lagging-replica',
  title: 'a replica that stops applying, then one that stands still altogether',
  run: async (stage) => {
    const pair = await onlinePair(stage);
    const { master, replica } = pair;
    await soundStream(stage, pair);
    stage.say('The replica reads and does not apply: ACKs go on with an old offset.');
    replica.node.link?.stall(true);
    await stage.write(master, 60, 6);
    replica.node.link?.stall(false);
    await stage.caughtUp(replica, master);
    await stage.sleep(1.2);
    stage.say('The replica process is stopped: its kernel acknowledges, it does not.');
    replica.node.freeze();
    await stage.write(master, 60, 6);
    replica.node.thaw();
    await stage.caughtUp(replica, master);
    await stage.sleep(1.2);
  },
};

export const timedOutReplica: Scenario = {
  name: 'timed-out-replica',
  title: 'a replica that is silent for longer than repl-timeout: the master closes, it continues',
  run: async (stage) => {
    const pair = await onlinePair(stage, { timeout: 4 * SECOND, pingPeriod: SECOND });
    await soundStream(stage, pair);
    stage.say('The replica process is stopped for longer than repl-timeout, 4 s here.');
    pair.replica.node.freeze();
    await stage.write(pair.master, 30, 7);
    stage.say('It runs again and finds its connection closed.');
    pair.replica.node.thaw();
    await stage.online(pair.replica);
    await soundStream(stage, pair);
  },
};

export const resyncLoop: Scenario = {
  name: 'resync-loop',
  title: 'an output buffer limit smaller than what is written during a transfer: full resyncs without end',
  run: async (stage) => {
    const master = await stage.server('master', {
      disklessSync: false,
      backlogSize: 16_384,
      outputLimit: { hard: 32_768, soft: 0, softTime: 0 },
      payloadRate: 60_000,
    });
    const replica = await stage.server('replica');
    stage.fill(master);
    stage.flood(master, 60_000);
    stage.say('The transfer takes a second; clients write more meanwhile than the output buffer may hold.');
    stage.point(replica, master);
    for (let round = 0; round < 5; round++) {
      await stage.sleep(0.5);
      stage.flood(master, 40_000);
    }
    stage.say('The limit is raised.');
    master.node.call(['CONFIG', 'SET', 'client-output-buffer-limit', 'replica 10mb 0 0']);
    await stage.online(replica);
    await soundStream(stage, { master, replica });
  },
};

export const drift: Scenario = {
  name: 'drift',
  title: 'a replica that miscounts by seven bytes',
  run: async (stage) => {
    const pair = await onlinePair(stage);
    await soundStream(stage, pair);
    stage.say('From now on the replica acknowledges seven bytes less than it has.');
    const { link } = pair.replica.node;
    if (link !== null) link.offsetError = -7;
    await stage.write(pair.master, 20, 1);
    await stage.sleep(3.2);
  },
};

export const corruptPayload: Scenario = {
  name: 'corrupt-payload',
  title: 'a bit of the payload flips: the checksum shows it, and the replica exits',
  run: async (stage) => {
    const master = await stage.server('master', { disklessSync: false });
    stage.fill(master);
    stage.say('A bit of the snapshot is wrong, before it goes out.');
    master.node.tamper = flipBit;
    const replica = await stage.server('replica', { loadTime: LOADING * SECOND }, master);
    await stage.until('the replica loads', () => replica.node.link?.state === 'loading');
    await stage.sleep(LOADING - 0.02);
    stage.say('The replica finds the wrong checksum and exits, as redis-server does. It is started again.');
    replica.node.stop('fin');
    master.node.tamper = null;
    await stage.sleep(1);
    await stage.start(replica);
    await stage.online(replica);
    await soundStream(stage, { master, replica });
  },
};

/** Seconds that the replica of that story takes to load. */
const LOADING = 0.2;

/** In the last value before the end of the data: the layout stays whole, only the checksum tells. */
function flipBit(payload: Uint8Array): Uint8Array {
  const changed = payload.slice();
  // Behind the last value stand the end opcode and the checksum.
  changed[changed.length - 10]! ^= 1;
  return changed;
}
