import { anatomyOf } from '../../analysis/anatomy/anatomy.js';
import type { Session } from '../../replication/model.js';

/**
 * The `anatomy` part of a payload, an addition to the contract: what a full sync's time went to, and who bound it. See
 * src/analysis/anatomy for what each field and each code means.
 */
export interface AnatomyDocument {
  totalMs: number | null;
  waitMs: number | null;
  transferMs: number | null;
  loadMs: number | null;
  catchUpMs: number | null;
  bytesPerSecond: number | null;
  roundTripMs: number | null;
  idleMs: number | null;
  unacknowledgedMs: number | null;
  zeroWindowMs: number | null;
  retransmittedBytes: number | null;
  maxFlightBytes: number | null;
  writtenBytes: number | null;
  boundBy: string;
  reason: string;
  reasonMs: number | null;
}

/** null where the payload's beginning is not in the capture. */
export function anatomyDocument(session: Session): AnatomyDocument | null {
  const anatomy = anatomyOf(session);
  if (anatomy === null) return null;
  const { bytes: _, ...facts } = anatomy;
  return {
    ...facts,
    totalMs: rounded(facts.totalMs),
    waitMs: rounded(facts.waitMs),
    transferMs: rounded(facts.transferMs),
    loadMs: rounded(facts.loadMs),
    catchUpMs: rounded(facts.catchUpMs),
    bytesPerSecond: facts.bytesPerSecond === null ? null : Math.round(facts.bytesPerSecond),
    roundTripMs: rounded(facts.roundTripMs),
    idleMs: rounded(facts.idleMs),
    unacknowledgedMs: rounded(facts.unacknowledgedMs),
    zeroWindowMs: rounded(facts.zeroWindowMs),
    reasonMs: rounded(facts.reasonMs),
  };
}

/** Milliseconds with three decimals. */
function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 1000) / 1000;
}
