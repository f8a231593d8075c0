import { open as openDescriptor } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { BlockReader } from './block-reader.js';
import { type ByteSource, FileSource, PeekSource, StreamSource } from './byte-source.js';
import { noteLinkType } from './decoder.js';
import { GunzipSource, isGzip } from './gzip-source.js';
import { describeUnknown, MAGIC_BYTES } from './magic.js';
import { isPcap, PCAP_HEADER_BYTES, PcapDecoder, readPcapHeader } from './pcap.js';
import { PcapParserReader } from './pcap-parser-reader.js';
import { isPcapng, MIN_SECTION_BYTES, PcapngDecoder } from './pcapng.js';
import { CaptureError, type CaptureFacts, type CaptureReader } from './types.js';

/** How the user names standard input. */
export const STANDARD_INPUT = '-';

/** Major version of the classic format; minor ones differ in nothing that matters here but swapped lengths. */
const PCAP_MAJOR_VERSION = 2;

export interface OpenOptions {
  /** `native` (default): our block reader. `pcap-parser`: the npm package, classic pcap with microseconds only. */
  readonly reader?: 'native' | 'pcap-parser' | undefined;
  /** The source is a capture that runs now: `facts.format` then says so. */
  readonly live?: boolean | undefined;
  /** Gives up while the header is waited for; an open reader is closed with `close`. */
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the block the native reader starts with. */
  readonly blockBytes?: number | undefined;
}

/**
 * Opens a capture file, gzipped or not, a pipe, or standard input (`-`).
 * @throws CaptureError when there is nothing that could be read, with the path in the sentence.
 */
export async function openCapture(path: string, options: OpenOptions = {}): Promise<CaptureReader> {
  return openByteSource(await openSource(path), path, options);
}

/**
 * Finds out what a source holds and makes the reader for it. The source belongs to the reader from then on, and is closed
 * when this fails.
 * @param name of the source in `facts.source` and in errors.
 * @throws CaptureError when it is empty, not a capture, or cut short within its file header.
 */
export async function openByteSource(
  source: ByteSource,
  name: string,
  options: OpenOptions = {},
): Promise<CaptureReader> {
  const close = () => void source.close();
  options.signal?.addEventListener('abort', close, { once: true });
  if (options.signal?.aborted) close();
  try {
    return await identify(new PeekSource(source), name, options);
  } catch (error) {
    await source.close();
    if (error instanceof CaptureError) throw error;
    throw new CaptureError(`${inWords(name)}: ${(error as Error).message}`);
  } finally {
    options.signal?.removeEventListener('abort', close);
  }
}

/** True for what can be opened, looked at and opened again; a pipe is gone once it is read. */
export async function isRegularFile(path: string): Promise<boolean> {
  if (path === STANDARD_INPUT) return false;
  return (await statOrThrow(path)).isFile();
}

/**
 * The bytes of a file, a pipe, or standard input (`-`), as they are.
 * @throws CaptureError when it cannot be opened, with the path in the sentence.
 */
export async function openSource(path: string): Promise<ByteSource> {
  if (path === STANDARD_INPUT) {
    if (process.stdin.isTTY) {
      throw new CaptureError(
        'standard input: it is a terminal; pipe a capture into it, e.g. tcpdump -U -w - | psyncscope replay -',
      );
    }
    return new StreamSource(process.stdin);
  }
  const stats = await statOrThrow(path);
  if (stats.isDirectory()) throw new CaptureError(`${path}: is a directory, not a capture file`);
  try {
    if (!stats.isFIFO()) return new FileSource(await open(path, 'r'));
    // As a socket, since a file read of a pipe would hold a thread of the pool until its writer says something.
    const fd = await promisify(openDescriptor)(path, 'r');
    return new StreamSource(new Socket({ fd, readable: true, writable: false }));
  } catch (error) {
    throw cannotOpen(path, error);
  }
}

async function statOrThrow(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    throw cannotOpen(path, error);
  }
}

function cannotOpen(path: string, error: unknown): CaptureError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new CaptureError(`${path}: no such file`);
  if (code === 'EACCES' || code === 'EPERM') return new CaptureError(`${path}: permission denied`);
  return new CaptureError(`${path}: cannot be opened (${code ?? String(error)})`);
}

async function identify(packed: PeekSource, name: string, options: OpenOptions): Promise<CaptureReader> {
  const gzipped = isGzip(await packed.peek(2));
  const source = gzipped ? new PeekSource(new GunzipSource(packed)) : packed;
  const words = inWords(name);
  const head = await source.peek(MAGIC_BYTES);
  if (head.length === 0) throw new CaptureError(`${words}: the file is empty`);
  const facts: CaptureFacts = {
    source: name,
    format: 'pcap',
    linkTypes: [],
    kernelDrops: null,
    problem: null,
  };
  if (isPcap(head)) return openPcap(source, words, facts, options);
  if (isPcapng(head)) return openPcapng(source, words, facts, options);
  throw new CaptureError(`${words}: ${describeUnknown(head, name)}`);
}

async function openPcap(source: PeekSource, words: string, facts: CaptureFacts, options: OpenOptions) {
  const head = await source.peek(PCAP_HEADER_BYTES);
  requireHeader(head, PCAP_HEADER_BYTES, words);
  const header = readPcapHeader(head);
  if (header.majorVersion !== PCAP_MAJOR_VERSION) {
    const version = `${header.majorVersion}.${header.minorVersion}`;
    throw new CaptureError(`${words}: is pcap of version ${version}, only 2.x is known`);
  }
  if (options.live) facts.format = 'live';
  noteLinkType(facts, header.linkType);
  if (options.reader === 'pcap-parser') {
    if (header.variant !== 'microseconds')
      throw packageCannotRead(words, `pcap with ${VARIANTS[header.variant]}`);
    return new PcapParserReader(source, facts);
  }
  await source.read(new Uint8Array(PCAP_HEADER_BYTES), 0, PCAP_HEADER_BYTES);
  return new BlockReader(source, new PcapDecoder(header), facts, PCAP_HEADER_BYTES, options.blockBytes);
}

const VARIANTS = { nanoseconds: 'nanosecond times', modified: 'longer record headers', microseconds: '' };

async function openPcapng(source: PeekSource, words: string, facts: CaptureFacts, options: OpenOptions) {
  requireHeader(await source.peek(MIN_SECTION_BYTES), MIN_SECTION_BYTES, words);
  if (options.reader === 'pcap-parser') throw packageCannotRead(words, 'pcapng');
  facts.format = options.live ? 'live' : 'pcapng';
  return new BlockReader(source, new PcapngDecoder(facts), facts, 0, options.blockBytes);
}

function requireHeader(head: Uint8Array, bytes: number, words: string): void {
  if (head.length >= bytes) return;
  throw new CaptureError(`${words}: cut short within its file header (${head.length} of ${bytes} bytes)`);
}

function packageCannotRead(words: string, what: string): CaptureError {
  return new CaptureError(
    `${words}: is ${what}, which the package pcap-parser cannot read; leave out --reader pcap-parser`,
  );
}

function inWords(name: string): string {
  return name === STANDARD_INPUT ? 'standard input' : name;
}
