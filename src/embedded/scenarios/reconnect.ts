import type { Scenario } from './scenario.js';
import type { Actor, ActorSettings, Stage } from './stage.js';

/** A link that breaks and comes back: what that costs depends on the backlog and on the history. */

interface Pair {
  readonly master: Actor;
  readonly replica: Actor;
}

/** A master and a replica that is online. */
export async function onlinePair(
  stage: Stage,
  master: ActorSettings = {},
  replica: ActorSettings = {},
): Promise<Pair> {
  const first = await stage.server('master', master);
  stage.fill(first);
  stage.say('A replica attaches. It holds nothing, so it is sent everything.');
  const second = await stage.server('replica', replica, first);
  await stage.online(second);
  return { master: first, replica: second };
}

/** Clients write, and the replica has it all and has said so. */
export async function soundStream(stage: Stage, { master, replica }: Pair, seconds = 2): Promise<void> {
  await stage.write(master, seconds * 15, seconds);
  await stage.caughtUp(replica, master);
  await stage.sleep(1.2);
}

export const tour: Scenario = {
  name: 'tour',
  title: 'a full sync, writes, a cut, a partial resync, a replica that lags and recovers',
  run: async (stage) => {
    const pair = await onlinePair(stage);
    const { master, replica } = pair;
    await stage.write(master, 20, 1);
    stage.say('The link is cut for a second, and clients go on writing.');
    await stage.cutOff(replica, 0.5, () => stage.write(master, 15, 0.5));
    await stage.online(replica);
    stage.say('It comes back to the byte where it was: the backlog holds the rest.');
    await stage.write(master, 10, 0.7);
    stage.say('Now the replica stops applying what it reads: it goes on to acknowledge an old offset.');
    replica.node.link?.stall(true);
    await stage.write(master, 60, 6);
    stage.say('It recovers.');
    replica.node.link?.stall(false);
    await stage.caughtUp(replica, master);
    await stage.sleep(1.2);
  },
};

export const partialResync: Scenario = {
  name: 'partial-resync',
  title: 'a link cut for a second: the backlog holds what was missed',
  run: async (stage) => {
    const pair = await onlinePair(stage);
    await soundStream(stage, pair);
    stage.say('The link is cut for a second, and clients go on writing.');
    await stage.cutOff(pair.replica, 0.5, () => stage.write(pair.master, 10, 0.5));
    await stage.online(pair.replica);
    await soundStream(stage, pair);
  },
};

export const backlogMiss: Scenario = {
  name: 'backlog-miss',
  title: 'a link cut while more is written than the backlog holds: a full resync',
  run: async (stage) => {
    const pair = await onlinePair(stage, { backlogSize: 16_384 });
    await soundStream(stage, pair);
    stage.say('The link is cut, and 60 kB are written: more than the backlog of 16 kB holds.');
    await stage.cutOff(pair.replica, 1, () => stage.flood(pair.master, 60_000));
    await stage.online(pair.replica);
    await soundStream(stage, pair);
  },
};

export const replidMismatch: Scenario = {
  name: 'replid-mismatch',
  title: 'a master that restarts under a new replication id: a full resync',
  run: async (stage) => {
    const pair = await onlinePair(stage);
    await soundStream(stage, pair);
    stage.say(
      'The master restarts without persistence: data and history are gone, and the replica is emptied too.',
    );
    pair.master.node.stop('fin');
    await stage.sleep(1.5);
    await stage.start(pair.master);
    await stage.online(pair.replica);
    await soundStream(stage, pair);
  },
};
