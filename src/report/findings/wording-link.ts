import { countText, plural } from '../units.js';
import { type Evidence, sentences, type Words } from './evidence.js';

/** Words for links that stand, and do not work as they should. */

export function replicaFrozen(evidence: Evidence): Words {
  return {
    message: sentences(
      `the replica has not said a word for ${evidence.duration('silentMs')}, while its kernel took in ${evidence.bytes('receivedBytes')}`,
      `its last ACK was ${evidence.grouped('lastAck')}`,
      evidence.flag('closedByMaster') && 'then the master closed the connection (repl-timeout)',
    ),
    advice:
      'the process stands still, not the network: a stopped or swapping process, a slow command or script (SLOWLOG), a blocking disk, a paused machine',
  };
}

export function lagHigh(evidence: Evidence): Words {
  const lasted = evidence.number('lastedMs');
  return {
    message: sentences(
      `the replica acknowledges, and is behind: ${evidence.bytes('maxBytes')}, the oldest for ${evidence.duration('maxMs')}`,
      lasted === null ? 'it had not caught up when last seen' : `for ${evidence.duration('lastedMs')}`,
    ),
    advice:
      'it applies more slowly than the master writes, or one command keeps it busy: compare SLOWLOG and CPU of the two',
  };
}

export function acksLate(evidence: Evidence): Words {
  return {
    message: `${evidence.duration('intervalMs')} between two ACKs instead of one second (INFO's lag shows this), ${evidence.bytes('lagBytes')} unacknowledged after it`,
    advice: 'a pause of the replica process (fork, swap, slow command), or of the network between the two',
  };
}

export function acksMissing(evidence: Evidence): Words {
  const isTool = evidence.number('announcedPort') === null;
  const phase = evidence.flag('loading') ? 'since the payload' : 'since it came online';
  return {
    message: `no ACK for ${evidence.duration('silentMs')} ${phase}${isTool ? '; it announced no port, as tools do (redis-cli --replica)' : ''}`,
    advice: isTool
      ? null
      : 'the master counts it as lagging, WAIT and min-replicas-to-write do not count it at all: is it loading, stopped, or no replica?',
  };
}

export function pingMissing(evidence: Evidence): Words {
  const tail = evidence.flag('closedByReplica')
    ? 'then the replica closed'
    : evidence.flag('untilEnd')
      ? 'up to the end'
      : null;
  return {
    message: sentences(
      `not a byte from the master for ${evidence.duration('silentMs')}, though it sends PING every ${evidence.duration('pingPeriodMs')}`,
      tail,
    ),
    advice:
      'the master is stopped or cut off, or is itself a replica that lost its master; if repl-ping-replica-period is longer there, say so with --ping-period',
  };
}

export function drift(evidence: Evidence): Words {
  const bytes = evidence.count('driftBytes');
  const way = bytes > 0 ? 'more' : 'less';
  const rests = evidence.count('rests');
  const where = rests > 1 ? `at ${countText(rests)} rests` : 'for several ACKs at rest';
  return {
    message: `the replica acknowledges ${plural(Math.abs(bytes), 'byte')} ${way} than it was sent, ${where}: ${evidence.grouped('ackedOffset')} instead of ${evidence.grouped('sentOffset')}`,
    advice:
      'its offset counts bytes that were never sent (or not all that were): do not let it continue, have it sync fully (a new partial resync would skip or repeat commands)',
  };
}

export function divergence(evidence: Evidence): Words {
  return {
    message: sentences(
      `sent other bytes than ${evidence.text('otherMaster')} → ${evidence.text('otherReplica')} at the same offsets of the same history, from ${evidence.grouped('fromOffset')} on`,
      `${evidence.bytes('equalBytes')} before and around it were the same`,
    ),
    advice:
      'the two replicas hold different data from there on: have the one further from the master sync fully, and compare (DEBUG DIGEST, redis-cli --bigkeys, your own check)',
  };
}

export function minReplicas(evidence: Evidence): Words {
  return {
    message: `with min-replicas-to-write ${evidence.grouped('minReplicas')} and min-replicas-max-lag ${evidence.count('maxLagMs') / 1000} the master would have refused writes for ${evidence.duration('lastedMs')}: ${plural(evidence.count('leastGood'), 'replica')} good at the worst`,
    advice: 'expected when a replica is taken down; else more replicas, or a larger min-replicas-max-lag',
  };
}

function attempts(evidence: Evidence): string {
  const end = evidence.flag('recovered') ? 'then let in' : 'not let in until the end';
  return `${plural(evidence.count('attempts'), 'attempt')} within ${evidence.duration('overMs')}, ${end}`;
}

export function authFailed(evidence: Evidence): Words {
  return {
    message: `the replica is refused for its password or its permissions: ${attempts(evidence)}`,
    advice: 'masterauth and masteruser of the replica; its user needs +psync +replconf +ping on the master',
  };
}

export function notReady(evidence: Evidence): Words {
  return {
    message: `the master is not ready to sync: ${attempts(evidence)}`,
    advice:
      'it loads its data set, waits for its own master, or runs a script: INFO persistence and INFO replication there',
  };
}

export function expiryStorm(evidence: Evidence): Words {
  return {
    message: `${plural(evidence.count('deletes'), 'key')} deleted one by one, up to ${evidence.grouped('perSecond')} a second: keys that expire together, or clients that delete`,
    advice:
      'spread expiry times (a random part in each TTL); every deletion is a command that every replica is sent',
  };
}

export function bigCommand(evidence: Evidence): Words {
  return {
    message: `one ${evidence.text('command')} of ${evidence.bytes('bytes')} in the stream`,
    advice:
      'split the value, or let repl-backlog-size and client-output-buffer-limit replica hold several of them',
  };
}

export function networkLoss(evidence: Evidence): Words {
  return {
    message: `${evidence.bytes('retransmittedBytes')} sent again, ${(evidence.count('share') * 100).toFixed(1)} % of what the connection carried`,
    advice:
      'packets are lost between the two: the same capture at the other end shows on which part of the way',
  };
}

export function captureDrops(evidence: Evidence): Words {
  const cut = evidence.count('cutPackets') > 0;
  return {
    message: `${plural(evidence.count('gaps'), 'gap')} in ${plural(evidence.count('sessions'), 'session')}: ${evidence.bytes('missingBytes')} that were sent are not in the capture`,
    advice: cut
      ? 'capture with an unlimited snapshot length (tcpdump -s 0); offsets are exact, counts and payloads are not'
      : 'a larger capture buffer (tcpdump -B) or a narrower filter; offsets are exact, counts and payloads are not',
  };
}

export function captureOneDirection(evidence: Evidence): Words {
  return {
    message: `only one direction of the link was captured: nothing of the ${evidence.text('missing')} in ${plural(evidence.count('sessions'), 'session')}`,
    advice:
      'capture on one of the two hosts, or mirror both directions; lag and causes cannot be told from one of them',
  };
}
