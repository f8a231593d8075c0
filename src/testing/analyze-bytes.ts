import { SessionLag } from '../analysis/lag.js';
import { Causes } from '../analysis/topology/causes.js';
import { Analyzer, BIGGEST_KEYS } from '../analyzer.js';
import { MemorySource } from '../capture/byte-source.js';
import { openByteSource } from '../capture/open.js';
import type { PacketBatch } from '../capture/types.js';
import { PacketDecoder } from '../packet/decoder.js';
import { TcpSegment } from '../packet/segment.js';
import { ReplicationTracker } from '../replication/tracker.js';
import type { LinkDocument, SummaryDocument } from '../report/document.js';
import { buildSummary } from '../report/summary.js';
import { TcpTracker } from '../tcp/tracker.js';
import { SplitConsumer, WantedMemory } from './split-spans.js';

/** Runs whole captures that are in memory, to compare what comes out when they are handed over differently. */

const NAME = 'memory';

/** The summary of a capture whose reader is given at most `chunk` bytes at a time. */
export async function analyzeBytes(bytes: Uint8Array, chunk?: number): Promise<SummaryDocument> {
  const analyzer = new Analyzer();
  const reader = await openByteSource(new MemorySource(bytes, chunk), NAME);
  for (let batch = await reader.next(); batch !== null; batch = await reader.next())
    analyzer.run(batch, 0, batch.count);
  await reader.close();
  analyzer.finish();
  return analyzer.summary([reader.facts]);
}

/** The links of a capture when the ordered bytes of its connections arrive in pieces of at most `piece` bytes. */
export async function linksInPieces(bytes: Uint8Array, piece: number): Promise<LinkDocument[]> {
  const causes = new Causes();
  const replication = new ReplicationTracker({
    newMeter: () => new SessionLag(),
    causeOf: (sync, session, links) => causes.decided(sync, session, links),
    ordered: (order) => causes.ordered(order),
    biggestKeys: BIGGEST_KEYS,
  });
  const tcp = new TcpTracker({
    open: (connection) => {
      const memory = new WantedMemory(connection);
      return new SplitConsumer(replication.open(memory), piece, memory);
    },
  });
  const decoder = new PacketDecoder();
  const segment = new TcpSegment();
  const reader = await openByteSource(new MemorySource(bytes), NAME);
  let packet = 0;
  let lastTime = 0;
  for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
    for (let i = 0; i < batch.count; i++) {
      packet++;
      const time = batch.time[i]!;
      lastTime = Math.max(lastTime, time);
      if (decodeOne(decoder, batch, i, segment)) tcp.segment(segment, time, packet);
    }
  }
  await reader.close();
  tcp.finish(lastTime);
  const { links } = replication.snapshot(lastTime);
  return buildSummary({
    capture: NO_CAPTURE,
    ignored: { connections: 0, encryptedConnections: 0, unlistedSessions: 0 },
    links,
  }).links;
}

function decodeOne(decoder: PacketDecoder, batch: PacketBatch, i: number, segment: TcpSegment): boolean {
  const { bytes, start, end, originalLength, linkType, time } = batch;
  return decoder.decode(bytes, start[i]!, end[i]!, originalLength[i]!, linkType[i]!, time[i]!, segment);
}

const NO_CAPTURE: SummaryDocument['capture'] = {
  sources: [],
  format: 'pcap',
  linkTypes: [],
  packets: 0,
  bytes: 0,
  cutPackets: 0,
  kernelDrops: null,
  firstTime: null,
  lastTime: null,
  complete: true,
};
