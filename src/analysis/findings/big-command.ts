import type { StreamNotice } from '../../replication/events.js';
import { packetList, type Report, type Rule } from './rule.js';
import { settingsWord } from './sizing.js';
import type { Thresholds } from './thresholds.js';

/**
 * One command of a stream that alone fills a backlog of the default size: after it no replica that was away for a moment can be
 * continued. Each replica's output buffer holds it as well, and a replica applies it in one go.
 */
export class BigCommand implements Rule {
  static readonly code = 'big-command';
  readonly #report: Report;
  readonly #thresholds: Thresholds;

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#thresholds = thresholds;
  }

  notice(notice: StreamNotice): void {
    const { bigCommandBytes, outputSoftBytes } = this.#thresholds;
    const { amount, session, time, packet, name, offset } = notice;
    if (notice.notice !== 'big-command' || amount < bigCommandBytes) return;
    this.#report({
      severity: amount >= outputSoftBytes ? 'warning' : 'info',
      code: BigCommand.code,
      sessions: [session],
      time,
      packets: packetList(packet),
      evidence: {
        command: name,
        bytes: amount,
        offset,
        thresholdBytes: bigCommandBytes,
        outputSoftBytes,
        settingsWord: settingsWord(session.link),
      },
    });
  }
}
