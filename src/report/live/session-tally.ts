import type { SessionDocument } from '../document.js';

/** What metrics count of a link by name, each from one session's part of the document. */

/** `FULLRESYNC backlog-miss`: what was decided, and why. */
export function decisionsOf({ syncs }: SessionDocument): string[] {
  return syncs.flatMap(({ decision, cause }) =>
    decision === null ? [] : [`${decision} ${cause ?? 'unknown'}`],
  );
}

/** The verdict on the checksum of a payload that came to its end. */
export function checksumsOf({ payload }: SessionDocument): string[] {
  return payload?.complete === true ? [payload.rdb?.checksum ?? 'unchecked'] : [];
}

/** The replication id that a session follows: granted at last, or asked for and continued; null where none was told. */
export function replidOf({ syncs }: SessionDocument): string | null {
  const sync = syncs.findLast((each) => each.decision !== null && each.decision !== 'REFUSED');
  if (sync === undefined) return null;
  return sync.grantedReplid ?? (sync.replid === '?' ? null : sync.replid);
}

/** Adds names to their counts. */
export function count(counts: Map<string, number>, names: readonly string[]): void {
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
}
