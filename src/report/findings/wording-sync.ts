import { bytesText, countText, durationText, plural } from '../units.js';
import { configSize, type Evidence, sentences, type Words } from './evidence.js';

/** Words for what goes wrong with syncs. */

/** What a finding's sizing rests on, as people can check it: rate × time. */
function rateTimesOutage(evidence: Evidence): string | null {
  const outageMs = evidence.number('outageMs');
  if (outageMs === null) return null;
  const during = evidence.number('outageBytesPerSecond');
  const before = evidence.number('writeBytesPerSecond');
  const product = during === null ? '' : ` × ${bytesText(during)}/s`;
  const usual =
    before === null
      ? ''
      : `, before it ${bytesText(before)}/s (× ${durationText(outageMs)} = ${bytesText((before * outageMs) / 1000)})`;
  return `it was away for ${durationText(outageMs)}${product}${usual}`;
}

export function backlogOverflow(evidence: Evidence): Words {
  const missed = evidence.count('missedBytes');
  const margin = evidence.count('margin');
  const size = evidence.count('advisedBytes');
  return {
    message: sentences(
      `a full resync that a backlog of ${countText(missed)} bytes would have avoided`,
      `asked for ${evidence.grouped('askedOffset')}, the master was at ${evidence.grouped('masterOffset')}`,
      rateTimesOutage(evidence),
    ),
    advice: `repl-backlog-size ${configSize(size)} on the master: ${bytesText(missed)} × ${margin} for a longer or busier outage = ${bytesText(missed * margin)}, rounded up`,
  };
}

export function resyncLoop(evidence: Evidence): Words {
  const syncs = evidence.count('syncs');
  const misses = evidence.count('backlogMisses');
  const byMaster = evidence.count('closedByMaster');
  const failed = evidence.count('failedTransfers');
  const byReplica = Math.max(0, syncs - 1 - byMaster);
  const why =
    misses > 0 && misses >= failed
      ? 'each time the backlog was too short to continue: repl-backlog-size (see backlog-overflow)'
      : byMaster === byReplica
        ? 'master and replica each cut transfers off: see transfer-aborted'
        : byMaster > byReplica
          ? 'the master cuts the transfers off: client-output-buffer-limit replica, or repl-timeout (see transfer-aborted)'
          : 'the replica gives the transfers up: its log says why (version, memory, disk, checksum; see transfer-aborted)';
  return {
    message: sentences(
      `${plural(syncs, 'full resync')} within ${evidence.duration('overMs')} without staying online: a loop`,
      failed > 0 && `${countText(failed)} of the transfers came to nothing`,
      `${evidence.bytes('payloadBytes')} of payload sent in vain`,
    ),
    advice: why,
  };
}

const STAGES: Record<string, string> = {
  payload: 'inside the payload',
  load: 'behind the payload, before the first ACK',
};

/** ` (92 kB/s)` */
function rateOf(bytes: number | null, ms: number | null): string {
  return bytes === null || ms === null || ms <= 0 ? '' : ` (${bytesText(bytes / (ms / 1000))}/s)`;
}

function abortReason(evidence: Evidence): [reason: string, advice: string | null] {
  const written = evidence.number('bytesSinceFork');
  switch (evidence.text('reason')) {
    case 'output-buffer': {
      const hard = configSize(evidence.count('advisedHardBytes'));
      const soft = configSize(evidence.count('advisedSoftBytes'));
      return [
        `probably client-output-buffer-limit: ${bytesText(written ?? 0)} were written in the ${evidence.duration('sinceForkMs')} since the snapshot was begun${rateOf(written, evidence.number('sinceForkMs'))}`,
        `client-output-buffer-limit "replica ${hard} ${soft} 60" on the master: what is written during a transfer, × 2, rounded up, and no less than the default`,
      ];
    }
    case 'timeout':
      return [
        `probably repl-timeout: silent for ${evidence.duration('silentMs')}`,
        'a longer repl-timeout on both sides, or find what stood still meanwhile (disk, CPU, network)',
      ];
    case 'checksum':
      return ['the payload is damaged, its checksum wrong', 'see checksum-invalid'];
    case 'refused':
      return [
        `the replica did not load it (RDB version ${evidence.text('rdbVersion')}, checksum ${evidence.text('checksum')} on the wire)`,
        evidence.text('checksum') === 'valid'
          ? 'network and master are out of the question, the payload arrived sound: the log of the replica says why (RDB version too new, memory, disk)'
          : 'the log of the replica says why (RDB version too new, memory, disk)',
      ];
    case 'master-gone':
      return [
        'the master closed all of its replicas at once: it was stopped, failed over, or made a replica itself',
        null,
      ];
    default:
      return evidence.text('closedBy') === 'master'
        ? [
            'why cannot be told from the wire',
            'the log of the master says: its snapshot child ended, CLIENT KILL, a restart',
          ]
        : [
            'why cannot be told from the wire',
            'the log of the replica says: stopped, pointed elsewhere, or unable to store the payload',
          ];
  }
}

export function transferAborted(evidence: Evidence): Words {
  const [reason, advice] = abortReason(evidence);
  const declared = evidence.number('declaredBytes');
  const size = `${evidence.bytes('payloadBytes')}${declared === null ? '' : ` of ${bytesText(declared)}`}`;
  const stage = STAGES[evidence.text('stage')] ?? evidence.text('stage');
  const how = evidence.text('closedHow') === 'rst' ? 'reset' : 'closed';
  return {
    message: sentences(
      `full sync aborted ${stage} (${size}), ${how} by the ${evidence.text('closedBy')}`,
      reason,
    ),
    advice,
  };
}

export function transferSlow(evidence: Evidence): Words {
  const loading = evidence.count('loadMs') > evidence.count('transferMs');
  const stalled = evidence.count('zeroWindowMs') > evidence.count('transferMs') / 2;
  const slow = loading
    ? 'the replica loads slowly'
    : stalled
      ? 'the replica reads slowly (its TCP window was closed)'
      : 'the network or the master’s disk is slow';
  return {
    message: sentences(
      `transfer ${evidence.duration('transferMs')} and loading ${evidence.duration('loadMs')}, with a repl-timeout of ${evidence.duration('replTimeoutMs')}`,
      `${evidence.bytes('payloadBytes')} at ${evidence.rate('bytesPerSecond')}`,
    ),
    advice: `${slow}; a repl-timeout that such a sync cannot reach, and an output buffer for what is written meanwhile`,
  };
}

export function checksumInvalid(evidence: Evidence): Words {
  const again = evidence.count('sameBytesBefore');
  return {
    message: sentences(
      `the payload's checksum is wrong (${evidence.bytes('payloadBytes')}), with every byte as TCP carried it`,
      again > 0 && 'the same bytes were sent before: it is the source, not the way',
      evidence.count('conflictingBytes') > 0 &&
        'TCP repeated some of it with other bytes: suspect the network',
    ),
    advice:
      'it was damaged before it was captured: memory or disk of the master (redis-check-rdb there), or what lies between it and the capture',
  };
}

export function rdbAuxMismatch(evidence: Evidence): Words {
  const differ = (a: string, b: string): boolean =>
    evidence.text(a) !== '?' && evidence.text(b) !== '?' && evidence.text(a) !== evidence.text(b);
  const id = differ('grantedReplid', 'rdbReplid');
  const offset = differ('grantedOffset', 'rdbOffset');
  const what = id && offset ? 'history and offset' : id ? 'history' : 'offset';
  return {
    message: `the payload names another ${what} than the line that granted it`,
    advice: 'compare the data of master and replica; something between them may have replaced the payload',
  };
}

export function failoverCost(evidence: Evidence): Words {
  const least = evidence.number('lostFrom');
  const most = evidence.number('lostTo');
  const lost =
    most === null
      ? null
      : least === null || least === most
        ? bytesText(most)
        : `${bytesText(least)} to ${bytesText(most)}`;
  return {
    message: sentences(
      `the failover cost a full resync: the old side asked for ${evidence.grouped('askedOffset')}, the histories part behind ${evidence.grouped(evidence.number('commonTo') === null ? 'commonFrom' : 'commonTo')}`,
      lost !== null && `${lost} of its stream (writes, or PINGs alone) are on the old side only`,
      !evidence.flag('certain') && 'a short backlog of the new master would look the same',
    ),
    advice:
      'stop writes and PINGs of the old master before the promotion: FAILOVER (6.2+) or CLUSTER FAILOVER wait until both have the same offset',
  };
}
