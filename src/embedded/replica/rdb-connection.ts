import type { Channel, ChannelHandler, CloseReason } from '../net/network.js';
import { writeAt } from '../net/write-at.js';
import { encodeInline, encodeRequest } from '../wire/encode-request.js';
import type { LinkContext } from './context.js';
import { Handshake, rdbHandshake } from './handshake.js';
import type { HistoryPoint } from './host.js';
import { LineReader } from './line-reader.js';
import { PayloadReceiver } from './payload-receiver.js';
import { readEndOffset, readFullresync, readPayloadHeader } from './sync-reply.js';

/** What the second connection tells the session it belongs to. */
export interface RdbConnectionOwner {
  /** The master said where the stream begins; clientId: by which a Valkey main connection names this one. */
  positioned(point: HistoryPoint, clientId: string | null): void;
  /** The payload is whole. */
  received(payload: PayloadReceiver): void;
  failed(reason: string): void;
}

/**
 * The connection that carries the payload of a sync by two connections: Redis 8's RDB channel (replication-wire.md, 8.2), or Valkey's
 * dual channel (8.1).
 */
export class RdbConnection implements ChannelHandler {
  readonly #context: LinkContext;
  readonly #owner: RdbConnectionOwner;
  readonly #handshake: Handshake;
  readonly #channel: Channel;
  readonly #lines = new LineReader();
  #expect: (line: string) => void = (line) => this.#handshakeLine(line);
  #payload: PayloadReceiver | null = null;
  #over = false;

  /** @param clientId of the main connection, where the master gave it (Redis 8). */
  constructor(context: LinkContext, clientId: string | null, owner: RdbConnectionOwner) {
    this.#context = context;
    this.#owner = owner;
    const { host, habits, master, gate } = context;
    this.#handshake = new Handshake(rdbHandshake(habits, host.settings, clientId), (words) => {
      const position = writeAt(this.#channel, encodeRequest(words));
      context.log.add({ kind: 'handshake', connection: 'rdb', words, position });
    });
    this.#channel = host.network.connect(host.address, master, gate.guard(this));
  }

  opened(channel: Channel): void {
    if (this.#over) return;
    this.#context.log.add({ kind: 'connect', connection: 'rdb', local: channel.local });
    this.#handshake.start();
  }

  data(bytes: Uint8Array): void {
    if (this.#over || this.#payload?.isComplete === true) return;
    this.#context.heard();
    let at = 0;
    while (!this.#over && at < bytes.length) {
      if (this.#payload !== null) {
        at = this.#payload.take(bytes, at);
        if (this.#payload.isComplete) {
          this.#owner.received(this.#payload);
          return;
        }
        if (this.#payload.isTooLong) this.#fail('payload too long');
      } else {
        at = this.#lines.take(bytes, at);
        if (this.#lines.line !== null) this.#expect(this.#lines.line);
        else if (this.#lines.isTooLong) this.#fail('reply line too long');
      }
    }
  }

  /** Behind its payload the connection has no more to say: Redis 8's master closes it, too. */
  closed(how: CloseReason): void {
    if (this.#over) return;
    this.#over = true;
    this.#context.log.add({ kind: 'closed', connection: 'rdb', by: 'master', how, reason: '' });
    if (this.#payload?.isComplete !== true) this.#owner.failed(`second connection: ${how}`);
  }

  close(how: 'fin' | 'rst', reason: string): void {
    if (this.#over) return;
    this.#over = true;
    if (how === 'fin') this.#channel.end();
    else this.#channel.reset();
    this.#context.log.add({ kind: 'closed', connection: 'rdb', by: 'replica', how, reason });
  }

  setReading(on: boolean): void {
    if (on) this.#channel.resume();
    else this.#channel.pause();
  }

  #handshakeLine(line: string): void {
    this.#logReply(line);
    const reason = this.#handshake.reply(line);
    if (reason !== null) this.#fail(reason);
    else if (this.#handshake.isDone) this.#requestPayload();
  }

  #requestPayload(): void {
    const { log, habits } = this.#context;
    const request = { kind: 'request', connection: 'rdb', failover: false } as const;
    if (habits.twoConnections === 'rdb-channel') {
      const position = writeAt(this.#channel, encodeRequest(['PSYNC', '?', '-1']));
      log.add({ ...request, command: 'PSYNC', replid: '?', offset: -1, position });
    } else {
      const position = writeAt(this.#channel, encodeInline(['SYNC']));
      log.add({ ...request, command: 'SYNC', replid: null, offset: null, position });
    }
    this.#expect = (line) => this.#positionLine(line);
  }

  #positionLine(line: string): void {
    if (line === '') return;
    this.#logReply(line);
    const end = readEndOffset(line);
    const point = end?.point ?? readFullresync(line);
    if (point === null) {
      this.#fail(`unexpected reply '${line}'`);
      return;
    }
    this.#expect = (next) => this.#headerLine(next);
    this.#owner.positioned(point, end?.clientId ?? null);
  }

  #headerLine(line: string): void {
    const header = readPayloadHeader(line);
    if (header.form === 'wait') return;
    this.#logReply(line);
    if (header.form === 'error') this.#fail(header.reason);
    else this.#payload = new PayloadReceiver(header);
  }

  #logReply(text: string): void {
    this.#context.log.add({ kind: 'reply', connection: 'rdb', text });
  }

  #fail(reason: string): void {
    this.close('fin', reason);
    this.#owner.failed(reason);
  }
}
