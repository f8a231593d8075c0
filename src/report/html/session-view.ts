import { Chalk } from 'chalk';
import { causeText, decisionText } from '../causes.js';
import type { SessionDocument } from '../document.js';
import type { TextOptions } from '../options.js';
import type { SyncFacts } from '../sync-facts.js';
import { clockText, parseMicros, type Zone } from '../time.js';
import { phaseLines } from '../timeline-phases.js';
import { durationText } from '../units.js';
import type { Axis } from './axis.js';
import type { MarkView, PhaseKind, PhaseView, SessionLine, SessionView } from './model.js';

/** How texts of the page are made; the width is nobody's business. */
export function plainOptions(zone: Zone): TextOptions {
  return { width: 100_000, chalk: new Chalk({ level: 0 }), ascii: false, zone };
}

/** A session as its bar in the lane, and in words. `payloadSession`: number of the one that carried its payload, or null. */
export function sessionView(
  session: SessionDocument,
  number: number,
  axis: Axis,
  text: { zone: Zone; withDate: boolean; payloadSession: number | null },
): SessionView {
  const from = axis.iso(session.openedAt ?? session.firstSeenAt);
  const to = session.closedAt === null ? axis.micros(axis.to) : axis.iso(session.closedAt);
  const channel = session.channel === 'rdb' ? ' (rdb channel)' : '';
  return {
    number,
    from,
    to: Math.max(from, to),
    openStart: session.joinedMidstream,
    openEnd: session.closedAt === null,
    title: `session ${number}${channel}, ${spanText(session, text)}, from port ${session.clientPort}`,
    phases: phasesOf(session, from, Math.max(from, to), axis),
    marks: marksOf(session, axis),
    lines: linesOf(session, axis, text),
  };
}

function spanText(session: SessionDocument, { zone, withDate }: { zone: Zone; withDate: boolean }): string {
  const clock = (iso: string): string => clockText(parseMicros(iso), { zone, decimals: 3, withDate });
  const from = session.joinedMidstream
    ? 'before the capture'
    : clock(session.openedAt ?? session.firstSeenAt);
  return `${from} → ${session.closedAt === null ? 'end of capture' : clock(session.closedAt)}`;
}

function phasesOf(session: SessionDocument, from: number, to: number, axis: Axis): PhaseView[] {
  const { payload, syncs, channel } = session;
  const last = syncs.at(-1);
  const isRefused = syncs.length > 0 && syncs.every(({ decision }) => decision === 'REFUSED');
  if (isRefused) return [{ kind: 'refused', from, to }];
  const requested = axis.isoOrNull(syncs[0]?.requestedAt ?? null);
  const started = axis.isoOrNull(payload?.startedAt ?? null);
  const finished = axis.isoOrNull(payload?.finishedAt ?? null);
  const loaded =
    finished === null || payload?.loadMs == null ? null : finished + Math.round(payload.loadMs * 1000);
  const isOnline = session.phase === 'online' && channel === 'main';
  const online = isOnline ? axis.isoOrNull(session.onlineAt ?? session.firstSeenAt) : null;
  // Each phase ends where the next known one begins.
  const begins: [PhaseKind, number | null][] = [
    ['handshake', session.joinedMidstream ? null : from],
    ['waiting', last?.decision === 'CONTINUE' ? null : requested],
    ['payload', started ?? (payload === null ? null : from)],
    ['loading', payload?.complete && channel === 'main' ? finished : null],
    ['online', loaded ?? (payload?.complete && session.acks.count === 0 ? null : online)],
  ];
  const known = begins.filter((each): each is [PhaseKind, number] => each[1] !== null);
  const phases = known.map(([kind, begin], index): PhaseView => {
    const next = known[index + 1]?.[1] ?? endOf(kind, finished, to);
    return { kind, from: Math.min(begin, to), to: Math.max(begin, Math.min(next, to)) };
  });
  return phases.length === 0 ? [{ kind: 'silent', from, to }] : phases;
}

/** A payload that nothing follows ends with its last byte. */
function endOf(kind: PhaseKind, finished: number | null, to: number): number {
  return kind === 'payload' && finished !== null ? finished : to;
}

function marksOf(session: SessionDocument, axis: Axis): MarkView[] {
  const marks: MarkView[] = [];
  for (const sync of session.syncs) {
    if (sync.decision === null || sync.decidedAt === null) continue;
    const facts = sync as SyncFacts;
    const why = causeText(facts, session.channel);
    const kind = sync.decision === 'CONTINUE' ? 'partial' : sync.decision === 'REFUSED' ? 'refused' : 'full';
    marks.push({
      at: axis.iso(sync.decidedAt),
      kind,
      text: `${decisionText(facts)}${why === '' ? '' : `: ${why}`}`,
    });
  }
  if (session.closedAt !== null) {
    const by = session.closedBy === null ? '' : ` by the ${session.closedBy}`;
    const isReset = session.closedHow === 'rst';
    marks.push({
      at: axis.iso(session.closedAt),
      kind: isReset ? 'reset' : 'closed',
      text: `${isReset ? 'reset' : 'closed'}${by}`,
    });
  }
  return marks;
}

/** The lines of the timeline. The sparkline goes: the page has charts. */
function linesOf(
  session: SessionDocument,
  axis: Axis,
  { zone, withDate, payloadSession }: { zone: Zone; withDate: boolean; payloadSession: number | null },
): SessionLine[] {
  const context = { options: plainOptions(zone), endAt: axis.to, withDate, payloadSession };
  const drawn: SessionDocument = { ...session, lag: { ...session.lag, series: null } };
  return phaseLines(drawn, context).map(({ name, ms, details, inner }) => ({
    name,
    duration: ms === null ? '' : durationText(ms),
    text: details
      .map(({ text, before }, index) => (index === 0 ? text : `${before ?? ' · '}${text}`))
      .join('')
      .replace(/ {3,}/g, ' · '),
    inner,
  }));
}
