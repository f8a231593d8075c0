import type { DecisionFact } from '../embedded/master/master-log.js';
import type { Fact, Told } from './pair-connections.js';

/** One request for a synchronization and what became of it, as those know it who asked and decided. Times in µs. */
export interface AccountedSync {
  command: 'PSYNC' | 'SYNC';
  replid: string | null;
  offset: number | null;
  failover: boolean;
  requestedAt: number;
  decidedAt: number | null;
  decision: 'FULLRESYNC' | 'CONTINUE' | 'SYNC' | 'DUALCHANNEL' | 'REFUSED' | null;
  grantedReplid: string | null;
  grantedOffset: number | null;
  error: string | null;
  cause: string | null;
  missedBytes: number | null;
}

/** Requests that came to the wire, each with the master's answer if that came, too. */
export function syncsOf(told: Told): AccountedSync[] {
  const { wire, requests, master } = told;
  const lines = [...(master?.lines ?? [])];
  const syncs: AccountedSync[] = [];
  requests.forEach((request, i) => {
    if (!wire.has('client', request.position)) return;
    const { command, replid, offset, failover } = request;
    const isAnswer = command === 'SYNC' ? /^[$-]/ : /^(\+|-)/;
    const at = lines.findIndex(({ text }) => isAnswer.test(text));
    const line = at < 0 ? undefined : lines.splice(0, at + 1).at(-1);
    const isOut = line !== undefined && wire.has('server', line.position);
    syncs.push({
      command,
      replid,
      offset,
      failover,
      requestedAt: wire.timeOf('client', request.position)!,
      decidedAt: isOut ? wire.timeOf('server', line.position) : null,
      ...NOT_DECIDED,
      ...(isOut && answerOf(request, line.text, master!.decisions[i]!)),
    });
  });
  if (told.main !== null && syncs[0] !== undefined && syncs[0].grantedReplid !== null)
    syncs[0].cause = whole(told.main, syncs[0])?.cause ?? null;
  const second = told.rdb === null ? undefined : syncsOf(told.rdb)[0];
  const offer = syncs.find((sync) => sync.decision === 'DUALCHANNEL');
  if (offer !== undefined && second !== undefined && second.grantedReplid !== null) {
    Object.assign(offer, whole(told, second) ?? {});
  }
  return syncs;
}

const NOT_DECIDED = {
  decision: null,
  grantedReplid: null,
  grantedOffset: null,
  error: null,
  cause: null,
  missedBytes: null,
} as const;

type Answered = Pick<AccountedSync, keyof typeof NOT_DECIDED>;
type Asked = Pick<Fact<'request'>, 'command' | 'replid' | 'offset' | 'failover'>;

/** What a line of the master says, and why it said it. */
function answerOf(asked: Asked, line: string, made: DecisionFact): Answered {
  const [word = '', first = null, second = null] = line.split(' ');
  if (made.kind === 'refused') {
    return { ...NOT_DECIDED, decision: 'REFUSED', error: line, cause: causeOfRefusal(line) };
  }
  if (made.kind === 'continue') {
    const grantedReplid = first ?? asked.replid;
    const kept = grantedReplid === asked.replid ? 'continued' : 'replid-switched';
    return { ...NOT_DECIDED, decision: 'CONTINUE', grantedReplid, cause: asked.failover ? 'failover' : kept };
  }
  if (made.kind === 'second-channel') {
    const cause = asked.replid === '?' ? 'first-sync' : 'unknown';
    return { ...NOT_DECIDED, decision: 'DUALCHANNEL', cause };
  }
  if (asked.command === 'SYNC') {
    const end = /^\$ENDOFF:(\d+)$/.exec(word);
    const granted = end === null ? {} : { grantedReplid: first, grantedOffset: Number(end[1]) };
    return { ...NOT_DECIDED, decision: 'SYNC', ...granted, cause: 'legacy-sync' };
  }
  const granted = { grantedReplid: first, grantedOffset: Number(second) };
  return { ...NOT_DECIDED, decision: 'FULLRESYNC', ...granted, ...causeOfFull(asked, made, granted) };
}

/** The cause of a two-connection synchronization: what the main connection asked for, and the other one was given. */
function whole(main: Told, given: AccountedSync): Pick<AccountedSync, 'cause' | 'missedBytes'> | null {
  const at = main.master?.decisions.findIndex(({ kind }) => kind === 'second-channel') ?? -1;
  const asked = main.requests[at];
  const made = main.master?.decisions[at];
  return asked === undefined || made === undefined ? null : causeOfFull(asked, made, given);
}

function causeOfFull(
  { replid, offset }: Asked,
  { reason }: DecisionFact,
  { grantedReplid, grantedOffset }: Pick<AccountedSync, 'grantedReplid' | 'grantedOffset'>,
): Pick<AccountedSync, 'cause' | 'missedBytes'> {
  if (reason === 'asked-for') return { cause: 'first-sync', missedBytes: null };
  // An id that the master had given up, or gives up in this moment, is another one than it grants.
  const isOther = reason === 'unknown-id' || reason === 'past-second-id' || replid !== grantedReplid;
  if (isOther) return { cause: 'replid-mismatch', missedBytes: null };
  const missed = grantedOffset! + 1 - offset!;
  // The offset granted is that of the fork, by when the master may have overtaken who was ahead of it.
  return missed < 0
    ? { cause: 'offset-ahead', missedBytes: null }
    : { cause: 'backlog-miss', missedBytes: missed };
}

function causeOfRefusal(line: string): string {
  const [code] = line.slice(1).split(' ');
  if (['NOAUTH', 'NOPERM', 'WRONGPASS'].includes(code!)) return 'auth';
  if (['LOADING', 'NOMASTERLINK'].includes(code!) || line.includes("Can't SYNC while not connected"))
    return 'not-ready';
  return line.includes('operation not permitted') ? 'auth' : 'unsupported';
}
