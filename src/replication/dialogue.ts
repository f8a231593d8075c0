import { AUTH, HELLO, PING, PSYNC, REPLCONF } from '../resp/command-names.js';
import { ReplyDecoder, type ReplySink } from '../resp/reply-decoder.js';
import {
  type Answer,
  causeOfRefusal,
  NO_ANSWER,
  type PayloadHeader,
  readAnswer,
  readPayloadHeader,
} from './decision.js';
import { applyReplconf, type ChannelOptions } from './handshake.js';
import { MAX_PENDING_REPLIES, MAX_SYNCS_PER_SESSION, MAX_TEXT } from './limits.js';
import type { Session, Sync } from './model.js';
import { shownRequest, shownWords } from './redact.js';
import type { SessionEvents } from './session-events.js';

/** A request whose reply is still to come. */
interface Pending {
  name: number;
  text: string;
  sync: Sync | null;
}

/** What the dialogue leads to. */
export interface DialogueOwner {
  /** A PSYNC or SYNC was sent: from here on this is a replica. */
  syncRequested(sync: Sync): void;
  /** A sync has its answer, or (Valkey's `$ENDOFF`) more of it: find the cause. */
  syncAnswered(sync: Sync): void;
}

/**
 * The part of a session in which the two ends take turns: requests of the replica, replies of the master, up to the line after
 * which payload or stream begins. Requests may be pipelined (6.2+), refused, repeated; replies may be lost to the capture.
 */
export class Dialogue implements ReplySink {
  readonly channel: ChannelOptions = { rdbChannel: false, mainClientId: null, rdbClientId: null };
  /** Id by which a second connection names this one (Redis 8), or this RDB connection is named (Valkey 8). */
  clientId: string | null = null;
  /** Set when the line just read begins a payload or, with the offset before its first byte, the stream. */
  payloadHeader: PayloadHeader | null = null;
  streamDue: { start: number | null } | null = null;

  readonly #session: Session;
  readonly #events: SessionEvents;
  readonly #owner: DialogueOwner;
  readonly #replies = new ReplyDecoder(this);
  readonly #pending: Pending[] = [];
  /** A full sync was granted, and this is the sync: the next `$` line begins its payload. */
  #payloadDue: Sync | null = null;

  constructor(session: Session, events: SessionEvents, owner: DialogueOwner) {
    this.#session = session;
    this.#events = events;
    this.#owner = owner;
  }

  /** True between replies while a payload is due: its header line may have been lost. */
  get awaitsPayload(): boolean {
    return this.#payloadDue !== null && this.#replies.idle;
  }

  /**
   * A request of the replica, by the id of its first word, with its words. Returns true when only a replica says such a thing.
   */
  request(name: number, words: readonly string[], time: number, packet: number): boolean {
    const announces =
      name === REPLCONF && applyReplconf(words.slice(1), this.#session.handshake, this.channel);
    if (this.channel.rdbChannel) this.#session.channel = 'rdb';
    this.#expect({ name, text: shownRequest(words), sync: null });
    this.#events.emit(time, packet, { event: 'handshake.command', words: shownWords(words) });
    return announces;
  }

  /** A PSYNC or SYNC. */
  requestSync(name: number, words: readonly string[], time: number, packet: number): void {
    const sync = newSync(name === PSYNC ? 'PSYNC' : 'SYNC', words, time, packet);
    if (this.#session.syncs.length < MAX_SYNCS_PER_SESSION) this.#session.syncs.push(sync);
    this.#expect({ name, text: sync.command, sync });
    this.#replies.rawBulk = true;
    this.#owner.syncRequested(sync);
    this.#events.emit(time, packet, { event: 'sync.requested', sync });
  }

  /** Bytes of the master: returns the index behind what belonged to the dialogue. */
  data(bytes: Uint8Array, start: number, end: number, time: number, packet: number): number {
    return this.#replies.data(bytes, start, end, time, packet);
  }

  /** A hole in what the master said. Returns true when it cut a line that still told something. */
  gap(time: number, packet: number): boolean {
    const partial = this.#replies.takePartial();
    if (partial === '') return false;
    this.reply(partial, time, packet);
    // Its last number may have lost digits.
    const sync = this.#session.syncs.at(-1);
    if (sync?.decisionPacket === packet) sync.grantedOffset = null;
    this.payloadHeader = null;
    return true;
  }

  reply(text: string, time: number, packet: number): boolean {
    const header = text.startsWith('$') ? readPayloadHeader(text) : null;
    if (this.#payloadDue !== null) return this.#beforePayload(this.#payloadDue, text, header);
    const answer = readAnswer(text);
    const grants = answer !== null && answer.decision !== 'REFUSED';
    if (grants || header !== null) this.#skipToSync();
    // Nobody is granted a CONTINUE who asked for `?`: the answer to that, and the next request, were not captured.
    if (answer?.decision === 'CONTINUE' && this.#pending[0]?.sync?.replid === '?') this.#pending.shift();
    const pending = this.#pending.shift();
    if (pending?.sync != null) {
      this.#answerSync(pending.sync, text, header, answer, time, packet);
      if (header !== null && this.#payloadDue !== null)
        return this.#beforePayload(this.#payloadDue, text, header);
    } else if (pending !== undefined) this.#answerRequest(pending, text, time, packet);
    else if (grants) this.#answer(this.#unseenSync(time, packet), answer, time, packet);
    return this.streamDue !== null;
  }

  newline(time: number, packet: number): void {
    this.#session.stream.keepaliveNewlines++;
    this.#events.emit(time, packet, { event: 'stream.keepalive', from: 'master' });
  }

  #expect(pending: Pending): void {
    if (this.#pending.length >= MAX_PENDING_REPLIES) this.#pending.shift();
    this.#pending.push(pending);
  }

  /** Replies to what came before a PSYNC were not captured: its answer is recognised by its content. */
  #skipToSync(): void {
    const sync = this.#pending.findIndex((pending) => pending.sync !== null);
    if (sync > 0) this.#pending.splice(0, sync);
  }

  /** A decision whose request was not captured. */
  #unseenSync(time: number, packet: number): Sync {
    this.requestSync(PSYNC, [], time, packet);
    return this.#pending.pop()!.sync!;
  }

  #answerRequest(pending: Pending, text: string, time: number, packet: number): void {
    const { handshake } = this.#session;
    if (pending.name === PING) handshake.ping = text.slice(1, MAX_TEXT);
    else if (pending.name === AUTH || (pending.name === HELLO && pending.text.includes('AUTH')))
      handshake.auth = text.startsWith('-') ? 'rejected' : 'accepted';
    const reply = text.slice(0, MAX_TEXT);
    this.#events.emit(time, packet, { event: 'handshake.reply', reply, to: pending.text });
  }

  #answerSync(
    sync: Sync,
    text: string,
    header: PayloadHeader | null,
    answer: Answer | null,
    time: number,
    packet: number,
  ): void {
    // A payload begins: SYNC has no other answer; of PSYNC's the line was not captured.
    if (header !== null)
      this.#answer(
        sync,
        { ...NO_ANSWER, decision: sync.command === 'SYNC' ? 'SYNC' : 'FULLRESYNC' },
        time,
        packet,
      );
    else this.#answer(sync, answer ?? { ...NO_ANSWER, error: text.slice(0, MAX_TEXT) }, time, packet);
  }

  #answer(sync: Sync, answer: Answer, time: number, packet: number): void {
    sync.decision = answer.decision;
    sync.decidedAt = time;
    sync.decisionPacket = packet;
    sync.error = answer.error;
    sync.grantedReplid = answer.replid;
    sync.grantedOffset = answer.offset;
    this.clientId = answer.clientId ?? this.clientId;
    if (answer.decision === 'REFUSED') {
      sync.cause = causeOfRefusal(answer.error ?? '');
      this.#session.phase = 'handshake';
    } else if (answer.decision === 'CONTINUE') {
      // Before 4.0 the line has no id: the history goes on under the one that was asked for.
      if (sync.grantedReplid === null) sync.grantedReplid = sync.replid;
      this.streamDue = { start: sync.offset === null ? null : sync.offset - 1 };
    } else if (answer.decision === 'DUALCHANNEL') {
      // Redis 8 sends the stream right behind this line; its offset is granted on the other connection.
      if (answer.clientId !== null) this.streamDue = { start: null };
    } else this.#payloadDue = sync;
    this.#owner.syncAnswered(sync);
    this.#events.emit(time, packet, { event: 'sync.decided', sync });
  }

  #beforePayload(sync: Sync, text: string, header: PayloadHeader | null): boolean {
    if (header === null) {
      // `-ERR …`: the master gave up. Anything else is noise that a replica would not accept either.
      if (text.startsWith('-')) sync.error = text.slice(0, MAX_TEXT);
      return false;
    }
    if (header.form === 'end-offset') {
      sync.grantedReplid = header.replid;
      sync.grantedOffset = header.offset;
      this.clientId = header.clientId;
      this.#owner.syncAnswered(sync);
      return false;
    }
    this.payloadHeader = header;
    return true;
  }
}

function newSync(command: 'PSYNC' | 'SYNC', words: readonly string[], time: number, packet: number): Sync {
  const offset = words[2] ?? '';
  return {
    command,
    replid: command === 'PSYNC' ? (words[1] ?? null) : null,
    offset: command === 'PSYNC' && /^-?\d{1,15}$/.test(offset) ? Number(offset) : null,
    failover: words[3]?.toUpperCase() === 'FAILOVER',
    requestedAt: time,
    requestPacket: packet,
    decidedAt: null,
    decisionPacket: null,
    decision: null,
    grantedReplid: null,
    grantedOffset: null,
    error: null,
    cause: null,
    missedBytes: null,
  };
}
