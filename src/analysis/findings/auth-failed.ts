import type { Session } from '../../replication/model.js';
import { RefusedAttempts } from './refused.js';
import type { LinkEvent, Report, Rule } from './rule.js';
import type { Thresholds } from './thresholds.js';

/** `no-password`: it sent none. */
type AuthReason = 'no-password' | 'wrong-password' | 'no-permission';

/**
 * A replica is refused again and again for its password or its permissions: -NOAUTH, -WRONGPASS, -NOPERM. It never gives up, and since
 * 6.2 it comes back at once (reconnectingWhenFailed), thousands of times a second where it has no password at all.
 */
export class AuthFailed implements Rule {
  static readonly code = 'auth-failed';
  readonly #attempts: RefusedAttempts;
  /** Sessions of which it was told already: a refused PSYNC is followed by a SYNC. */
  readonly #told = new WeakSet<Session>();

  constructor(report: Report, { authFailures }: Thresholds) {
    this.#attempts = new RefusedAttempts(report, AuthFailed.code, (attempts) => attempts >= authFailures);
  }

  event(event: LinkEvent): void {
    const { session } = event;
    if (event.event === 'sync.decided' && event.sync.decision !== 'REFUSED')
      this.#attempts.recovered(event.link);
    const isRefusal =
      (event.event === 'sync.decided' && event.sync.cause === 'auth') ||
      (event.event === 'connection.closed' && session.handshake.auth === 'rejected');
    if (!isRefusal || this.#told.has(session)) return;
    this.#told.add(session);
    this.#attempts.refused(event, reasonOf(session));
  }
}

/** What was missing, from the master's words. */
function reasonOf({ handshake, syncs }: Session): AuthReason {
  const error = syncs.findLast((sync) => sync.error !== null)?.error ?? '';
  if (/^-?NOPERM\b/.test(error)) return 'no-permission';
  return handshake.auth === 'rejected' ? 'wrong-password' : 'no-password';
}
