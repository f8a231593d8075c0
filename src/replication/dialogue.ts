import { AUTH, HELLO, OTHER, PING, PSYNC, REPLCONF } from '../resp/command-names.js';
import { ReplyDecoder, type ReplySink } from '../resp/reply-decoder.js';
import {
  type Answer,
  causeOfRefusal,
  isErrorLine,
  NO_ANSWER,
  offsetOf,
  type PayloadHeader,
  readAnswer,
  readPayloadHeader,
} from './decision.js';
import { applyReplconf, type ChannelOptions } from './handshake.js';
import { MAX_EARLY_REPLIES, MAX_PENDING_REPLIES, MAX_SYNCS_PER_SESSION, MAX_TEXT } from './limits.js';
import type { Session, Sync } from './model.js';
import { shownAuthReply, shownReply, shownRequest, shownWords } from './redact.js';
import type { SessionEvents } from './session-events.js';

/** A request whose reply is still to come. */
interface Pending {
  name: number;
  text: string;
  sync: Sync | null;
  /** It was not captured, nor how many there were; `answered`: a reply to it was. */
  isLost: boolean;
  answered: boolean;
}

/** What the dialogue leads to: a payload, or the stream behind offset `start` (null: not known). */
export type Turn = { to: 'payload'; header: PayloadHeader } | { to: 'stream'; start: number | null };

/** Who is told of syncs. */
export interface DialogueOwner {
  /** A PSYNC or SYNC was sent. */
  syncRequested(): void;
  /** A sync has its answer, or (Valkey's `$ENDOFF`) more of it. */
  syncAnswered(sync: Sync): void;
}

/**
 * The part of a session in which the two ends take turns: requests of the replica, replies of the master, up to the line after
 * which payload or stream begins. Requests may be pipelined (6.2+), refused, repeated; either side may be lost to the capture, or
 * come late.
 */
export class Dialogue implements ReplySink {
  readonly channel: ChannelOptions = { rdbChannel: false };
  /** Id by which a second connection names this one (Redis 8), or this RDB connection is named (Valkey 8). */
  clientId: string | null = null;
  /** Something the master said since the last sync was asked for is missing. */
  holed = false;

  readonly #session: Session;
  readonly #events: SessionEvents;
  readonly #owner: DialogueOwner;
  readonly #replies = new ReplyDecoder(this);
  readonly #pending: Pending[] = [];
  /** Replies that were captured before their requests. */
  readonly #early: string[] = [];
  /** A full sync was granted, and this is the sync: the next `$` line begins its payload. */
  #payloadDue: Sync | null = null;
  /** A decision whose request has not been captured (yet). */
  #unseen: Sync | null = null;
  #turn: Turn | null = null;
  /** Requests were captured: the dialogue has been followed so far. */
  #heardRequests = false;
  /** The line at hand was not captured: only what it must have been is known. */
  #isUnseenLine = false;
  /** The line at hand lacks its end. */
  #isCut = false;

  constructor(session: Session, events: SessionEvents, owner: DialogueOwner) {
    this.#session = session;
    this.#events = events;
    this.#owner = owner;
  }

  /** True while a granted payload has not begun. */
  get awaitsPayload(): boolean {
    return this.#payloadDue !== null;
  }

  /** The sync whose answer is the next one to come, or null. */
  get undecided(): Sync | null {
    return this.#pending.find((pending) => pending.sync !== null)?.sync ?? null;
  }

  /** True where the master's next byte begins a line. */
  get isBetweenLines(): boolean {
    return this.#replies.idle;
  }

  /** What the last line led to; told once. */
  takeTurn(): Turn | null {
    const turn = this.#turn;
    this.#turn = null;
    if (turn !== null) this.#payloadDue = null;
    return turn;
  }

  /**
   * A request of the replica, by the id of its first word, with its words. Returns true when only a replica says such a thing.
   */
  request(name: number, words: readonly string[], time: number, packet: number): boolean {
    const { handshake } = this.#session;
    const announces = name === REPLCONF && applyReplconf(words.slice(1), handshake, this.channel);
    if (this.channel.rdbChannel) this.#session.channel = 'rdb';
    this.#events.emit(time, packet, { event: 'handshake.command', words: shownWords(words) });
    this.#expect(
      { name, text: shownRequest(words), sync: null, isLost: false, answered: false },
      time,
      packet,
    );
    return announces;
  }

  /** A PSYNC or SYNC. */
  requestSync(name: number, words: readonly string[], time: number, packet: number): void {
    const sync = newSync(name === PSYNC ? 'PSYNC' : 'SYNC', words, time, packet);
    if (this.#unseen !== null) {
      this.#foundRequest(this.#unseen, sync);
      return;
    }
    // No replica asks before its earlier requests were answered: replies that are still missing were not captured.
    if (this.holed) this.#pending.length = 0;
    this.holed = false;
    this.#list(sync, time, packet);
    this.#expect({ name, text: sync.command, sync, isLost: false, answered: false }, time, packet);
  }

  /** Requests were not captured: what answers them answers nothing else. */
  requestsLost(): void {
    this.#session.requestsLost = true;
    if (this.#pending.at(-1)?.isLost || this.#pending.length >= MAX_PENDING_REPLIES) return;
    this.#pending.push({ name: OTHER, text: '', sync: null, isLost: true, answered: false });
  }

  /** Bytes of the master: returns the index behind what belonged to the dialogue. */
  data(bytes: Uint8Array, start: number, end: number, time: number, packet: number): number {
    this.#replies.rawBulk = this.#payloadDue !== null || this.undecided !== null;
    return this.#replies.data(bytes, start, end, time, packet);
  }

  /** A hole in what the master said; a line that it cut may still have told something. */
  gap(time: number, packet: number): void {
    this.holed = true;
    const partial = this.#replies.takePartial();
    if (partial === '') return;
    this.#isCut = true;
    this.reply(partial, time, packet);
    this.#isCut = false;
    // Its last number may have lost digits.
    const sync = this.#session.syncs.at(-1);
    if (sync?.decisionPacket === packet) sync.grantedOffset = null;
    if (this.#turn?.to === 'payload') this.#turn = null;
  }

  /** The answer fell into a hole, and what follows it shows that it was this one. */
  answeredUnseen(decision: 'FULLRESYNC' | 'CONTINUE', time: number, packet: number): void {
    const sync = this.undecided;
    if (sync === null) return;
    this.#pending.length = 0;
    this.#isUnseenLine = true;
    this.#answer(sync, { ...NO_ANSWER, decision }, time, packet);
    this.#isUnseenLine = false;
  }

  reply(line: string, time: number, packet: number): boolean {
    const text = shownReply(line);
    const header = text.startsWith('$') ? readPayloadHeader(text) : null;
    if (this.#payloadDue !== null) return this.#beforePayload(this.#payloadDue, text, header);
    const answer = readAnswer(text);
    const grants = answer !== null && answer.decision !== 'REFUSED';
    if (grants || header !== null) this.#skipToSync();
    // Nobody is granted a CONTINUE who asked for `?`: the answer to that, and the next request, were not captured.
    if (answer?.decision === 'CONTINUE' && this.#pending[0]?.sync?.replid === '?') this.#pending.shift();
    let pending = this.#pending[0];
    if (pending?.isLost) {
      if (!grants && header === null) {
        pending.answered = true;
        if (this.#pending.length > 1) this.#pending.shift();
        return false;
      }
      this.#pending.shift();
      pending = this.#pending[0];
    }
    if (pending === undefined) {
      if (grants) this.#answer(this.#unseenSync(time, packet), answer, time, packet);
      else if (header !== null && header.form !== 'length') {
        const sync = this.#unseenSync(time, packet);
        // Nothing of the master is missing before it: nothing was granted, as SYNC has it; and so is what it says on a second connection.
        const isAllThere = !this.holed && (this.#heardRequests || !this.#session.joinedMidstream);
        const decision = isAllThere || header.form === 'end-offset' ? 'SYNC' : 'FULLRESYNC';
        if (decision === 'SYNC') sync.command = 'SYNC';
        this.#answer(sync, { ...NO_ANSWER, decision }, time, packet);
        return this.#beforePayload(sync, text, header);
      } else if (this.#early.length < MAX_EARLY_REPLIES) this.#early.push(text);
    } else if (pending.sync === null) {
      this.#pending.shift();
      this.#answerRequest(pending, text, time, packet);
    } else if (answer !== null || header !== null) {
      this.#pending.shift();
      // A payload begins: SYNC has no other answer; of PSYNC's the line was not captured.
      const begun = {
        ...NO_ANSWER,
        decision: pending.sync.command === 'SYNC' ? 'SYNC' : 'FULLRESYNC',
      } as const;
      this.#answer(pending.sync, answer ?? begun, time, packet);
      if (header !== null) return this.#beforePayload(pending.sync, text, header);
    } // else: the reply to something else, which no sync gets
    return this.#turn !== null;
  }

  newline(time: number, packet: number): void {
    this.#events.keepalive('master', time, packet);
  }

  #expect(pending: Pending, time: number, packet: number): void {
    const last = this.#pending.at(-1);
    if (last?.isLost && last.answered) this.#pending.pop();
    this.#heardRequests = true;
    if (this.#pending.length >= MAX_PENDING_REPLIES) {
      this.#pending.shift();
      this.#events.limits.replies++;
    }
    this.#pending.push(pending);
    const early = this.#early.shift();
    if (early !== undefined) this.reply(early, time, packet);
  }

  /** Replies to what came before a PSYNC were not captured: its answer is recognised by its content. */
  #skipToSync(): void {
    const sync = this.#pending.findIndex((pending) => pending.sync !== null);
    if (sync > 0) this.#pending.splice(0, sync);
  }

  /** A decision whose request was not captured. */
  #unseenSync(time: number, packet: number): Sync {
    const sync = newSync('PSYNC', [], time, packet);
    this.#unseen = sync;
    this.#session.requestsLost = true;
    this.#list(sync, time, packet);
    return sync;
  }

  #list(sync: Sync, time: number, packet: number): void {
    if (this.#session.syncs.length < MAX_SYNCS_PER_SESSION) this.#session.syncs.push(sync);
    else this.#events.limits.syncs++;
    this.#owner.syncRequested();
    this.#events.emit(time, packet, { event: 'sync.requested', sync });
  }

  /** The request of a decision comes after it: the two directions of a capture are not strictly ordered. */
  #foundRequest(unseen: Sync, request: Sync): void {
    this.#unseen = null;
    this.#session.requestsLost = false;
    const { command, replid, offset, failover, requestedAt, requestPacket } = request;
    Object.assign(unseen, { command, replid, offset, failover, requestedAt, requestPacket });
    if (unseen.decision === 'CONTINUE') unseen.grantedReplid ??= unseen.replid;
    this.#owner.syncAnswered(unseen);
  }

  #answerRequest(pending: Pending, text: string, time: number, packet: number): void {
    const { handshake } = this.#session;
    if (pending.name === AUTH || pending.name === HELLO) text = shownAuthReply(text);
    if (pending.name === PING) handshake.ping = text.slice(1, MAX_TEXT);
    else if (pending.name === AUTH || (pending.name === HELLO && pending.text.includes('AUTH')))
      handshake.auth = text.startsWith('-') ? 'rejected' : 'accepted';
    const reply = text.slice(0, MAX_TEXT);
    this.#events.emit(time, packet, { event: 'handshake.reply', reply, to: pending.text });
  }

  #answer(sync: Sync, answer: Answer, time: number, packet: number): void {
    sync.decision = answer.decision;
    sync.decidedAt = time;
    sync.decisionPacket = packet;
    sync.error = answer.error?.slice(0, MAX_TEXT) ?? null;
    sync.grantedReplid = answer.replid;
    sync.grantedOffset = answer.offset;
    this.clientId = answer.clientId ?? this.clientId;
    if (answer.decision === 'REFUSED') {
      sync.cause = causeOfRefusal(answer.error ?? '', this.#isCut);
      this.#session.phase = 'handshake';
    } else if (answer.decision === 'CONTINUE') {
      // Before 4.0 the line has no id: the history goes on under the one that was asked for.
      const mayHaveId = this.#session.handshake.capabilities.includes('psync2') || this.#session.requestsLost;
      if (!this.#isUnseenLine || !mayHaveId) sync.grantedReplid ??= sync.replid;
      this.#turn = { to: 'stream', start: sync.offset === null ? null : sync.offset - 1 };
    } else if (answer.decision === 'DUALCHANNEL') {
      // Redis 8 sends the stream right behind this line; its offset is granted on the other connection.
      if (answer.clientId !== null) this.#turn = { to: 'stream', start: null };
    } else this.#payloadDue = sync;
    this.#owner.syncAnswered(sync);
    this.#events.emit(time, packet, { event: 'sync.decided', sync });
  }

  #beforePayload(sync: Sync, text: string, header: PayloadHeader | null): boolean {
    if (header === null) {
      // `-ERR …`: the master gave up. Anything else is noise that a replica would not accept either.
      if (isErrorLine(text)) sync.error = text.slice(0, MAX_TEXT);
      return false;
    }
    if (header.form === 'end-offset') {
      sync.grantedReplid = header.replid;
      sync.grantedOffset = header.offset;
      this.clientId = header.clientId;
      this.#session.channel = 'rdb'; // also where what announced it was not captured
      this.#owner.syncAnswered(sync);
      return false;
    }
    this.#turn = { to: 'payload', header };
    return true;
  }
}

function newSync(command: 'PSYNC' | 'SYNC', words: readonly string[], time: number, packet: number): Sync {
  return {
    command,
    replid: command === 'PSYNC' ? (words[1] ?? null) : null,
    offset: command === 'PSYNC' ? offsetOf(words[2]) : null,
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
    why: null,
  };
}
