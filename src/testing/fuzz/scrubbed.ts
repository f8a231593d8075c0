import { Analyzer } from '../../analyzer.js';
import { MemorySource, PeekSource } from '../../capture/byte-source.js';
import { GunzipSource, isGzip } from '../../capture/gzip-source.js';
import { openByteSource } from '../../capture/open.js';
import type { CaptureFacts, PacketBatch } from '../../capture/types.js';
import type { SummaryDocument } from '../../report/document.js';
import { copyCapture } from '../../scrub/copy.js';
import { findSecrets } from '../../scrub/find.js';
import { PcapngMetadata } from '../../scrub/pcapng-metadata.js';
import type { Policy } from '../../scrub/policy.js';
import { PacketRewriter } from '../../scrub/rewriter.js';

/** `psyncscope scrub` in memory. */

type OnPackets = (batch: PacketBatch, from: number, to: number) => unknown;

async function read(bytes: Uint8Array, onPackets: OnPackets): Promise<CaptureFacts> {
  const reader = await openByteSource(new MemorySource(bytes), 'case.pcap');
  for (let batch = await reader.next(); batch !== null; batch = await reader.next())
    onPackets(batch, 0, batch.count);
  await reader.close();
  return reader.facts;
}

/** The capture with what the policy names overwritten. @throws CaptureError where there is no capture to read. */
export async function scrubbedBytes(bytes: Uint8Array, policy: Policy): Promise<Uint8Array> {
  const finder = await findSecrets((onPackets) => read(bytes, onPackets), policy);
  const packed = new PeekSource(new MemorySource(bytes));
  const source = isGzip(await packed.peek(2)) ? new PeekSource(new GunzipSource(packed)) : packed;
  const pieces: Uint8Array[] = [];
  const write = (piece: Uint8Array): void => void pieces.push(Uint8Array.from(piece));
  await copyCapture(source, write, new PacketRewriter(finder.flows), new PcapngMetadata());
  return Buffer.concat(pieces);
}

const ALL: Policy = { keys: true, values: true, secret: Buffer.from('fuzz') };
/** What scrubbing changes on purpose. */
const CHANGED = new Set(['sha256', 'biggestKeys', 'lua', 'complete', 'sources']);

/**
 * What is wrong with a scrubbed capture.
 * @param summary of the capture itself. @param isSound nothing of it is lost or damaged: the copy must say the same.
 */
export async function complaintsAboutScrubbed(
  bytes: Uint8Array,
  summary: SummaryDocument,
  secrets: readonly string[],
  isSound: boolean,
): Promise<string[]> {
  // What comes out of damaged gzip data depends on how it is read.
  if (isGzip(bytes) && !summary.capture.complete) return [];
  const copy = await scrubbedBytes(bytes, ALL);
  if (copy.length === 0 && summary.capture.packets === 0) return [];
  const analyzer = new Analyzer();
  const facts = await read(copy, (batch, from, to) => analyzer.run(batch, from, to));
  analyzer.finish([facts]);
  const after = analyzer.summary([facts]);
  const complaints = analyzer.internalErrors.map((error) => `scrubbed: ${error}`);
  if (after.capture.packets !== summary.capture.packets)
    complaints.push(`scrubbed: ${after.capture.packets} packets of ${summary.capture.packets}`);
  if (isSound && comparable(after) !== comparable(summary))
    complaints.push(`scrubbed: another summary: ${difference(comparable(summary), comparable(after))}`);
  const text = Buffer.from(copy).toString('latin1');
  for (const secret of isSound ? secrets : [])
    if (text.includes(secret)) complaints.push(`scrubbed: the secret ${secret} is still there`);
  return complaints;
}

function comparable(document: SummaryDocument): string {
  return JSON.stringify(document, (name, value) => (CHANGED.has(name) ? undefined : value));
}

function difference(one: string, other: string): string {
  let same = 0;
  while (one[same] === other[same]) same++;
  return `${one.slice(Math.max(0, same - 100), same + 60)} … became … ${other.slice(same, same + 60)}`;
}
