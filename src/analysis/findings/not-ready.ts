import type { Session } from '../../replication/model.js';
import { RefusedAttempts } from './refused.js';
import type { LinkEvent, Report, Rule } from './rule.js';
import type { Thresholds } from './thresholds.js';

type NotReadyReason = 'loading' | 'script' | 'failover' | 'no-master-link';

/**
 * A master refuses for long because it is not ready: it loads (-LOADING), has no link to its own master (-NOMASTERLINK, -MASTERDOWN), or
 * runs a script past its limit (-BUSY). The replica tries once a second; a minute of it is the timeout of everything else.
 */
export class NotReady implements Rule {
  static readonly code = 'not-ready';
  readonly #attempts: RefusedAttempts;
  readonly #told = new WeakSet<Session>();

  constructor(report: Report, { notReadyMs }: Thresholds) {
    this.#attempts = new RefusedAttempts(report, NotReady.code, (_attempts, overMs) => overMs >= notReadyMs);
  }

  event(event: LinkEvent): void {
    const { session } = event;
    if (event.event === 'sync.decided' && event.sync.decision !== 'REFUSED')
      this.#attempts.recovered(event.link);
    const isRefusal =
      (event.event === 'sync.decided' && event.sync.cause === 'not-ready') ||
      (event.event === 'connection.closed' &&
        /^(LOADING|MASTERDOWN|BUSY)\b/.test(session.handshake.ping ?? ''));
    if (!isRefusal || this.#told.has(session)) return;
    this.#told.add(session);
    this.#attempts.refused(event, reasonOf(session));
  }
}

/** What the master waits for, from its words. */
function reasonOf({ handshake, syncs }: Session): NotReadyReason {
  const error = syncs.findLast((sync) => sync.error !== null)?.error ?? `-${handshake.ping ?? ''}`;
  if (/^-LOADING\b/.test(error)) return 'loading';
  if (/^-BUSY\b/.test(error)) return 'script';
  return /failing over/.test(error) ? 'failover' : 'no-master-link';
}
