import type { Session } from '../../replication/model.js';
import { type Found, type LinkEvent, packetList, type Report, type Rule } from './rule.js';

/** Rests with the same difference, at different offsets, that prove it: at one of them the replica may just stand still. */
const PROOF_RESTS = 2;

/** Times that an ACK repeats the one before it at one rest, from which on it is told: who acknowledges would have applied what he has. */
const PATIENT_ACKS = 2;

interface State {
  offset: number;
  sentOffset: number | null;
  /** The difference of the last rest, its offset, and in how many of them it was the same. */
  drift: number;
  restOffset: number;
  rests: number;
  acks: number;
  packet: number;
  found: Found | null;
}

/**
 * The replica's offset is not the master's, by the same number of bytes wherever the two come to rest (two equal ACKs with nothing
 * sent between them). It counted bytes that were not sent, or missed some (an open transaction at rest looks the same until EXEC comes): from then on it is asked for, and asks for, the wrong ones.
 */
export class Drift implements Rule {
  static readonly code = 'drift';
  readonly #report: Report;
  readonly #states = new WeakMap<Session, State>();

  constructor(report: Report) {
    this.#report = report;
  }

  event(event: LinkEvent): void {
    // Where the start of the stream was inferred from ACKs the difference is what was inferred.
    if (event.event !== 'ack' || event.session.offsets.basis !== 'handshake') return;
    const { session, offset, sentOffset, packet } = event;
    const state = this.#states.get(session);
    if (state === undefined) {
      const none = { drift: 0, restOffset: -1, rests: 0, acks: 0, found: null };
      this.#states.set(session, { offset, sentOffset, packet, ...none });
      return;
    }
    const rests = state.offset === offset && state.sentOffset === sentOffset && sentOffset !== null;
    if (rests) this.#rest(session, state, offset, sentOffset, event.time, packet);
    Object.assign(state, { offset, sentOffset, packet });
  }

  #rest(session: Session, state: State, offset: number, sent: number, time: number, packet: number): void {
    const drift = offset - sent;
    if (drift !== state.drift)
      Object.assign(state, { drift, restOffset: offset, rests: 1, acks: 0, found: null });
    else if (offset !== state.restOffset)
      Object.assign(state, { restOffset: offset, rests: state.rests + 1, acks: 0 });
    state.acks++;
    if (drift === 0 || (state.rests < PROOF_RESTS && state.acks < PATIENT_ACKS)) return;
    const severity = state.rests < PROOF_RESTS ? 'warning' : 'error';
    const evidence = { driftBytes: drift, ackedOffset: offset, sentOffset: sent, rests: state.rests };
    if (state.found !== null)
      Object.assign(state.found, { severity, evidence: { ...state.found.evidence, ...evidence } });
    else
      state.found = this.#report({
        severity,
        code: Drift.code,
        sessions: [session],
        time,
        packets: packetList(state.packet, packet),
        evidence,
      });
  }
}
