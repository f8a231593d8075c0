import { onlinePair, soundStream } from './reconnect.js';
import type { Scenario } from './scenario.js';

/** Roles that change, and replicas of replicas. */

export const failover: Scenario = {
  name: 'failover',
  title: 'a replica is promoted: its sibling continues under the new id, the old master comes back',
  run: async (stage) => {
    const pair = await onlinePair(stage);
    const sibling = await stage.server('sibling');
    await stage.attach(sibling, pair.master);
    await soundStream(stage, pair);
    await stage.caughtUp(sibling, pair.master);
    stage.say('The master dies. Its replica becomes the master, with a new replication id.');
    pair.master.node.stop('fin');
    await stage.sleep(0.5);
    pair.replica.node.replicaOfNoOne();
    stage.say('The sibling is pointed to it: the old id is good up to here, nothing is sent twice.');
    await stage.attach(sibling, pair.replica);
    await soundStream(stage, { master: pair.replica, replica: sibling });
    stage.say('The old master returns as a replica, with no history that is known here.');
    await stage.start(pair.master);
    await stage.attach(pair.master, pair.replica);
    await soundStream(stage, { master: pair.replica, replica: pair.master });
  },
};

export const failoverCommand: Scenario = {
  name: 'failover-command',
  title: 'FAILOVER: master and replica change places without a lost byte',
  run: async (stage) => {
    const pair = await onlinePair(stage);
    await soundStream(stage, pair);
    stage.say('FAILOVER: writes pause, the replica has everything, and is asked to take over.');
    pair.master.node.failoverTo(pair.replica.node.endpoint);
    await stage.online(pair.master);
    await soundStream(stage, { master: pair.replica, replica: pair.master });
  },
};

export const chain: Scenario = {
  name: 'chain',
  title: 'a replica of a replica: the same bytes and offsets all the way down',
  run: async (stage) => {
    const pair = await onlinePair(stage);
    const leaf = await stage.server('leaf');
    stage.say('A replica of the replica attaches.');
    await stage.attach(leaf, pair.replica);
    await soundStream(stage, pair);
    await stage.caughtUp(leaf, pair.master);
    stage.say('The link in the middle is cut for a second: the leaf stays where it is.');
    await stage.cutOff(pair.replica, 1, () => stage.write(pair.master, 10, 0.5));
    await stage.online(pair.replica);
    await soundStream(stage, pair);
    await stage.online(leaf);
    await stage.caughtUp(leaf, pair.master);
    await stage.sleep(1.2);
  },
};
