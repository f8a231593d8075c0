import { bytesText, countText, durationText, plural } from '../units.js';
import { shortId } from '../why-text.js';
import { type Evidence, sentences, type Words } from './evidence.js';
import { configSize, outputLimitAdvice, timesMargin } from './settings.js';

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
  const total = during === null ? '' : ` = ${evidence.bytes('missedBytes')}`;
  return `it was away for ${durationText(outageMs)}${product}${total}${usual}`;
}

export function backlogOverflow(evidence: Evidence): Words {
  const size = configSize(evidence.count('advisedBytes'));
  return {
    message: sentences(
      `a full resync that a backlog of ${evidence.grouped('missedBytes')} bytes would have avoided`,
      `asked for ${evidence.grouped('askedOffset')}, the master was at ${evidence.grouped('masterOffset')}`,
      rateTimesOutage(evidence),
    ),
    advice: `CONFIG SET repl-backlog-size ${size} on the master: ${timesMargin(evidence, 'missedBytes')} for a longer or busier outage, rounded up, no less than the default of 1mb`,
  };
}

export function resyncLoop(evidence: Evidence): Words {
  const syncs = evidence.count('syncs');
  const misses = evidence.count('backlogMisses');
  const byMaster = evidence.count('closedByMaster');
  const failed = evidence.count('failedTransfers');
  const byReplica = Math.max(0, failed + misses - byMaster);
  const why =
    misses > 0 && misses >= failed
      ? 'each time the backlog was too short to continue: repl-backlog-size (see backlog-overflow)'
      : byMaster === byReplica
        ? 'master and replica each cut transfers off: see transfer-aborted'
        : byMaster > byReplica
          ? 'the master cuts the transfers off: client-output-buffer-limit, or repl-timeout (see transfer-aborted)'
          : 'the replica gives the transfers up: its log says why (version, memory, disk, checksum; see transfer-aborted)';
  return {
    message: sentences(
      `${plural(syncs, 'full resync')} within ${evidence.duration('overMs')} without staying online: a loop`,
      failed > 0 && `${countText(failed)} of the transfers came to nothing`,
      misses > 0 && `${plural(misses, 'time')} the link came up and was lost again`,
      `${evidence.bytes('payloadBytes')} of payload sent in vain`,
      evidence.flag('cameUp') && 'the last one came up',
    ),
    advice: why,
  };
}

const STAGES: Record<string, string> = {
  payload: 'inside the payload',
  load: 'behind the payload, before the first ACK',
};

/** `4.1 MB of writes in 2.0 s (2.0 MB/s)` */
function writtenText(evidence: Evidence, bytes: string): string {
  const rate =
    evidence.number('writeBytesPerSecond') === null ? '' : ` (${evidence.rate('writeBytesPerSecond')})`;
  return `${evidence.bytes(bytes)} of writes in ${evidence.duration('writtenOverMs')}${rate}`;
}

/** `2.0 MB/s × 4.0 s for the whole sync = 8.0 MB, `; nothing where that is not known. */
function rateTimesSync(evidence: Evidence): string {
  if (evidence.number('syncMs') === null || evidence.number('writeBytesPerSecond') === null) return '';
  return `${evidence.rate('writeBytesPerSecond')} × ${evidence.duration('syncMs')} for the whole sync = ${evidence.bytes('neededBytes')}, `;
}

/** Sure only where the limits that are configured, or the default ones, were reached. */
function outputBufferReason(evidence: Evidence): string {
  const isBelow = evidence.flag('belowLimits');
  const limit = `client-output-buffer-limit${isBelow ? ', if it is set this low' : ''}`;
  const written = `${writtenText(evidence, 'bytesSinceFork')} since the snapshot was begun, to be kept for the replica`;
  // A payload with a length is read from a file that is whole.
  const child = evidence.number('declaredBytes') === null ? 'the end of its snapshot child, or ' : '';
  return isBelow ? `${limit}: ${written}; otherwise ${child}CLIENT KILL` : `probably ${limit}: ${written}`;
}

function abortReason(evidence: Evidence): [reason: string, advice: string | null] {
  switch (evidence.text('reason')) {
    case 'output-buffer':
      return [
        outputBufferReason(evidence),
        outputLimitAdvice(evidence, `${rateTimesSync(evidence)}${timesMargin(evidence, 'neededBytes')}`),
      ];
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
      return evidence.text('afterwards') === 'began-anew'
        ? ['the master was stopped, or given another history: it came back with another replication id', null]
        : [
            'the master closed all of its replicas at once: it was stopped, failed over, or made a replica itself',
            null,
          ];
    case 'snapshot-ended':
      return [
        'the master itself went on with the same history: its snapshot child ended (killed, out of memory, an error), or CLIENT KILL',
        "the log of the master has the child's end (BGSAVE child returned an error), that of its kernel an out-of-memory kill",
      ];
    case 'main-closed':
      return [
        'the master had closed the connection with the stream before: client-output-buffer-limit, repl-timeout, or its end',
        'a larger client-output-buffer-limit of the replica class on both sides: the replica keeps the stream in memory up to it while the snapshot comes',
      ];
    default:
      return evidence.text('closedBy') === 'master'
        ? [
            'why cannot be told from the wire',
            evidence.text('afterwards') === 'went-on'
              ? 'it went on with the same history; its log has the reason: CLIENT KILL, an output buffer limit, an error of its snapshot'
              : 'the log of the master says: its snapshot child ended, CLIENT KILL, a restart',
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
      : 'the network or the disk of the master is slow';
  const written = evidence.flag('writtenBytes');
  return {
    message: sentences(
      `transfer ${evidence.duration('transferMs')} and loading ${evidence.duration('loadMs')}, with a repl-timeout of ${evidence.duration('replTimeoutMs')}`,
      `${evidence.bytes('payloadBytes')} at ${evidence.rate('bytesPerSecond')}`,
      written && `${writtenText(evidence, 'writtenBytes')} from its beginning on`,
    ),
    advice: sentences(
      `${slow}: a repl-timeout that such a sync cannot reach`,
      written &&
        outputLimitAdvice(evidence, `${rateTimesSync(evidence)}${timesMargin(evidence, 'neededBytes')}`),
    ),
  };
}

export function outputBufferLimit(evidence: Evidence): Words {
  const closedWindow = evidence.number('zeroWindowMs');
  return {
    message: sentences(
      `the master closed the connection inside a command, at ${evidence.grouped('sentOffset')}, and threw away what was not sent: up to ${evidence.bytes('unsentBytes')} by ${evidence.duration('unsentUntilMs')} later; probably client-output-buffer-limit`,
      `the last ACK was ${evidence.grouped('lastAck')}, ${evidence.duration('silentMs')} before`,
      closedWindow !== null &&
        closedWindow > 0 &&
        `the replica had closed its TCP window for ${evidence.duration('zeroWindowMs')}`,
    ),
    advice: `find out why the replica does not read (stopped, slow, network); ${outputLimitAdvice(evidence, timesMargin(evidence, 'unsentBytes'))}`,
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

export function masterEmptied(evidence: Evidence): Words {
  const keys = evidence.count('keys');
  const now = keys === 0 ? 'an empty snapshot' : `a snapshot of ${plural(keys, 'key')}`;
  const heldKeys = evidence.number('heldKeys');
  const before = heldKeys === null ? 'the data' : plural(heldKeys, 'key');
  return {
    message: sentences(
      `the master began anew and sent ${now} (${evidence.bytes('payloadBytes')}): the replica gave up ${before} for it`,
      `it had held ${shortId(evidence.text('heldReplid'))} up to ${evidence.grouped('heldOffset')} (${plural(evidence.count('writesSince'), 'write')} since its own snapshot), the new history ${shortId(evidence.text('grantedReplid'))} begins at ${evidence.grouped('grantedOffset')}`,
    ),
    advice:
      'a replica that has not come back yet still has the data: REPLICAOF NO ONE on it now; then a master without persistence must not start again by itself, or save (CONFIG SET save, appendonly yes)',
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
      lost !== null && `${lost} of its stream (writes and PUBLISH, or PINGs alone) are on the old side only`,
      !evidence.flag('certain') && 'a short backlog of the new master would look the same',
    ),
    advice: evidence.flag('bySentinel')
      ? 'a Sentinel does not wait for the old master: bound what is lost by min-replicas-to-write 1 and min-replicas-max-lag 10 on all servers, with which a master without its replicas refuses writes (--min-replicas 1 shows when it would have)'
      : 'stop writes and PINGs of the old master before the promotion: FAILOVER (6.2+) or CLUSTER FAILOVER wait until both have the same offset',
  };
}
