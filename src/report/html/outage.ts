import type { LinkView, PhaseView } from './model.js';

/** How long a replica was without the stream. µs. */
export interface Away {
  /** From its first connection to its first moment online, where that took more than one connection; else 0. */
  untilOnline: number;
  /** From then on: between two moments online, or up to the end. */
  between: number;
  /** It was not online when the capture ended. */
  atEnd: boolean;
}

/** @param links all of one replica. @param length of the capture. null: it was never online, or not all of its sessions are known. */
export function awayFrom(links: readonly LinkView[], length: number): Away | null {
  if (links.some(({ sessionsLeftOut }) => sessionsLeftOut > 0)) return null;
  const sessions = links.flatMap((link) => link.sessions).sort((a, b) => a.from - b.from);
  const online = sessions
    .flatMap(({ phases }) => phases.filter(({ kind }) => kind === 'online'))
    .sort((a, b) => a.from - b.from);
  const [first] = online;
  if (first === undefined) return null;
  const wasAtOnce = sessions[0]!.openStart || first.from <= sessions[0]!.to;
  const untilOnline = wasAtOnce ? 0 : first.from - sessions[0]!.from;
  const { between, end } = gaps(online);
  const isOnline = sessions.some(({ openEnd, phases }) => openEnd && phases.at(-1)?.kind === 'online');
  return { untilOnline, between: between + (isOnline ? 0 : Math.max(0, length - end)), atEnd: !isOnline };
}

/** What lies between spans in order of their beginning, and where the last one ends. */
function gaps(spans: readonly PhaseView[]): { between: number; end: number } {
  let between = 0;
  let end = spans[0]!.to;
  for (const { from, to } of spans) {
    between += Math.max(0, from - end);
    end = Math.max(end, to);
  }
  return { between, end };
}
