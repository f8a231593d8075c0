import { type LinkEvent, packetList, type Report, type Rule } from './rule.js';

/** Payloads remembered to be compared with. */
const MAX_PAYLOADS = 1_000;

/**
 * The CRC64 at the end of a payload is not that of its bytes (rdbLoadRio: "Wrong RDB checksum"). The bytes are taken as TCP carried
 * them past the capture, none of them missing: what is wrong with them was wrong before that point.
 */
export class ChecksumInvalid implements Rule {
  static readonly code = 'checksum-invalid';
  readonly #report: Report;
  /** How often each damaged payload was seen, by its SHA-256. */
  readonly #seen = new Map<string, number>();

  constructor(report: Report) {
    this.#report = report;
  }

  event(event: LinkEvent): void {
    if (event.event !== 'payload.finished') return;
    const { payload, session } = event;
    if (payload.rdb?.checksum !== 'invalid' || payload.missingBytes > 0) return;
    const same = payload.sha256 === null ? 0 : (this.#seen.get(payload.sha256) ?? 0);
    if (payload.sha256 !== null && this.#seen.size < MAX_PAYLOADS) this.#seen.set(payload.sha256, same + 1);
    this.#report({
      severity: 'error',
      code: ChecksumInvalid.code,
      sessions: [session],
      time: event.time,
      packets: packetList(payload.startPacket, payload.finishPacket),
      evidence: {
        payloadBytes: payload.bytes,
        rdbVersion: payload.rdb.version,
        sameBytesBefore: same,
        diskless: payload.form === 'eof-mark' ? 1 : 0,
        conflictingBytes: session.loss.conflictingBytes,
      },
    });
  }
}
