import type { HistoryView } from './history.js';

/** A PSYNC as asked; offset is that of the first byte wanted, -1 with the id `?`. */
export interface PsyncRequest {
  readonly replid: string;
  readonly offset: number;
}

export interface BacklogView {
  readonly firstOffset: number;
  readonly length: number;
}

/** Why a partial resynchronization was not possible, in the order in which a master finds out. */
export type FullSyncReason =
  /** `PSYNC ? -1`, or SYNC, which can ask for nothing else. */
  | 'asked-for'
  | 'unknown-id'
  /** The id is the second one, but the replica went on in the old history for longer than this node did. */
  | 'past-second-id'
  | 'no-backlog'
  /** The bytes asked for have left the backlog. */
  | 'backlog-too-short'
  /** The replica is ahead of this node. */
  | 'beyond-offset';

export type PsyncDecision =
  | {
      readonly kind: 'continue';
      /** Bytes of backlog that follow the reply. */
      readonly bytes: number;
      readonly log: readonly string[];
    }
  | {
      readonly kind: 'full';
      readonly reason: FullSyncReason;
      /** Bytes of the history the replica lacked (negative: it is ahead); null when the history is not this one. */
      readonly missing: number | null;
      readonly log: readonly string[];
    };

/**
 * What a master answers to PSYNC (replication-wire.md 4.1; 4.0 to 7.4, Valkey 8), with the lines 7.0 writes to its log.
 * @param replica how the log names it: announced address or the peer's, and the announced port.
 * @param twoIds false: as 2.8 to 3.2 decide, by the run id alone, which comes in history.replid.
 */
export function decidePsync(
  request: PsyncRequest,
  history: HistoryView,
  backlog: BacklogView | null,
  replica: string,
  twoIds = true,
): PsyncDecision {
  const refused = twoIds ? byIds(request, history, replica) : byRunId(request, history, replica);
  if (refused !== null) return refused;
  const missing = history.offset - request.offset + 1;
  const reason = byBacklog(request.offset, backlog);
  if (reason === null) {
    const text = `Partial resynchronization request from ${replica} accepted. Sending ${missing} bytes of backlog starting from offset ${request.offset}.`;
    return { kind: 'continue', bytes: missing, log: [text] };
  }
  const log = [
    `Unable to partial resync with replica ${replica} for lack of backlog (Replica request was: ${request.offset}).`,
  ];
  if (request.offset > history.offset) {
    log.push(
      `Warning: replica ${replica} tried to PSYNC with an offset that is greater than the master replication offset.`,
    );
  }
  return { kind: 'full', reason, missing, log };
}

function byIds(request: PsyncRequest, history: HistoryView, replica: string): PsyncDecision | null {
  const { replid, offset } = request;
  const second = replid === history.replid2;
  if (replid === history.replid || (second && offset <= history.secondOffset)) return null;
  if (replid === '?') return asked(replica);
  const prefix = 'Partial resynchronization not accepted: ';
  if (!second) {
    const mine = `my replication IDs are '${history.replid}' and '${history.replid2}'`;
    const text = `Replication ID mismatch (Replica asked for '${replid}', ${mine})`;
    return { kind: 'full', reason: 'unknown-id', missing: null, log: [prefix + text] };
  }
  const text = `Requested offset for second ID was ${offset}, but I can reply up to ${history.secondOffset}`;
  return { kind: 'full', reason: 'past-second-id', missing: null, log: [prefix + text] };
}

function byRunId(request: PsyncRequest, history: HistoryView, replica: string): PsyncDecision | null {
  if (request.replid === history.replid) return null;
  if (request.replid === '?') return asked(replica);
  const text = `Runid mismatch (Client asked for runid '${request.replid}', my runid is '${history.replid}')`;
  return {
    kind: 'full',
    reason: 'unknown-id',
    missing: null,
    log: [`Partial resynchronization not accepted: ${text}`],
  };
}

function byBacklog(offset: number, backlog: BacklogView | null): FullSyncReason | null {
  if (backlog === null) return 'no-backlog';
  if (offset < backlog.firstOffset) return 'backlog-too-short';
  if (offset > backlog.firstOffset + backlog.length) return 'beyond-offset';
  return null;
}

function asked(replica: string): PsyncDecision {
  return {
    kind: 'full',
    reason: 'asked-for',
    missing: null,
    log: [`Full resync requested by replica ${replica}`],
  };
}
