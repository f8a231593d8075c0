import { MemorySource } from '../capture/byte-source.js';
import { type OpenOptions, openByteSource } from '../capture/open.js';
import type { CaptureFacts, CaptureReader } from '../capture/types.js';

/** A packet as plain values, to compare. */
export interface ReadPacket {
  readonly time: number;
  readonly originalLength: number;
  readonly linkType: number;
  /** The captured bytes in hex. */
  readonly data: string;
}

/** Reads to the end, copying what is borrowed. */
export async function readAll(
  reader: CaptureReader,
): Promise<{ packets: ReadPacket[]; facts: CaptureFacts }> {
  const packets: ReadPacket[] = [];
  for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
    if (batch.count === 0) throw new Error('a batch without packets');
    for (let i = 0; i < batch.count; i++) {
      packets.push({
        time: batch.time[i]!,
        originalLength: batch.originalLength[i]!,
        linkType: batch.linkType[i]!,
        data: Buffer.from(batch.bytes.subarray(batch.start[i]!, batch.end[i]!)).toString('hex'),
      });
    }
  }
  await reader.close();
  return { packets, facts: reader.facts };
}

/** Opens bytes in memory, given out `chunk` at a time, and reads them to the end. */
export async function readBytes(bytes: Uint8Array, chunk?: number, options?: OpenOptions) {
  return readAll(await openByteSource(new MemorySource(bytes, chunk), 'test.pcap', options));
}

/** How each format is fed: whole, in sevens and byte by byte. */
export const CHUNKS = [Number.POSITIVE_INFINITY, 7, 1];
