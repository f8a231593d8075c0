import type { Command } from '../data/reply.js';
import { RequestParser } from '../wire/request-parser.js';
import { MAX_TRANSACTION_BYTES } from './limits.js';

/** What a StreamApplier tells. */
export interface StreamSink {
  /** A command to apply; raw is it as it came, and counts into the offset. */
  apply(command: Command, raw: Uint8Array): void;
  /** The master asks for an ACK, by `REPLCONF GETACK *`. */
  acknowledge(): void;
  /** What came is no stream, or more of a transaction than is kept. */
  broken(reason: string): void;
}

/**
 * Takes the commands out of a replication stream. A transaction is given on when its EXEC is there, so that the offset applied never
 * stands inside one: after a cut the master is asked for all of it again.
 */
export class StreamApplier {
  readonly #sink: StreamSink;
  readonly #ackIncludesItself: boolean;
  readonly #parser: RequestParser;
  /** From MULTI on, while its EXEC has not come; null outside of transactions. */
  #transaction: { command: Command; raw: Uint8Array }[] | null = null;
  #transactionBytes = 0;
  /** Empty requests before the command at hand: they have no meaning and count all the same. */
  #blanks: Uint8Array[] = [];
  #pending = 0;

  /** @param ackIncludesItself an ACK that was asked for counts the bytes that asked: up to 3.2. */
  constructor(sink: StreamSink, ackIncludesItself: boolean) {
    this.#sink = sink;
    this.#ackIncludesItself = ackIncludesItself;
    this.#parser = new RequestParser({
      command: (command, raw) => this.#command(command, raw),
      newline: (raw) => this.#blanks.push(raw),
      broken: (reason) => sink.broken(`protocol error: ${reason}`),
    });
  }

  /** Bytes that were fed and are not applied: the beginning of a command or a transaction. */
  get pending(): number {
    return this.#pending;
  }

  feed(bytes: Uint8Array): void {
    this.#pending += bytes.length;
    this.#parser.feed(bytes);
  }

  /** The link is over: nothing more of what was fed is applied. */
  stop(): void {
    this.#parser.stop();
  }

  #command(command: Command, bytes: Uint8Array): void {
    const raw = this.#blanks.length === 0 ? bytes : Buffer.concat([...this.#blanks, bytes]);
    this.#blanks = [];
    const name = word(command, 0);
    if (this.#transaction === null && name === 'MULTI') {
      this.#transaction = [];
      this.#transactionBytes = 0;
    }
    if (this.#transaction === null) {
      this.#apply(command, raw);
      return;
    }
    this.#transaction.push({ command, raw });
    this.#transactionBytes += raw.length;
    if (this.#transactionBytes > MAX_TRANSACTION_BYTES) {
      this.#parser.stop();
      this.#sink.broken(`a transaction of more than ${MAX_TRANSACTION_BYTES} bytes`);
    } else if (name === 'EXEC') {
      const whole = this.#transaction;
      this.#transaction = null;
      for (const part of whole) this.#apply(part.command, part.raw);
    }
  }

  #apply(command: Command, raw: Uint8Array): void {
    const asks = word(command, 0) === 'REPLCONF' && word(command, 1) === 'GETACK';
    if (asks && !this.#ackIncludesItself) this.#sink.acknowledge();
    this.#pending -= raw.length;
    this.#sink.apply(command, raw);
    if (asks && this.#ackIncludesItself) this.#sink.acknowledge();
  }
}

/** Longest word that is looked at. */
const MAX_WORD_BYTES = 16;

/** A word of a command in capitals; empty when there is none, or a long one. */
function word(command: Command, i: number): string {
  const bytes = command[i];
  return bytes === undefined || bytes.length > MAX_WORD_BYTES
    ? ''
    : String.fromCharCode(...bytes).toUpperCase();
}
