import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { type ByteSource, StreamSource } from '../byte-source.js';
import type { OnRun } from '../merge.js';
import { openByteSource } from '../open.js';
import { CaptureError, type CaptureFacts, type CaptureReader } from '../types.js';

/** How a stream of packets came to its end. */
export interface StreamEnd {
  /** What is wrong with it, as a sentence; null when it ended in order, or before a byte of it had come. */
  readonly damage: string | null;
  /** It had told what it is: packets could come. */
  readonly opened: boolean;
}

export interface StreamListener {
  /** The beginning has come; the facts are filled while packets are read. */
  readonly onOpen: (facts: CaptureFacts) => void;
  /** As OnRun; false ends the reading. */
  readonly onPackets: OnRun;
}

/** Reads a capture that is made while it is read, until it ends. Throws only what the listener throws. */
export async function readPackets(
  stream: Readable,
  name: string,
  { onOpen, onPackets }: StreamListener,
): Promise<StreamEnd> {
  const source = new NoticedSource(new StreamSource(stream));
  let reader: CaptureReader;
  try {
    reader = await openByteSource(source, name, { live: true });
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return { damage: source.hasCome ? error.message : null, opened: false };
  }
  try {
    onOpen(reader.facts);
    // Whoever waits for the beginning makes ready for packets first: with a file at the other end they are here already.
    await setImmediate();
    for (let batch = await reader.next(); batch !== null; batch = await reader.next())
      if (onPackets(batch, 0, batch.count) === false) break;
    return { damage: reader.facts.problem?.message ?? null, opened: true };
  } finally {
    await reader.close();
  }
}

/** Knows whether anything has come. */
class NoticedSource implements ByteSource {
  hasCome = false;
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    const got = await this.#source.read(into, offset, length);
    if (got > 0) this.hasCome = true;
    return got;
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}
