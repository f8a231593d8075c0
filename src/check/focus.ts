import type { FindingDocument, LinkDocument, SessionDocument, SummaryDocument } from '../report/document.js';

/** The link, session and time that a path of the summary document is about. */
export interface Focus {
  readonly link: LinkDocument;
  /** From 1; null: no single one. */
  readonly session: number | null;
  readonly at: string | null;
  /** Set when the path is of a finding. */
  readonly finding?: FindingDocument;
}

const LINK_PATH = /^links\[(\d+)\](?:\.sessions\[(\d+)\])?(?:\.syncs\[(\d+)\])?(?:\.([\w.]+))?/;
const FINDING_PATH = /^findings\[(\d+)\]/;

/** What `links[0].fullResyncs` is about: the link, and the session and the time that made it what it is. null: no link. */
export function focusOf(path: string, document: SummaryDocument): Focus | null {
  const finding = document.findings[Number(FINDING_PATH.exec(path)?.[1] ?? -1)];
  if (finding !== undefined) {
    const link = document.links.find(({ id }) => id === finding.link);
    return link === undefined ? null : { link, session: finding.session, at: finding.at, finding };
  }
  const match = LINK_PATH.exec(path);
  const link = document.links[Number(match?.[1] ?? -1)];
  if (match === null || link === undefined) return null;
  const [, , sessionIndex, syncIndex, field = ''] = match;
  if (sessionIndex === undefined) return ofLink(link, field);
  const index = Number(sessionIndex);
  const session = link.sessions[index];
  if (session === undefined) return { link, session: null, at: null };
  const sync = syncIndex === undefined ? undefined : session.syncs[Number(syncIndex)];
  const at = sync === undefined ? timeOf(session, field) : (sync.decidedAt ?? sync.requestedAt);
  return { link, session: index + 1, at };
}

/** Counters are about the last thing that they counted. */
function ofLink(link: LinkDocument, field: string): Focus {
  if (field === 'fullResyncs') return lastSync(link, ['FULLRESYNC', 'SYNC']);
  if (field === 'partialResyncs') return lastSync(link, ['CONTINUE']);
  if (field === 'refusedSyncs') return lastSync(link, ['REFUSED']);
  if (field.startsWith('lag.max')) {
    const name = field === 'lag.maxMs' ? 'maxMs' : 'maxBytes';
    const index = link.sessions.findIndex(({ lag }) => lag[name] !== null && lag[name] === link.lag[name]);
    const session = link.sessions[index];
    if (session !== undefined) return { link, session: index + 1, at: session.lag.maxBytesAt };
  }
  return ofSession(link, link.sessions.length - 1);
}

function lastSync(link: LinkDocument, decisions: readonly string[]): Focus {
  const index = link.sessions.findLastIndex(({ syncs }) =>
    syncs.some(({ decision }) => decision !== null && decisions.includes(decision)),
  );
  if (index === -1) return ofSession(link, link.sessions.length - 1);
  const sync = link.sessions[index]!.syncs.findLast(
    ({ decision }) => decision !== null && decisions.includes(decision),
  );
  return { link, session: index + 1, at: sync!.decidedAt };
}

function ofSession(link: LinkDocument, index: number): Focus {
  const session = link.sessions[index];
  if (session === undefined) return { link, session: null, at: null };
  return { link, session: index + 1, at: session.openedAt ?? session.firstSeenAt };
}

function timeOf(session: SessionDocument, field: string): string {
  const fallback = session.openedAt ?? session.firstSeenAt;
  if (field.startsWith('payload'))
    return session.payload?.finishedAt ?? session.payload?.startedAt ?? fallback;
  if (field.startsWith('lag') || field.startsWith('behind')) return session.lag.maxBytesAt ?? fallback;
  if (field.startsWith('closed')) return session.closedAt ?? fallback;
  return fallback;
}
