/**
 * psyncscope as a library: the same core that the command line uses.
 *
 * The way of a packet, and where to read on:
 *
 *   capture/readCaptures   files and pipes → batches of packets        (pcap, pcapng, gzip, merged by time)
 *   analyzer/Analyzer      drives the rest, one packet after the other
 *     packet/PacketDecoder   link layer, IP, tunnels → TcpSegment        (offsets into the packet)
 *     tcp/TcpTracker         segments → ordered spans and gaps           (positions from sequence numbers)
 *     replication/Conversation   what is this connection?                (by content, on any port)
 *     replication/SessionMachine handshake → decision → payload → stream (resp/ and rdb/ decode)
 *     analysis/              lag, causes
 *   report/buildSummary    links and sessions → the summary document, which tables and timelines are made from
 *   report/eventLine       events as they happen → NDJSON
 *   cli/                   flags, terminal
 */
import { Analyzer, type AnalyzerOptions } from './analyzer.js';
import { type ReadOptions, readCaptures } from './capture/merge.js';
import type { SummaryDocument } from './report/document.js';

export { Analyzer, type AnalyzerOptions } from './analyzer.js';
export { CaptureError } from './capture/types.js';
export { ExpressionError } from './check/cel/errors.js';
export type { CommonLimits } from './check/common.js';
export { AssertionFileError, UnreadableAssertions } from './check/file/errors.js';
export type { AssertionSources } from './check/load.js';
export { check, checkSummary, checkText } from './check.js';
export type { CheckOptions } from './check-captures.js';
export type { ReplicationEvent } from './replication/events.js';
export type {
  PayloadWatcher,
  RawCommand,
  StreamWatcher,
  TrafficObserver,
} from './replication/observer.js';
export type * from './report/check/check-document.js';
export type * from './report/document.js';
export { eventLine } from './report/events.js';

/**
 * Analyses captures (paths, or `-` for standard input; pcap or pcapng, gzipped or not; several are merged in order of time).
 * @returns the summary document.
 * @throws CaptureError when one of them cannot be read at all. One that breaks off is analysed up to there (`capture.complete`).
 */
export async function analyze(
  paths: string | readonly string[],
  options: AnalyzerOptions & ReadOptions = {},
): Promise<SummaryDocument> {
  const analyzer = new Analyzer(options);
  const facts = await readCaptures(typeof paths === 'string' ? [paths] : paths, options, (batch, from, to) =>
    analyzer.run(batch, from, to),
  );
  analyzer.finish(facts);
  return analyzer.summary(facts);
}
