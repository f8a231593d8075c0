import type { Session, Sync } from '../../replication/model.js';
import { type Why, type WhyCode, why } from '../../replication/why.js';
import type { Ground } from './ground.js';
import { asReplica, wasOnline } from './sessions.js';

/** What an error line to PSYNC or SYNC begins with, and what that means (replication-wire.md 2.2). The first that fits holds. */
const ERRORS: readonly (readonly [RegExp, WhyCode])[] = [
  [/^-LOADING\b/, 'loading'],
  [/^-NOMASTERLINK Can't SYNC while failing over/, 'failing-over'],
  [/^-(NOMASTERLINK|ERR Can't SYNC while not connected)/, 'no-master-link'],
  [/^-MASTERDOWN\b/, 'master-down'],
  [/^-BUSY\b/, 'busy'],
  [/^-(NOAUTH\b|ERR operation not permitted)/, 'auth-required'],
  [/^-(WRONGPASS\b|ERR invalid password)/, 'wrong-password'],
  [/^-NOPERM\b/, 'no-permission'],
  [/^-ERR unknown command/i, 'psync-unknown'],
  [/^-ERR (BGSAVE failed|Unable to perform background save)/, 'snapshot-failed'],
  [/^-ERR /, 'bad-request'],
];

/** A request that was answered by an error. */
export function refused(sync: Sync, session: Session, { links }: Ground): Why {
  const error = sync.error ?? '';
  const code = ERRORS.find(([begin]) => begin.test(error))?.[1] ?? 'unknown';
  if (session.handshake.auth === 'rejected' && code === 'auth-required') return why('wrong-password');
  if (code !== 'no-master-link' && code !== 'master-down') return why(code);
  // The master is itself a replica: what its own link does is what is waited for.
  const upstream = asReplica(links, session.link.master, sync.requestedAt).at(-1);
  if (upstream === undefined) return why(code, { upstream: null, upstreamState: null });
  const state =
    upstream.closedAt !== null && upstream.closedAt <= sync.requestedAt
      ? 'closed'
      : wasOnline(upstream)
        ? 'online'
        : upstream.phase;
  return why(code, { upstream: upstream.link.master, upstreamState: state });
}
