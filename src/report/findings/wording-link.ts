import { countText, durationText, plural } from '../units.js';
import { type Evidence, sentences, type Words } from './evidence.js';
import { roleWord } from './settings.js';

/** Words for links that stand, and do not work as they should. */

export function replicaFrozen(evidence: Evidence): Words {
  return {
    message: sentences(
      `the replica has not said a word for ${evidence.duration('silentMs')}, while its kernel took in ${evidence.bytes('receivedBytes')}`,
      `its last ACK was ${evidence.grouped('lastAck')}`,
      evidence.flag('closedByMaster') &&
        (evidence.flag('endsInside')
          ? 'then the master closed the connection inside a command (repl-timeout, or its output buffer limit)'
          : 'then the master closed the connection (repl-timeout)'),
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
  const received = evidence.number('receivedBytes');
  const isProcess = received !== null && received > 0;
  return {
    message: sentences(
      `${evidence.duration('intervalMs')} between two ACKs instead of one second (INFO's lag shows this), ${evidence.bytes('lagBytes')} unacknowledged after it`,
      isProcess && `meanwhile its kernel took in ${evidence.bytes('receivedBytes')}`,
    ),
    advice: isProcess
      ? 'a pause of the replica process, not of the network: stopped, swapping, a fork, a slow command (SLOWLOG), a blocking disk'
      : 'a pause of the replica process (fork, swap, slow command), or of the network between the two',
  };
}

export function acksMissing(evidence: Evidence): Words {
  const isTool = evidence.number('announcedPort') === null;
  const phase = evidence.flag('loading') ? 'since the payload' : 'since it came online';
  return {
    message: `no ACK for ${evidence.duration('silentMs')} ${phase}${isTool ? '; it announced no port, as tools do (redis-cli --replica)' : ''}`,
    advice: isTool
      ? null
      : 'the master counts it as lagging, and not at all for WAIT and min-replicas-to-write: is it loading, stopped, or no replica?',
  };
}

export function pingMissing(evidence: Evidence): Words {
  const tail = evidence.flag('closedByReplica')
    ? 'then the replica closed (repl-timeout)'
    : evidence.flag('untilEnd')
      ? 'up to the end'
      : null;
  const observed = evidence.number('observedPeriodMs');
  const period =
    observed === null
      ? `sends PING every ${evidence.duration('pingPeriodMs')}`
      : `had sent PING every ${durationText(observed)}`;
  return {
    message: sentences(
      `not a byte from the master for ${evidence.duration('silentMs')}, though it ${period}`,
      tail,
    ),
    advice: `the master is stopped or cut off, or is itself a replica that lost its master${observed === null ? '; if repl-ping-replica-period is longer there, say so with --ping-period' : ''}`,
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
  const role = roleWord(evidence);
  return {
    message: `with min-${role}s-to-write ${evidence.grouped('minReplicas')} and min-${role}s-max-lag ${evidence.count('maxLagMs') / 1000} the master would have refused writes for ${evidence.duration('lastedMs')}: ${plural(evidence.count('leastGood'), 'replica')} good at the worst`,
    advice: `expected when a replica is taken down; else more replicas, or a larger min-${role}s-max-lag`,
  };
}

function attempts(evidence: Evidence): string {
  const end = evidence.flag('recovered') ? 'then let in' : 'not let in until the end';
  return `${plural(evidence.count('attempts'), 'attempt')} within ${evidence.duration('overMs')}, ${end}`;
}

const REFUSALS: Record<string, [message: string, advice: string]> = {
  'no-password': [
    'the replica sends no password, and the master wants one (NOAUTH)',
    'CONFIG SET masterauth (and masteruser, where the master has ACL users) on the replica',
  ],
  'wrong-password': [
    'the master refuses the password or the user of the replica',
    'masterauth and masteruser of the replica must be those of the master: requirepass, or the ACL user',
  ],
  'no-permission': [
    'the user of the replica lacks permissions on the master (NOPERM)',
    'on the master: ACL SETUSER its-user +psync +replconf +ping',
  ],
  loading: [
    'the master is not ready to sync: it loads its data set (LOADING)',
    'wait; INFO persistence on the master says how far it is',
  ],
  script: [
    'the master is not ready to sync: a script runs past its limit (BUSY)',
    'SCRIPT KILL (FUNCTION KILL) on the master, if it has not written',
  ],
  failover: [
    'the master is not ready to sync: it fails over',
    'INFO replication there; FAILOVER ABORT where it does not end',
  ],
  'no-master-link': [
    'the master is not ready to sync: it has no link to its own master',
    'look one link up: INFO replication there (master_link_status), and the link between those two',
  ],
};

function refused(evidence: Evidence, otherwise: string): Words {
  const [message, advice] = REFUSALS[evidence.text('reason')] ?? [otherwise, null];
  return { message: `${message}: ${attempts(evidence)}`, advice };
}

export function authFailed(evidence: Evidence): Words {
  return refused(evidence, 'the replica is refused for its password or its permissions');
}

export function notReady(evidence: Evidence): Words {
  return refused(evidence, 'the master is not ready to sync');
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
    advice: `split the value, or let repl-backlog-size and client-output-buffer-limit ${roleWord(evidence)} hold several of them`,
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
  const drops = evidence.count('kernelDrops');
  const dropped = drops > 0 && `the kernel dropped ${plural(drops, 'packet')} before the capture had them`;
  if (!evidence.flag('sessions') && drops > 0)
    return {
      message: `${dropped}; no link lacks bytes, connections and ACKs may be missing`,
      advice: 'a larger capture buffer (tcpdump -B), a narrower filter, or a faster disk',
    };
  return {
    message: sentences(
      `${plural(evidence.count('gaps'), 'gap')} in ${plural(evidence.count('sessions'), 'session')}: ${evidence.bytes('missingBytes')} that were sent are not in the capture`,
      dropped,
      evidence.flag('cutPackets') &&
        `${plural(evidence.count('cutPackets'), 'packet')} captured shorter than on the wire`,
    ),
    advice: sentences(
      evidence.flag('cutPackets') && 'capture with an unlimited snapshot length (tcpdump -s 0)',
      (drops > 0 || !evidence.flag('cutPackets')) &&
        'a larger capture buffer (tcpdump -B) or a narrower filter',
      'offsets are exact, counts and payloads are not',
    ),
  };
}

export function captureClock(evidence: Evidence): Words {
  const others = evidence.count('times') - 1;
  return {
    message: sentences(
      `packet times go back by ${evidence.duration('backMs')} at packet ${evidence.count('packet')}`,
      others > 0 && `and ${plural(others, 'time')} more`,
      'lags, durations and the order of different connections are not to be relied on there; offsets are exact',
    ),
    advice:
      'the clock was set while it captured (let it slew instead), or files were joined in the wrong order: name them one by one, they are merged by time',
  };
}

export function captureOneDirection(evidence: Evidence): Words {
  return {
    message: `only one direction of the link was captured: nothing of the ${evidence.text('missing')} in ${plural(evidence.count('sessions'), 'session')}`,
    advice:
      'capture on one of the two hosts, or mirror both directions; lag and causes cannot be told from one of them',
  };
}
