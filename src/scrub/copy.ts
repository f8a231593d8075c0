import { BatchBuffer } from '../capture/batch.js';
import type { PeekSource } from '../capture/byte-source.js';
import type { CaptureDecoder } from '../capture/decoder.js';
import { isPcap, PCAP_HEADER_BYTES, PcapDecoder, readPcapHeader } from '../capture/pcap.js';
import { PcapngDecoder } from '../capture/pcapng.js';
import type { PcapngMetadata } from './pcapng-metadata.js';
import type { PacketRewriter } from './rewriter.js';

/** Bytes that are read at once; a record that is larger gets more. */
const BLOCK_BYTES = 1024 * 1024;

/**
 * Copies a capture, its packets as `rewriter` wants them.
 * @param source its bytes, not compressed.
 * @param write is lent a piece of the copy.
 * @param metadata what pcapng holds besides packets is overwritten by this.
 * @returns why what comes behind the last record was left out, or null.
 */
export async function copyCapture(
  source: PeekSource,
  write: (bytes: Uint8Array) => void,
  rewriter: PacketRewriter,
  metadata: PcapngMetadata,
): Promise<string | null> {
  const head = Uint8Array.from(await source.peek(PCAP_HEADER_BYTES));
  const isClassic = isPcap(head);
  if (isClassic) {
    write(head);
    await source.read(new Uint8Array(PCAP_HEADER_BYTES), 0, PCAP_HEADER_BYTES);
  }
  const decoder: CaptureDecoder = isClassic
    ? new PcapDecoder(readPcapHeader(head))
    : new PcapngDecoder({ source: '', format: 'pcapng', linkTypes: [], kernelDrops: null, problem: null });
  const batch = new BatchBuffer();
  let block = new Uint8Array(BLOCK_BYTES);
  let length = 0;
  for (;;) {
    batch.count = 0;
    const done = decoder.decode(block, 0, length, batch);
    for (let i = 0; i < batch.count; i++)
      rewriter.packet(
        block,
        batch.start[i]!,
        batch.end[i]!,
        batch.originalLength[i]!,
        batch.linkType[i]!,
        batch.time[i]!,
      );
    if (!isClassic) metadata.overwrite(block, 0, done);
    if (done > 0) write(block.subarray(0, done));
    block.copyWithin(0, done, length);
    length -= done;
    if (decoder.problem !== null) return `${decoder.problem}: what comes behind it is left out`;
    if (done > 0 && batch.count > 0) continue;
    if (decoder.needed > block.length) {
      const larger = new Uint8Array(Math.max(decoder.needed, 2 * block.length));
      larger.set(block.subarray(0, length));
      block = larger;
    }
    let got: number;
    try {
      got = await source.read(block, length, block.length - length);
    } catch (error) {
      return `${(error as Error).message}: what comes behind it is left out`;
    }
    if (got === 0) return length === 0 ? null : 'the last record is cut short, and is left out';
    length += got;
  }
}
