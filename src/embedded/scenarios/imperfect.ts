import { onlinePair, soundStream } from './reconnect.js';
import type { Scenario } from './scenario.js';
import type { Stage } from './stage.js';

/** The same sound story with a cut, in captures as they come in practice. */

async function story(stage: Stage): Promise<void> {
  const pair = await onlinePair(stage, { style: 'redis-6.2', disklessSync: false });
  await soundStream(stage, pair);
  stage.say('The link is cut for a second, and clients go on writing.');
  await stage.cutOff(pair.replica, 0.5, () => stage.write(pair.master, 20, 0.5));
  await stage.online(pair.replica);
  await soundStream(stage, pair, 3);
}

export const lossyCapture: Scenario = {
  name: 'lossy-capture',
  title: 'the capture misses one packet in thirty; the link itself is sound',
  faults: { lose: 0.03 },
  run: story,
};

export const snappedCapture: Scenario = {
  name: 'snapped-capture',
  title: 'tcpdump -s 160: long packets are cut, offsets stay exact',
  faults: { snapLength: 160 },
  run: story,
};

export const midstreamCapture: Scenario = {
  name: 'midstream-capture',
  title: 'a capture that begins when the link has long been up',
  captureFrom: 2.5,
  run: story,
};

export const mirrorPort: Scenario = {
  name: 'mirror-port',
  title: 'a mirror port: every packet twice, with a VLAN tag',
  faults: { twice: true, vlan: 42 },
  run: story,
};

export const badNetwork: Scenario = {
  name: 'bad-network',
  title: 'a network that loses and swaps packets: TCP sends them again',
  faults: { retransmit: { picker: 0.1 }, reorder: { picker: 0.05, distance: 2 } },
  run: story,
};
