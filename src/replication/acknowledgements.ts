import { payloadOf } from './channels.js';
import type { Context } from './context.js';
import type { LagMeter } from './lag-meter.js';
import { AGREEING_ACKS, CAUGHT_UP_MS } from './limits.js';
import type { Session } from './model.js';
import type { CommandStream } from './stream.js';

/** The numbers of one `REPLCONF ACK <offset> [FACK <offset>]`. */
export interface Ack {
  offset: number;
  fsyncOffset: number | null;
}

const OFFSET = /^\d{1,15}$/;

/** Reads the words of a REPLCONF; null when it is no ACK with a number. */
export function readAck(words: readonly string[]): Ack | null {
  if (words[1]?.toLowerCase() !== 'ack' || !OFFSET.test(words[2] ?? '')) return null;
  const fsync = words[3]?.toLowerCase() === 'fack' && OFFSET.test(words[4] ?? '') ? Number(words[4]) : null;
  return { offset: Number(words[2]), fsyncOffset: fsync };
}

const ACK_BEGINS = '*3\r\n$8\r\nreplconf\r\n$3\r\n';

/** True for the beginning of an ACK whose rest was not captured: no other option of REPLCONF has three letters. */
export function beginsAck(bytes: Uint8Array): boolean {
  if (bytes.length < ACK_BEGINS.length) return false;
  for (let i = 0; i < ACK_BEGINS.length; i++) {
    const byte = bytes[i]!;
    const folded = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (folded !== ACK_BEGINS.charCodeAt(i)) return false;
  }
  return true;
}

/** Offsets and acknowledgements of one session: its basis, its ACKs, and the meter of its lag. */
export class Acknowledgements {
  meter: LagMeter | null = null;
  readonly #context: Context;
  readonly #session: Session;
  /** ACKs of different offsets that gave the inferred start offset, and the offset of the latest one. */
  #agreeing = 0;
  #lastAgreeing = -1;

  constructor(context: Context, session: Session) {
    this.#context = context;
    this.#session = session;
  }

  /** The stream begins behind offset `start`, as the two ends agreed. */
  begin(start: number, stream: CommandStream, time: number): void {
    const { offsets } = this.#session;
    offsets.basis = 'handshake';
    offsets.start = start;
    offsets.inference = null;
    this.#measure(stream, time);
  }

  /** The stream probably begins behind offset `start`: ACKs may raise it. */
  suppose(start: number | null, stream: CommandStream, time: number): void {
    if (start === null) return;
    const { offsets } = this.#session;
    this.begin(start, stream, time);
    offsets.basis = 'inferred';
    offsets.inference = { acks: 0, settledAfter: 0, certainty: 'at-least' };
  }

  /**
   * An ACK has come. `stream` is null before one was seen to begin; `received`: stream bytes that the replica's TCP had acknowledged
   * by then.
   */
  take(ack: Ack, stream: CommandStream | null, received: number, time: number): void {
    const { offsets } = this.#session;
    this.#count(time);
    offsets.lastAck = ack.offset;
    offsets.lastFsyncAck = ack.fsyncOffset ?? offsets.lastFsyncAck;
    if (stream === null) return;
    if (offsets.basis !== 'handshake') this.#infer(ack.offset, ack.offset - received, stream, time);
    // What TCP has acknowledged was sent, captured or not.
    this.meter?.sent(received, time);
    if (offsets.start !== null) this.meter?.acknowledged(ack.offset - offsets.start, time);
    this.#noteCatchUp(stream, time);
  }

  /** How the replica gets over a full sync. */
  #noteCatchUp(stream: CommandStream, time: number): void {
    const payload = payloadOf(this.#session);
    if (payload === null || payload.loadedAt === null || payload.caughtUpAt !== null) return;
    payload.writtenBytes ??= stream.bytes;
    if (this.meter !== null && this.meter.behindMs < CAUGHT_UP_MS) payload.caughtUpAt = time;
  }

  #count(time: number): void {
    const { acks } = this.#session;
    const payload = payloadOf(this.#session);
    acks.count++;
    if (acks.lastAt !== null)
      acks.maxIntervalMs = Math.max(acks.maxIntervalMs ?? 0, (time - acks.lastAt) / 1000);
    acks.firstAt ??= time;
    acks.lastAt = time;
    if (payload !== null && payload.finishedAt !== null) payload.loadedAt ??= time;
  }

  /**
   * Infers the start offset. A replica cannot have applied more than its TCP had acknowledged, so each ACK bounds the start offset from
   * below; the bound is exact as soon as one ACK came when everything received was applied (docs/offsets.md). The highest one holds.
   * That ACKs of different offsets have the same bound is no chance: they all came at such a moment.
   */
  #infer(acked: number, bound: number, stream: CommandStream, time: number): void {
    const { offsets, syncs } = this.#session;
    const last = syncs.at(-1);
    if (last?.command === 'SYNC') return; // its two ends never agreed on offsets
    offsets.inference ??= { acks: 0, settledAfter: 0, certainty: 'at-least' };
    const { inference } = offsets;
    inference.acks++;
    if (offsets.start === null || bound > offsets.start) {
      offsets.basis = 'inferred';
      offsets.start = bound;
      inference.settledAfter = inference.acks;
      inference.certainty = 'at-least';
      this.#agreeing = 1;
    } else if (bound === offsets.start && acked !== this.#lastAgreeing) {
      this.#agreeing++;
      if (this.#agreeing >= AGREEING_ACKS) inference.certainty = 'exact';
    } else return;
    this.#lastAgreeing = acked;
    if (this.meter === null) this.#measure(stream, time);
  }

  #measure(stream: CommandStream, time: number): void {
    const meter = this.#context.newMeter();
    this.meter = this.#context.observer?.meter?.(this.#session, meter) ?? meter;
    this.meter.sent(stream.bytes, time);
    this.meter.online(time);
    stream.meter = this.meter;
  }
}
