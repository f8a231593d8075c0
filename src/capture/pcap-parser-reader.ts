import { EventEmitter } from 'node:events';
import pcapParser, { type PacketHeader } from 'pcap-parser';
import { BATCH_PACKETS, BatchBuffer } from './batch.js';
import type { ByteSource } from './byte-source.js';
import { CUT_SHORT, damagedLength, MAX_RECORD_BYTES } from './decoder.js';
import { PCAP_HEADER_BYTES } from './pcap.js';
import type { CaptureFacts, CaptureReader, PacketBatch } from './types.js';

const RECORD_HEADER_BYTES = 16;

/**
 * Bytes handed to the package at once. Each record is at least a header long and the first may have begun before, so the
 * packets that come out fit a batch.
 */
const PIECE_BYTES = (BATCH_PACKETS - 1) * RECORD_HEADER_BYTES;

/** The input the package sees: it hands on what it is given, when it is given. Pausing is `next()` not being called. */
class PushedInput extends EventEmitter {
  pause(): void {}
  resume(): void {}
}

/**
 * Reads classic pcap with the npm package `pcap-parser`. The package takes all its input pushes; here it is pushed one
 * piece per batch, which is the back-pressure it lacks. It also says nothing of a cut last record and collects without
 * bound at a damaged length: both are found here by counting.
 */
export class PcapParserReader implements CaptureReader {
  readonly facts: CaptureFacts;
  readonly #source: ByteSource;
  readonly #batch = new BatchBuffer();
  readonly #input = new PushedInput();
  /** Two in turn: the package may keep a slice of the first one until it gets the next. */
  #piece = Buffer.alloc(PIECE_BYTES);
  #otherPiece = Buffer.alloc(PIECE_BYTES);
  #linkType = 0;
  /** Bytes of the input given to the package, and those that came back as file header and whole records. */
  #given = 0;
  #returned = PCAP_HEADER_BYTES;
  #problem: string | null = null;
  #done = false;

  /** @param source a classic pcap with microseconds, from its file header on: the caller has looked. */
  constructor(source: ByteSource, facts: CaptureFacts) {
    this.#source = source;
    this.facts = facts;
    const parser = pcapParser.parse(this.#input);
    parser.on('globalHeader', (header) => {
      this.#linkType = header.linkLayerType & 0xffff;
    });
    parser.on('packetHeader', (header) => {
      if (header.capturedLength > MAX_RECORD_BYTES) this.#problem ??= damagedLength(header.capturedLength);
    });
    parser.on('packet', ({ header, data }) => this.#append(header, data));
    parser.on('error', (error) => {
      this.#problem ??= error.message;
    });
  }

  async next(): Promise<PacketBatch | null> {
    this.#batch.count = 0;
    while (!this.#done) {
      if (this.#problem !== null) {
        this.#end(this.#problem);
        break;
      }
      await this.#push();
      if (this.#batch.count > 0) return this.#batch;
    }
    return null;
  }

  async close(): Promise<void> {
    this.#end(null);
    await this.#source.close();
  }

  /** Hands the package one piece; its packets are in the batch when this returns. */
  async #push(): Promise<void> {
    const piece = this.#piece;
    this.#piece = this.#otherPiece;
    this.#otherPiece = piece;
    let got = 0;
    try {
      got = await this.#source.read(piece, 0, piece.length);
    } catch (error) {
      return this.#end((error as Error).message);
    }
    if (this.#done) return;
    if (got === 0) return this.#end(this.#given === this.#returned ? null : CUT_SHORT);
    this.#given += got;
    this.#input.emit('data', piece.subarray(0, got));
  }

  #append(header: PacketHeader, data: Buffer): void {
    if (this.#problem !== null) return;
    const batch = this.#batch;
    const index = batch.count++;
    // All packets of one push are slices of the same memory: our piece, or the package's copy of it.
    if (index === 0) batch.bytes = new Uint8Array(data.buffer);
    batch.start[index] = data.byteOffset;
    batch.end[index] = data.byteOffset + data.length;
    batch.originalLength[index] = Math.max(header.originalLength, data.length);
    batch.linkType[index] = this.#linkType;
    batch.time[index] = header.timestampSeconds * 1_000_000 + header.timestampMicroseconds;
    this.#returned += RECORD_HEADER_BYTES + data.length;
  }

  #end(problem: string | null): void {
    if (this.#done) return;
    this.#done = true;
    if (problem !== null) this.facts.problem = { message: problem, position: this.#returned };
  }
}
