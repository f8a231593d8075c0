import { randomBytes } from 'node:crypto';
import { existsSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { Analyzer } from '../analyzer.js';
import { BatchBuffer } from '../capture/batch.js';
import { type ByteSource, PeekSource } from '../capture/byte-source.js';
import type { CaptureDecoder } from '../capture/decoder.js';
import { GunzipSource, isGzip } from '../capture/gzip-source.js';
import { readCaptures } from '../capture/merge.js';
import { isRegularFile, openSource } from '../capture/open.js';
import { isPcap, PCAP_HEADER_BYTES, PcapDecoder, readPcapHeader } from '../capture/pcap.js';
import { PcapngDecoder } from '../capture/pcapng.js';
import type { CaptureFacts, PacketBatch } from '../capture/types.js';
import { PacketDecoder } from '../packet/decoder.js';
import { TcpSegment } from '../packet/segment.js';
import { countText, plural } from '../report/units.js';
import { SecretFinder } from '../scrub/finder.js';
import { TooManyPatches } from '../scrub/patches.js';
import type { Policy } from '../scrub/policy.js';
import { PacketRewriter } from '../scrub/rewriter.js';
import { SecretsBlocks } from '../scrub/secrets-blocks.js';
import { TcpTracker } from '../tcp/tracker.js';
import { InputProblem, UsageError } from './errors.js';
import { STANDARD_INPUT_TOKEN } from './flags.js';
import { RecordedFile } from './recorded-file.js';
import type { ScrubArguments } from './scrub-flags.js';

const SECRET_BYTES = 32;
const BLOCK_BYTES = 1024 * 1024;

/** `psyncscope scrub`: the same capture with passwords, and if asked keys and values, overwritten. */
export async function scrub(args: ScrubArguments): Promise<void> {
  const { input, output, redact, redactWith } = args;
  if ([input, output].some((path) => path === '-' || path === STANDARD_INPUT_TOKEN))
    throw new UsageError('scrub reads a file three times: name one, and one to write');
  if (redact === undefined && redactWith !== undefined)
    throw new UsageError('--redact-with needs --redact keys, values or all');
  if (!(await isRegularFile(input))) throw new InputProblem(`${input}: not a file`);
  if (existsSync(output) && realpathSync(output) === realpathSync(input))
    throw new UsageError('scrub does not overwrite its input: name another file');
  const policy: Policy = {
    keys: redact === 'keys' || redact === 'all',
    values: redact === 'values' || redact === 'all',
    secret: redactWith === undefined ? randomBytes(SECRET_BYTES) : Buffer.from(redactWith),
  };
  const finder = await find(input, policy);
  const rewriter = new PacketRewriter(finder.flows);
  const problem = await rewrite(input, output, rewriter);
  tell(finder, rewriter, output, policy);
  if (problem !== null) process.stderr.write(`psyncscope: ${problem}\n`);
}

/** Looks through the capture for what is to be overwritten. @throws CaptureError, InputProblem */
async function find(path: string, policy: Policy): Promise<SecretFinder> {
  // Which connections that were joined in the middle are links shows only behind their first ACK.
  const analyzer = new Analyzer({ biggestKeys: 0 });
  await readCaptures([path], {}, (batch, from, to) => analyzer.run(batch, from, to));
  analyzer.finish();
  const joined = analyzer.links().flatMap(({ sessions }) => sessions.filter((each) => each.joinedMidstream));
  const finder = new SecretFinder(policy, joined);
  const tracker = new TcpTracker({ open: (connection) => finder.open(connection) });
  const decoder = new PacketDecoder();
  const segment = new TcpSegment();
  let last = 0;
  const look = (batch: PacketBatch, from: number, to: number): void => {
    const { bytes, start, end, originalLength, linkType, time } = batch;
    for (let i = from; i < to; i++) {
      finder.packet++;
      last = time[i]!;
      if (decoder.decode(bytes, start[i]!, end[i]!, originalLength[i]!, linkType[i]!, last, segment))
        tracker.segment(segment, last, finder.packet);
    }
  };
  try {
    await readCaptures([path], {}, look);
    tracker.finish(last);
  } catch (error) {
    if (!(error instanceof TooManyPatches)) throw error;
    throw new InputProblem(`${path}: too much to overwrite at once: cut it into smaller files (editcap -c)`);
  }
  return finder;
}

/** Writes the capture anew. @returns why it is not all of it, or null. @throws InputProblem when it cannot be written. */
async function rewrite(input: string, output: string, rewriter: PacketRewriter): Promise<string | null> {
  const packed = new PeekSource(await openSource(input));
  const source = isGzip(await packed.peek(2)) ? new PeekSource(new GunzipSource(packed)) : packed;
  const temporary = `${output}.${process.pid}.part${output.endsWith('.gz') ? '.gz' : ''}`;
  try {
    const file = new RecordedFile(temporary);
    const problem = await copy(source, file, rewriter);
    file.close();
    renameSync(temporary, output);
    return problem;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new InputProblem(`${output}: cannot be written: ${(error as Error).message}`);
  } finally {
    await source.close();
  }
}

async function copy(
  source: PeekSource,
  file: RecordedFile,
  rewriter: PacketRewriter,
): Promise<string | null> {
  const head = await source.peek(PCAP_HEADER_BYTES);
  const isClassic = isPcap(head);
  if (isClassic) {
    file.write(Uint8Array.from(head));
    await source.read(new Uint8Array(PCAP_HEADER_BYTES), 0, PCAP_HEADER_BYTES);
  }
  const decoder: CaptureDecoder = isClassic
    ? new PcapDecoder(readPcapHeader(head))
    : new PcapngDecoder(noFacts());
  const batch = new BatchBuffer();
  const secrets = new SecretsBlocks();
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
    if (!isClassic) secrets.overwrite(block, 0, done);
    if (done > 0) file.write(Uint8Array.from(block.subarray(0, done)));
    block.copyWithin(0, done, length);
    length -= done;
    if (decoder.problem !== null) return `${decoder.problem}: what comes behind it is left out`;
    if (done > 0 && batch.count > 0) continue;
    if (decoder.needed > block.length) {
      const larger = new Uint8Array(Math.max(decoder.needed, 2 * block.length));
      larger.set(block.subarray(0, length));
      block = larger;
    }
    const got = await readMore(source, block, length);
    if (got === 0) return length === 0 ? null : 'the last record is cut short, and is left out';
    length += got;
  }
}

function readMore(source: ByteSource, block: Uint8Array, length: number): Promise<number> {
  return source.read(block, length, block.length - length);
}

function noFacts(): CaptureFacts {
  return { source: '', format: 'pcapng', linkTypes: [], kernelDrops: null, problem: null };
}

function tell(finder: SecretFinder, rewriter: PacketRewriter, output: string, policy: Policy): void {
  const { secrets, payloads, partPayloads } = finder.counts;
  const lines = [
    `${output}: ${plural(rewriter.changed, 'packet')} overwritten, ${plural(secrets, 'secret')} among them`,
  ];
  if (policy.keys || policy.values) {
    lines.push(`${plural(payloads, 'payload')} overwritten key by key`);
    if (partPayloads > 0)
      lines.push(
        `${plural(partPayloads, 'payload')} not whole: as far as they can be read; the rest as a whole`,
      );
  }
  if (rewriter.fragments > 0)
    lines.push(`${countText(rewriter.fragments)} IP fragments overwritten as a whole`);
  for (const line of lines) process.stderr.write(`psyncscope: ${line}\n`);
}
