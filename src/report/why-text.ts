import { escapeText } from './escape.js';
import { endpointText } from './link-facts.js';
import { orderOfEvidence } from './order-text.js';
import type { SyncFacts } from './sync-facts.js';
import { bytesText, countText, durationText, plural } from './units.js';

/** Words for `why`: what was asked, what is known, what follows. docs/causes.md has the codes and what each rests on. */

type Value = string | number | null | undefined;

/** A replication id as people compare them: its first eight characters. */
export function shortId(replid: Value): string {
  if (typeof replid !== 'string') return '?';
  return replid.length > 10 ? `${escapeText(replid.slice(0, 8), 16)}…` : escapeText(replid, 16);
}

function number(value: Value): string {
  return typeof value === 'number' ? countText(value) : '?';
}

function bytes(value: Value): string {
  return typeof value === 'number' ? bytesText(value) : '? B';
}

function node(value: Value): string {
  return typeof value === 'string' ? endpointText(value, 47) : 'another node';
}

/** `between 10 and 20`, `20` where both are the same. */
function range(from: Value, to: Value, text: (value: Value) => string): string {
  if (from === to || from === null || from === undefined) return text(to);
  return to === null || to === undefined ? `at least ${text(from)}` : `${text(from)} to ${text(to)}`;
}

/** What remains possible, as the end of `or …`. Codes that are never a second choice are not here. */
const ALTERNATIVES: Record<string, string> = {
  'node-restarted': 'it restarted without a saved history',
  'cache-dropped': 'it dropped what it had kept after a protocol error',
  'slaveof-dropped': 'it dropped what it had kept (SLAVEOF before 4.0, a protocol error)',
  'first-attach': 'it was a master with a history of its own',
  'former-master': 'it was a master with a history of its own',
  'master-restarted': 'the master restarted',
  'other-server': 'another server answers at that address now',
  'backlog-freed': 'the master was without replicas for repl-backlog-ttl and gave up its history',
  'other-master': 'it came from another master',
  'diverged-after-failover': 'a failover after which it went on longer than the promoted node',
  'failover-backlog-miss': "the promoted node's backlog does not reach back that far",
  'replica-miscounted': 'the replica miscounts',
  'master-went-back': 'the replica was ahead when it asked',
  promoted: 'a replica was promoted',
  'master-restarted-with-history': 'the master restarted and kept its history',
  'upstream-switched': "the master's own master changed its id",
};

function candidates(codes: readonly string[]): string {
  return codes.map((code) => ALTERNATIVES[code] ?? code).join(', or ');
}

/** Codes whose sentence names what is possible itself. */
const OPEN = new Set(['unknown', 'history-lost', 'sync-client']);

/** Why, in a sentence; null where there is nothing to say that the cause alone does not tell. */
export function whyText(sync: SyncFacts): string | null {
  if (sync.why === null || sync.why === undefined) return null;
  const { code, orElse, evidence } = sync.why;
  const words = SENTENCES[code]?.(sync, evidence, orElse);
  if (words === undefined || words === null) return null;
  return OPEN.has(code) || orElse.length === 0 ? words : `${words}; or ${candidates(orElse)}`;
}

type Evidence = Record<string, string | number | null>;
type Sentence = (sync: SyncFacts, evidence: Evidence, orElse: readonly string[]) => string | null;

function held({ heldReplid, heldOffset }: Evidence): string {
  return `${shortId(heldReplid)} up to ${number(heldOffset)}`;
}

function ago({ outageMs }: Evidence): string {
  return typeof outageMs === 'number' && outageMs >= 0 ? `, until ${durationText(outageMs)} ago,` : '';
}

function livesOn(sync: SyncFacts): string {
  return `${shortId(sync.replid)} lives on as ${shortId(sync.grantedReplid)}`;
}

const SENTENCES: Record<string, Sentence> = {
  // `? -1`
  'history-lost': (_, evidence, orElse) => {
    const { ownReplicasClosed } = evidence;
    const closed =
      typeof ownReplicasClosed === 'number'
        ? ` (it closed ${plural(ownReplicasClosed, 'connection')} of its own replicas, too)`
        : '';
    return `history lost: it held ${held(evidence)}${ago(evidence)} and now asks for nothing${closed}: ${candidates(orElse)}`;
  },
  'full-sync-failed': (_, { earlierSession, payloadBytes, declaredBytes, payloadComplete, closedBy }) => {
    const by = closedBy === null ? '' : ` before the ${closedBy} closed`;
    const of = typeof declaredBytes === 'number' ? ` of ${bytes(declaredBytes)}` : '';
    const came =
      payloadComplete === 1
        ? `its ${bytes(payloadBytes)} came, but it never went online${by}`
        : payloadBytes === null
          ? `no payload came${by}`
          : `${bytes(payloadBytes)}${of} came${by}`;
    return `full sync again: that of session ${number(earlierSession)} failed, ${came}`;
  },
  'refused-before': (_, evidence) => {
    const error = typeof evidence.error === 'string' ? ` (${escapeText(evidence.error, 60)})` : '';
    return `history lost: it held ${held(evidence)}, but a refusal${error} made it fall back to SYNC, which drops that`;
  },
  // replid mismatch
  'first-attach': () => 'first attach of a node that never had a replica; data it held is replaced',
  'former-master': (sync, { ownOffset, grantedTo }) =>
    `a former master becomes a replica: its own history ${shortId(sync.replid)} up to ${number(ownOffset)} (${plural(Number(grantedTo ?? 0), 'replica')}) is given up`,
  'node-restarted': (sync, evidence) => {
    const was = evidence.wasMaster === 1 ? 'it was a master' : `it held ${held(evidence)}`;
    return `the replica's server began anew: ${was}, and offers ${shortId(sync.replid)}, which nobody knows`;
  },
  'promoted-meanwhile': (sync, evidence) =>
    `it was a master meanwhile${orderOfEvidence(evidence)}: it left ${shortId(evidence.heldReplid)} at ${number(evidence.heldOffset)} and went on as ${shortId(sync.replid)}; ${bytes(evidence.ownBytes)} of its own are given up`,
  'master-restarted': (sync, evidence) => {
    const { highestOffset, grantedOffset, closedTogether, openThen } = evidence;
    const all =
      typeof closedTogether === 'number' && typeof openThen === 'number'
        ? openThen === 1
          ? ', and it closed the connection'
          : `, and it closed ${closedTogether} of ${openThen} connections at once`
        : '';
    const back =
      typeof highestOffset === 'number' && typeof grantedOffset === 'number' && grantedOffset < highestOffset
        ? `went from ${number(highestOffset)} back to ${number(grantedOffset)}`
        : 'goes on';
    return `the master restarted: ${shortId(sync.replid)} was its own, it ${back} as ${shortId(sync.grantedReplid)}${all}`;
  },
  'backlog-freed': (sync, { withoutReplicasMs }) =>
    `the master had no replica for ${typeof withoutReplicasMs === 'number' ? durationText(withoutReplicasMs) : 'long'} and gave up ${shortId(sync.replid)} (repl-backlog-ttl)`,
  'other-master': (sync, { heldMaster, heldOffset }) =>
    `other master: ${shortId(sync.replid)} up to ${number(heldOffset)} is of ${node(heldMaster)}; the history here is ${shortId(sync.grantedReplid)}`,
  'upstream-changed': (sync, { upstream }) =>
    `the master is a replica of ${node(upstream)}, which gave it another history, ${shortId(sync.grantedReplid)}, by a full sync`,
  'diverged-after-failover': (sync, evidence) => {
    const { node: by, commonFrom, commonTo, lostFrom, lostTo } = evidence;
    const asked = number(sync.offset === null ? null : sync.offset - 1);
    return `diverged: asked to go on behind ${asked} of ${shortId(sync.replid)}, but ${node(by)} left that history at ${range(commonFrom, commonTo, number)} when it became master${orderOfEvidence(evidence)}: ${range(lostFrom, lostTo, bytes)} that only this replica holds are given up`;
  },
  'id-too-old': (sync, { switches, previousReplid }) =>
    `id too old: ${shortId(sync.replid)} was ${number(switches)} ids ago, and a master answers to its last one only (${shortId(previousReplid)})`,
  'failover-backlog-miss': (sync, { node: by }) =>
    `${shortId(sync.replid)} lives on as ${shortId(sync.grantedReplid)}, but the backlog of ${node(by)} does not reach back to ${number(sync.offset)}`,
  'run-id-changed': (_, { node: by }) =>
    `failover of servers before 4.0: ${node(by)} has a run id of its own, so nobody can be continued`,
  // the same history
  'backlog-too-short': (sync, { outageMs, backlogAtLeast }) => {
    const served =
      typeof backlogAtLeast === 'number' ? ` (it held at least ${bytes(backlogAtLeast)} before)` : '';
    const gone = typeof outageMs === 'number' ? ` after ${durationText(outageMs)}` : '';
    return `backlog miss: ${number(sync.missedBytes)} bytes back${gone}, more than the backlog holds${served}`;
  },
  'no-backlog': () => 'nothing was missed, and yet not continued: the master holds no backlog',
  'master-went-back': (sync, evidence) => {
    const sent =
      typeof evidence.sentToReplica === 'number' ? `, and was sent ${number(evidence.sentToReplica)}` : '';
    if (typeof evidence.aheadBytes !== 'number') return null;
    return `ahead of the master by ${bytes(evidence.aheadBytes)}${sent}: the master went back to ${number(sync.grantedOffset)}`;
  },
  'replica-miscounted': (_, { aheadBytes, sentToReplica }) =>
    `ahead of the master by ${bytes(aheadBytes)}: the replica miscounts, it was sent up to ${number(sentToReplica)}`,
  // continued
  resumed: (_, { resumedBytes }) =>
    typeof resumedBytes === 'number' && resumedBytes > 0
      ? `continued: the backlog held the missed bytes, ${bytes(resumedBytes)} at least`
      : null,
  'two-connection-stream': () => 'the stream, while the snapshot comes over the other connection',
  promoted: (sync, evidence) => {
    const { node: by, commonFrom, commonTo } = evidence;
    return `replid switched: ${node(by)} was promoted at ${range(commonFrom, commonTo, number)}${orderOfEvidence(evidence)}, ${livesOn(sync)}`;
  },
  'failover-command': (sync, evidence) => {
    const at = number(evidence.commonTo);
    return sync.failover
      ? `failover: the old master, which holds nothing behind ${at}, asked its replica to take over${orderOfEvidence(evidence)}; ${livesOn(sync)}`
      : `replid switched: ${node(evidence.node)} took over at ${at}${orderOfEvidence(evidence) || ' by FAILOVER'}, ${livesOn(sync)}`;
  },
  'master-restarted-with-history': (sync) =>
    `replid switched: the master restarted with its history from the RDB, ${livesOn(sync)}`,
  'upstream-switched': (sync, { upstream }) =>
    `replid switched: the master's own master ${node(upstream)} changed its id, ${livesOn(sync)}`,
  // refused
  loading: () => 'not ready: the master is loading its data set',
  'no-master-link': (_, { upstream, upstreamState }) =>
    `not ready: the master has no link to its own master${upstreamText(upstream, upstreamState)}`,
  'failing-over': () => 'not ready: the master is handing over (FAILOVER)',
  'master-down': (_, { upstream, upstreamState }) =>
    `not ready: the master lost its own master and does not serve stale data${upstreamText(upstream, upstreamState)}`,
  busy: () => 'not ready: the master runs a script for too long',
  'auth-required': () => 'auth: the master wants a password, the replica has none (masterauth)',
  'wrong-password': () => "auth: the replica's password is wrong (masterauth)",
  'no-permission': () => "auth: the replica's user may not replicate (needs +psync +replconf +ping)",
  'psync-unknown': () => 'unsupported: the master is older than PSYNC (2.8), SYNC follows',
  'snapshot-failed': () => 'the master could not make a snapshot (BGSAVE failed)',
  // without PSYNC
  'old-replica': () =>
    'legacy SYNC, the replica is older than PSYNC (2.8): no offsets, no partial resync possible',
  'sync-client': () =>
    'legacy SYNC of a client that announced no port: a tool (redis-cli --replica), or a replica of 2.4 or older; no offsets, no partial resync possible',
  'psync-refused': () => 'legacy SYNC, since PSYNC was refused: no offsets, no partial resync possible',
  'not-an-id': (sync) =>
    `${shortId(sync.replid)} is no replication id, no server asks so; whatever a master does not know it answers by a full sync`,
  // A replid mismatch of which nothing else is known.
  unknown: (sync, _, orElse) =>
    sync.cause !== 'replid-mismatch' || orElse.length === 0
      ? null
      : `replication id mismatch: ${shortId(sync.replid)} is not the master's ${shortId(sync.grantedReplid)}, and was not seen before: ${candidates(orElse)}`,
};

function upstreamText(upstream: Value, state: Value): string {
  if (typeof upstream !== 'string') return '';
  const is: Record<string, string> = { closed: 'that link is down', online: 'that link has just come up' };
  return ` (${node(upstream)}: ${is[String(state)] ?? `that link is at its ${escapeText(String(state), 16)}`})`;
}
