import type { Channel, ChannelHandler, CloseReason } from '../net/network.js';
import { writeAt } from '../net/write-at.js';
import { encodeInline, encodeRequest } from '../wire/encode-request.js';
import type { Faults, LinkContext } from './context.js';
import { Handshake, mainHandshake } from './handshake.js';
import type { HistoryPoint } from './host.js';
import { LineReader } from './line-reader.js';
import { Loading } from './loading.js';
import { PayloadReceiver } from './payload-receiver.js';
import { StreamInlet } from './stream-inlet.js';
import { readPayloadHeader, readSyncReply, type SyncReply } from './sync-reply.js';
import { TwoConnections } from './two-connections.js';

/** How a session ended: a link or a payload was lost, or there was no sync at all. Replicas since 6.2 retry at once after the former. */
export type Ending = 'lost' | 'failed';

const NEWLINE = Uint8Array.of(0x0a);

/** A replica's main connection to its master, from the connect to the close. */
export class Session implements ChannelHandler {
  readonly #context: LinkContext;
  readonly #ended: (how: Ending) => void;
  readonly #channel: Channel;
  readonly #handshake: Handshake;
  readonly #lines = new LineReader();
  readonly #inlet: StreamInlet;
  #mode: 'lines' | 'payload' | 'stream' = 'lines';
  #expect: (line: string) => void = (line) => this.#handshakeLine(line);
  #payload: PayloadReceiver | null = null;
  /** Where the stream goes on behind the payload, when the master said it. */
  #point: HistoryPoint | null = null;
  #second: TwoConnections | null = null;
  #loading: Loading | null = null;
  /** A full sync or the stream was granted. */
  #granted = false;
  #online = false;
  #faults: Faults;
  #reading = true;
  #over = false;

  constructor(context: LinkContext, faults: Faults, ended: (how: Ending) => void) {
    this.#context = context;
    this.#ended = ended;
    this.#faults = faults;
    this.#inlet = new StreamInlet((bytes) => context.memory.feed(bytes));
    const { host, habits, master, gate } = context;
    this.#handshake = new Handshake(mainHandshake(habits, host.settings), (words) => {
      const position = this.#send(words);
      context.log.add({ kind: 'handshake', connection: 'main', words, position });
    });
    this.#channel = host.network.connect(host.address, master, gate.guard(this));
  }

  /** ACKs are due: the link is up, and its offset known. */
  get acknowledges(): boolean {
    return this.#online && this.#context.memory.isKnown;
  }

  /** Replicas have no eye on the time while they load. */
  get canTimeOut(): boolean {
    return this.#loading === null;
  }

  acknowledge(): void {
    const offset = this.#context.memory.acknowledged;
    const position = writeAt(this.#channel, encodeRequest(['REPLCONF', 'ACK', `${offset}`]));
    this.#context.log.add({ kind: 'ack', offset, position });
  }

  setFaults(faults: Faults): void {
    this.#faults = faults;
    if (faults.stalled) this.#inlet.close();
    else if (this.#online) this.#inlet.open();
    this.#second?.setReading(!faults.frozen);
    this.#updateReading();
  }

  close(how: 'fin' | 'rst', reason: string): void {
    if (this.#over) return;
    if (how === 'fin') this.#channel.end();
    else this.#channel.reset();
    this.#finish(how, reason);
    this.#context.log.add({ kind: 'closed', connection: 'main', by: 'replica', how, reason });
  }

  /** The replica gives the connection up. */
  fail(ending: Ending, reason: string): void {
    if (this.#over) return;
    this.close('fin', reason);
    this.#ended(ending);
  }

  opened(channel: Channel): void {
    if (this.#over) return;
    this.#context.log.add({ kind: 'connect', connection: 'main', local: channel.local });
    this.#context.heard();
    this.#context.setState('handshake');
    if (!this.#over) this.#handshake.start();
  }

  closed(how: CloseReason): void {
    if (this.#over) return;
    this.#finish('fin', 'main connection closed');
    this.#context.log.add({ kind: 'closed', connection: 'main', by: 'master', how, reason: '' });
    this.#ended(this.#granted ? 'lost' : 'failed');
  }

  data(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#context.heard();
    let at = 0;
    while (!this.#over && at < bytes.length) {
      if (this.#mode === 'lines') at = this.#takeLine(bytes, at);
      else if (this.#payload !== null && this.#mode === 'payload')
        at = this.#takePayload(this.#payload, bytes, at);
      else {
        this.#inlet.push(bytes.subarray(at));
        this.#updateReading();
        return;
      }
    }
  }

  #takeLine(bytes: Uint8Array, from: number): number {
    const at = this.#lines.take(bytes, from);
    if (this.#lines.line !== null) this.#expect(this.#lines.line);
    else if (this.#lines.isTooLong) this.fail('failed', 'reply line too long');
    return at;
  }

  #takePayload(payload: PayloadReceiver, bytes: Uint8Array, from: number): number {
    const at = payload.take(bytes, from);
    if (payload.isComplete) {
      this.#mode = 'stream';
      this.#load(payload);
    } else if (payload.isTooLong) this.fail('lost', 'payload too long');
    return at;
  }

  #handshakeLine(line: string): void {
    this.#logReply(line);
    const reason = this.#handshake.reply(line);
    if (reason !== null) this.fail('failed', reason);
    else if (this.#handshake.isDone) {
      const { failover } = this.#context.host;
      const held = this.#context.memory.held();
      this.#psync(held, failover);
      this.#expect = (next) => this.#syncLine(next, held, failover);
      this.#context.setState('waiting');
    }
  }

  #psync(point: HistoryPoint | null, failover: boolean): void {
    const replid = point?.replid ?? '?';
    const offset = point === null ? -1 : point.offset + 1;
    const position = this.#send(['PSYNC', replid, `${offset}`, ...(failover ? ['FAILOVER'] : [])]);
    const request = { connection: 'main', command: 'PSYNC', replid, offset, failover } as const;
    this.#context.log.add({ kind: 'request', ...request, position });
  }

  /** The answer to PSYNC; held: what it asked to continue. */
  #syncLine(line: string, held: HistoryPoint | null, failover: boolean): void {
    const { habits, host, memory } = this.#context;
    const reply = readSyncReply(line, habits, host.settings.twoConnections);
    if (reply.kind === 'wait') return;
    this.#logReply(line);
    this.#logDecision(reply, held);
    if (reply.kind === 'try-later') this.fail('failed', line);
    else if (failover && reply.kind !== 'full' && reply.kind !== 'continue')
      this.fail('failed', `failover refused: ${line}`);
    else if (reply.kind === 'continue') {
      if (held === null) this.fail('failed', 'CONTINUE where nothing was to be continued');
      else {
        this.#granted = true;
        this.#mode = 'stream';
        memory.continued();
        host.continued(reply.replid);
        this.#goOnline(null);
      }
    } else this.#beginTransfer(reply);
  }

  #beginTransfer(reply: SyncReply): void {
    const { habits, log, memory } = this.#context;
    this.#granted = true;
    if (habits.forgetsAt === 'fullresync') memory.forget();
    this.#context.setState('transfer');
    if (this.#over) return;
    this.#expect = (line) => this.#headerLine(line);
    if (reply.kind === 'full') this.#point = reply.point;
    else if (reply.kind === 'two-connections') this.#beginTwo(reply.clientId);
    else {
      const position = writeAt(this.#channel, encodeInline(['SYNC']));
      const request = { command: 'SYNC', replid: null, offset: null, failover: false } as const;
      log.add({ kind: 'request', connection: 'main', ...request, position });
    }
  }

  #headerLine(line: string): void {
    const header = readPayloadHeader(line);
    if (header.form === 'wait') return;
    this.#logReply(line);
    if (header.form === 'error') this.fail('lost', header.reason);
    else {
      this.#payload = new PayloadReceiver(header);
      this.#mode = 'payload';
    }
  }

  #beginTwo(clientId: string | null): void {
    const second = new TwoConnections(this.#context, clientId, {
      send: (words) => this.#send(words),
      psync: (point) => this.#psync(point, false),
      stream: () => {
        this.#mode = 'stream';
      },
      received: (payload, point) => {
        this.#point = point;
        this.#load(payload);
      },
      failed: (reason) => this.fail('failed', reason),
    });
    this.#second = second;
    this.#expect = (line) => second.line(line);
  }

  #load(payload: PayloadReceiver): void {
    this.#context.setState('loading');
    if (this.#over) return;
    this.#loading = new Loading(this.#context, payload, this.#point, {
      newline: () => {
        this.#context.log.add({ kind: 'newline', position: writeAt(this.#channel, NEWLINE) });
      },
      loaded: (refusal) => this.#loaded(payload.form, refusal),
    });
    this.#updateReading();
  }

  #loaded(form: 'length' | 'eof-mark', refusal: string | null): void {
    if (this.#over) return;
    this.#loading = null;
    this.#payload = null;
    if (refusal !== null) {
      this.fail('lost', refusal);
      return;
    }
    this.#second?.close('fin', 'payload loaded');
    this.#goOnline(form);
  }

  /** The stream is on. loaded: the form of the payload that was loaded before it, if one was. */
  #goOnline(loaded: 'length' | 'eof-mark' | null): void {
    if (this.#over) return;
    this.#online = true;
    this.#context.heard();
    this.#context.setState('online');
    const { firstAckAtOnce } = this.#context.habits;
    const ackAtOnce = loaded !== null && (firstAckAtOnce === 'always' || firstAckAtOnce === loaded);
    // What came on the main connection while the second was busy is applied before the ACK.
    if (this.#second !== null) this.#openInlet();
    if (ackAtOnce && this.acknowledges) this.acknowledge();
    this.#openInlet();
    this.#updateReading();
  }

  #openInlet(): void {
    if (!this.#over && !this.#faults.stalled) this.#inlet.open();
  }

  /** A process that loads from its only connection reads nothing from it. */
  #updateReading(): void {
    if (this.#over) return;
    const busy = this.#loading !== null && this.#second === null;
    const reading = !this.#faults.frozen && !this.#inlet.isFull && !busy;
    if (reading === this.#reading) return;
    this.#reading = reading;
    if (reading) this.#channel.resume();
    else this.#channel.pause();
  }

  #send(words: readonly string[]): number {
    const encode = this.#context.habits.encoding === 'inline' ? encodeInline : encodeRequest;
    return writeAt(this.#channel, encode(words));
  }

  #logReply(text: string): void {
    this.#context.log.add({ kind: 'reply', connection: 'main', text });
  }

  #logDecision(reply: SyncReply & { kind: ReplyDecision }, held: HistoryPoint | null): void {
    const point = reply.kind === 'full' ? reply.point : reply.kind === 'continue' ? held : null;
    const replid = (reply.kind === 'continue' ? reply.replid : null) ?? point?.replid ?? null;
    this.#context.log.add({ kind: 'decision', decision: reply.kind, replid, offset: point?.offset ?? null });
  }

  #finish(how: 'fin' | 'rst', reason: string): void {
    this.#over = true;
    this.#online = false;
    this.#inlet.close();
    this.#loading?.cancel();
    this.#second?.close(how, reason);
  }
}

type ReplyDecision = Exclude<SyncReply['kind'], 'wait'>;
