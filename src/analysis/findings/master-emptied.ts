import { latestGrant } from '../../replication/grants.js';
import type { Session, StreamFacts } from '../../replication/model.js';
import { type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import type { Thresholds } from './thresholds.js';

/** Sessions of a link looked back at for what it held before. */
const MAX_LOOK_BACK = 64;

/** Commands of a stream that write no key. */
const NO_WRITES = [
  'PING',
  'SELECT',
  'REPLCONF',
  'MULTI',
  'EXEC',
  'PUBLISH',
  'SPUBLISH',
  'SCRIPT',
  'FUNCTION',
];

/** Commands after which few keys are no wonder. */
const EMPTYING = ['FLUSHALL', 'FLUSHDB', 'SWAPDB'];

/** Commands that take keys away one by one. */
const REMOVING = ['DEL', 'UNLINK', 'GETDEL', 'MOVE'];

/** What a replica held before it was sent another history. */
interface Held {
  /** Its last session. */
  last: Session;
  replid: string;
  offset: number;
  /** The session that brought its payload; keys null: not captured, or not read. */
  payload: Session | null;
  keys: number | null;
  writes: number;
  removed: number;
  emptied: boolean;
}

/**
 * The classic loss of data: a master without persistence restarts, comes back empty under a new history, and its replicas, which held
 * everything, throw that away for its empty snapshot. Told where a link is given another history, whose offsets begin below where the
 * link stood, by a payload with hardly any of the keys that it held.
 */
export class MasterEmptied implements Rule {
  static readonly code = 'master-emptied';
  readonly #report: Report;
  readonly #thresholds: Thresholds;

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#thresholds = thresholds;
  }

  event(event: LinkEvent): void {
    if (event.event !== 'payload.finished') return;
    const { session, payload } = event;
    const sync = latestGrant(session);
    const keys = payload.complete ? (payload.rdb?.keys ?? null) : null;
    if (sync?.grantedReplid == null || sync.grantedOffset === null || keys === null) return;
    const held = heldBefore(session);
    if (held === null || held.replid === sync.grantedReplid || sync.grantedOffset >= held.offset) return;
    if (held.emptied || !this.#isLost(held, keys)) return;
    this.#report({
      severity: 'error',
      code: MasterEmptied.code,
      sessions: [session, held.last, ...(held.payload === null ? [] : [held.payload])],
      time: event.time,
      packets: packetList(held.payload?.payload?.finishPacket, sync.decisionPacket, payload.finishPacket),
      evidence: {
        keys,
        payloadBytes: payload.bytes,
        grantedReplid: sync.grantedReplid,
        grantedOffset: sync.grantedOffset,
        heldKeys: held.keys,
        heldPayloadBytes: held.payload?.payload?.bytes ?? null,
        heldReplid: held.replid,
        heldOffset: held.offset,
        writesSince: held.writes,
        share: this.#thresholds.emptiedShare,
      },
    });
  }

  #isLost({ keys: heldKeys, writes, removed }: Held, keys: number): boolean {
    if (heldKeys === null || heldKeys === 0) return keys === 0 && writes > 0;
    return keys <= heldKeys * this.#thresholds.emptiedShare && keys < heldKeys - removed;
  }
}

/** What the replica of this session held when its link was last up; null: not captured. */
function heldBefore({ link, number, channel }: Session): Held | null {
  const { sessions } = link;
  let held: Held | null = null;
  // Of two connections the main one comes before.
  const before = Math.min(number - 1, sessions.length) - (channel === 'rdb' ? 1 : 0);
  for (let i = before - 1; i >= 0 && i >= before - MAX_LOOK_BACK; i--) {
    const each = sessions[i]!;
    if (held === null) {
      held = lastUp(each);
      if (held === null) continue;
    }
    if (each.channel === 'main') addWritten(held, each.stream);
    if (each.payload?.complete !== true) continue;
    held.payload = each;
    held.keys = each.payload.rdb?.keys ?? null;
    return held;
  }
  return held;
}

function lastUp(session: Session): Held | null {
  const { acks, offsets, payload } = session;
  const replid = latestGrant(session)?.grantedReplid ?? payload?.rdb?.replid;
  if (acks.count === 0 || replid == null || offsets.lastAck === null) return null;
  return {
    ...{ last: session, replid, offset: offsets.end ?? offsets.lastAck },
    ...{ payload: null, keys: null, writes: 0, removed: 0, emptied: false },
  };
}

function addWritten(held: Held, { commands, byCommand }: StreamFacts): void {
  const count = (names: readonly string[]): number =>
    names.reduce((sum, name) => sum + (byCommand.get(name) ?? 0), 0);
  held.writes += commands - count(NO_WRITES);
  held.removed += count(REMOVING);
  held.emptied ||= count(EMPTYING) > 0;
}
