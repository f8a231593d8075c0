import { mainSessionOf, payloadOf } from '../replication/channels.js';
import type { Session, Sync } from '../replication/model.js';
import {
  decisionAttributes,
  handshakeAttributes,
  linkAttributes,
  onlineAttributes,
  payloadAttributes,
  sessionAttributes,
  syncAttributes,
} from './attributes.js';
import { failureOf, type SyncFailure } from './failure.js';
import type { Attributes, SpanFacts } from './span.js';
import { spanIdOf, traceIdOf } from './span-ids.js';

/** Names of the spans of a trace, below its root in the order of time. */
type ChildName = 'handshake' | 'decision' | 'wait' | 'payload' | 'load' | 'online';

/** A sync within its session: from where to where it reaches. */
interface Round {
  /** One request; two where the first was told to fetch the payload on another connection; none: nothing was asked. */
  syncs: Sync[];
  start: number;
  /** When the next request was sent on the same connection; null: it is the last one. */
  next: number | null;
}

interface Child {
  name: ChildName;
  start: number;
  /** null: it goes on. */
  end: number | null;
  attributes: Attributes;
}

/**
 * The spans of a session as of now, each sync a trace: the root `replication sync` from the connection's opening (or the request, where
 * another one came before on it) to its closing (or the next request), and its phases below it. A session that asked for nothing, or was
 * joined behind its request, is one trace `replication session`. The second connection of a two-connection sync is a span `rdb channel`
 * in the trace of the first, and what the first one asks next belongs to the same sync.
 * @param until when what still goes on ends, µs; null: it goes on, and only what has ended is returned. Children come before their root.
 */
export function sessionSpans(session: Session, until: number | null): SpanFacts[] {
  return roundsOf(session).flatMap((round) => roundSpans(session, round, until));
}

/** The root that a finding of this session belongs to when its spans are sent already: the latest one. */
export function latestRoot(session: Session): Pick<SpanFacts, 'traceId' | 'spanId'> {
  const { traceId, spanId } = identify(session, roundsOf(session).at(-1)!);
  return { traceId, spanId };
}

function roundsOf(session: Session): Round[] {
  const { syncs, joinedMidstream, openedAt, firstSeenAt } = session;
  const opened = openedAt ?? firstSeenAt;
  if (syncs.length === 0) return [{ syncs: [], start: opened, next: null }];
  const rounds: Round[] = [];
  for (const sync of syncs) {
    const round = rounds.at(-1);
    if (round?.syncs.at(-1)?.decision === 'DUALCHANNEL') {
      round.syncs.push(sync);
      continue;
    }
    if (round !== undefined) round.next = sync.requestedAt;
    const isFirst = round === undefined && !joinedMidstream;
    rounds.push({ syncs: [sync], start: isFirst ? opened : sync.requestedAt, next: null });
  }
  return rounds;
}

interface Identity {
  traceId: string;
  /** Of the root, and of the span it hangs on in a two-connection sync. */
  spanId: string;
  parentSpanId: string | null;
  /** Tells the spans of this session and sync from others of the trace. */
  owner: string;
}

function identify(session: Session, { syncs: [first] }: Round): Identity {
  const owner = traceIdOf(session, first === undefined ? -1 : session.syncs.indexOf(first));
  const spanId = spanIdOf(owner, 'root');
  const main = mainSessionOf(session);
  const asked = main === null ? undefined : roundsOf(main).findLast(isOfTwoConnections);
  if (main === null || asked === undefined) return { traceId: owner, spanId, parentSpanId: null, owner };
  const { traceId, spanId: parentSpanId } = identify(main, asked);
  return { traceId, spanId, parentSpanId, owner };
}

function isOfTwoConnections({ syncs }: Round): boolean {
  return syncs.some(({ decision }) => decision === 'DUALCHANNEL');
}

function roundSpans(session: Session, round: Round, until: number | null): SpanFacts[] {
  const [sync = null] = round.syncs;
  const identity = identify(session, round);
  const end = round.next ?? until;
  const failure = failureOf(session, round.syncs.at(-1) ?? null);
  const isCut = round.next === null && session.closedAt === null;
  const link = linkAttributes(session);
  const spans: SpanFacts[] = [];
  for (const child of childrenOf(session, round)) {
    const ends = child.end ?? end;
    if (ends === null) continue;
    const before = spans.filter(({ name }) => name === child.name).length;
    spans.push({
      traceId: identity.traceId,
      spanId: spanIdOf(identity.owner, `${child.name} ${before}`),
      parentSpanId: identity.spanId,
      name: child.name,
      start: child.start,
      end: Math.max(child.start, ends),
      attributes: { ...link, ...child.attributes, ...unfinished(child.end === null && isCut) },
      events: [],
      ...failed(failure?.in === child.name ? failure : null),
    });
  }
  if (end === null) return spans;
  const isChannel = identity.parentSpanId !== null;
  spans.push({
    traceId: identity.traceId,
    spanId: identity.spanId,
    parentSpanId: identity.parentSpanId,
    name: isChannel ? 'rdb channel' : sync === null ? 'replication session' : 'replication sync',
    start: round.start,
    end: Math.max(round.start, end),
    attributes: {
      ...link,
      ...sessionAttributes(session),
      ...(sync === null ? {} : syncAttributes(session, sync)),
      ...(failure === null ? {} : { 'error.type': failure.type }),
      ...unfinished(isCut),
    },
    events: [],
    ...failed(failure),
  });
  return spans;
}

/** The capture ended before it did. */
function unfinished(is: boolean): Attributes {
  return is ? { 'psyncscope.unfinished': true } : {};
}

function failed(failure: SyncFailure | null): Pick<SpanFacts, 'error'> {
  return { error: failure?.message ?? null };
}

function childrenOf(session: Session, { syncs, start, next }: Round): Child[] {
  const children: Child[] = [];
  const add = (name: ChildName, from: number, to: number | null, attributes: Attributes = {}): void => {
    children.push({ name, start: from, end: to, attributes });
  };
  if (syncs[0] === session.syncs[0] && !session.joinedMidstream)
    add('handshake', start, syncs[0]?.requestedAt ?? null, handshakeAttributes(session));
  for (const sync of syncs) add('decision', sync.requestedAt, sync.decidedAt, decisionAttributes(sync));
  if (next !== null) return children;
  const decided = syncs.at(-1);
  const isFull = decided?.decision === 'FULLRESYNC' || decided?.decision === 'SYNC';
  addTransfer(session, isFull ? decided.decidedAt : null, add);
  return children;
}

/** What follows the last request of a session: payload and stream. @param grantedAt when a payload was promised, µs. */
function addTransfer(
  session: Session,
  grantedAt: number | null,
  add: (name: ChildName, from: number, to: number | null, attributes?: Attributes) => void,
): void {
  const { payload, firstSeenAt } = session;
  const isOnline = session.phase === 'online' && session.channel === 'main';
  if (grantedAt !== null && (payload === null || payload.startedAt !== null))
    add('wait', grantedAt, payload?.startedAt ?? (isOnline ? session.onlineAt : null));
  if (payload !== null) {
    const { startedAt, finishedAt, lastAt } = payload;
    // Where its end was not captured, it is over once the stream has begun.
    const end = finishedAt ?? (isOnline ? lastAt : null);
    add('payload', startedAt ?? grantedAt ?? firstSeenAt, end, payloadAttributes(payload));
  }
  const loaded = session.channel === 'main' ? payloadOf(session) : null;
  if (loaded !== null && loaded.finishedAt !== null && loaded.loadedAt !== null)
    add('load', loaded.finishedAt, loaded.loadedAt);
  if (isOnline)
    add('online', session.onlineAt ?? payload?.lastAt ?? firstSeenAt, null, onlineAttributes(session));
}
