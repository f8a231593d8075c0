import { execFileSync } from 'node:child_process';
import { chmodSync, createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { joinBytes, writePcap, writePcapng } from '../testing/capture-writer.js';
import { CHUNKS, readAll, readBytes } from '../testing/read-packets.js';
import { type ByteSource, MemorySource, StreamSource } from './byte-source.js';
import { openByteSource, openCapture } from './open.js';
import { CaptureError } from './types.js';

/** A user that may read nothing of root's. */
const NOBODY = 65534;

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-open-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** POSIX; not a dependency. */
const MKFIFO = 'mkfifo';

const PACKETS = Array.from({ length: 50 }, (_, i) => ({ time: i, data: new Uint8Array(i * 10).fill(i) }));

function file(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function errorOf(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CaptureError);
  return (error as CaptureError).message;
}

test('opens files', async () => {
  const path = file('good.pcapng', writePcapng(PACKETS));
  const { packets, facts } = await readAll(await openCapture(path));
  expect(packets.length).toBe(50);
  expect(facts.source).toBe(path);
});

test('opens a named pipe', async () => {
  const path = join(folder, 'pipe');
  execFileSync(MKFIFO, [path]);
  createWriteStream(path).end(writePcap(PACKETS));
  expect((await readAll(await openCapture(path))).packets.length).toBe(50);
});

describe('gzip', () => {
  const plain = writePcap(PACKETS);

  test.each(CHUNKS)('fed %d bytes at a time', async (chunk) => {
    const expected = await readBytes(plain);
    expect(await readBytes(gzipSync(plain), chunk)).toEqual(expected);
  });

  test('of several members', async () => {
    const bytes = joinBytes(gzipSync(plain.subarray(0, 100)), gzipSync(plain.subarray(100)));
    expect((await readBytes(bytes)).packets.length).toBe(50);
  });

  test.each(['native', 'pcap-parser'] as const)('cut short, %s', async (reader) => {
    const packed = gzipSync(plain);
    const { packets, facts } = await readBytes(packed.subarray(0, packed.length - 30), 7, { reader });
    expect(packets.length).toBeGreaterThan(30);
    expect(packets.length).toBeLessThanOrEqual(50);
    expect(facts.problem?.message).toBe('the gzip data is cut short');
  });

  test('damaged: what came before the damage is delivered', async () => {
    const packed = gzipSync(plain);
    packed[packed.length - 6]! ^= 0xff;
    const { packets, facts } = await readBytes(packed, 16);
    expect(packets.length).toBeGreaterThan(40);
    expect(facts.problem?.message).toBe('the gzip data is damaged (incorrect data check)');
  });

  test('empty inside', async () => {
    expect(await errorOf(readBytes(gzipSync('')))).toBe('test.pcap: the file is empty');
  });

  test('not gzip behind the magic', async () => {
    const bytes = Uint8Array.of(0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    expect(await errorOf(readBytes(bytes))).toBe(
      'test.pcap: the gzip data is damaged (unknown compression method)',
    );
  });
});

describe('what cannot be read', () => {
  test('no such file', async () => {
    expect(await errorOf(openCapture(join(folder, 'x.pcap')))).toBe(`${folder}/x.pcap: no such file`);
    expect(await errorOf(openCapture('x.pcap'))).toBe('x.pcap: no such file');
  });

  test('a folder', async () => {
    expect(await errorOf(openCapture(folder))).toBe(`${folder}: is a directory, not a capture file`);
  });

  test('no permission', async () => {
    const path = file('secret.pcap', writePcap([]));
    chmodSync(path, 0);
    const asRoot = process.geteuid?.() === 0;
    if (asRoot) process.seteuid?.(NOBODY);
    try {
      expect(await errorOf(openCapture(path))).toBe(`${path}: permission denied`);
    } finally {
      if (asRoot) process.seteuid?.(0);
    }
  });

  test('empty', async () => {
    const path = file('empty.pcap', '');
    expect(await errorOf(openCapture(path))).toBe(`${path}: the file is empty`);
  });

  const bytes = (...values: number[]) => Uint8Array.from(values);
  const pcapng = Uint8Array.from(writePcapng([]));
  const future = Uint8Array.from(writePcap([]));
  future[4] = 3;
  test.each<[string, Uint8Array | string, string]>([
    ['text', 'Hello', 'not a capture file: it begins with "Hello" (expected pcap or pcapng, gzipped or not)'],
    [
      'bytes that must not reach a terminal',
      bytes(0x1b, 0x5b, 0x22, 0x41, 0xff),
      'not a capture file: it begins with "\\x1b[\\x22A\\xff" (expected pcap or pcapng, gzipped or not)',
    ],
    [
      'zstd',
      bytes(0x28, 0xb5, 0x2f, 0xfd, 0, 0),
      'is compressed with zstd, which cannot be read directly; use: zstd -dc t.bin | psyncscope replay -',
    ],
    [
      'xz',
      bytes(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0),
      'is compressed with xz, which cannot be read directly; use: xz -dc t.bin | psyncscope replay -',
    ],
    [
      'bzip2',
      'BZh91AY&SY',
      'is compressed with bzip2, which cannot be read directly; use: bzip2 -dc t.bin | psyncscope replay -',
    ],
    ['snoop', 'snoop\0\0\0', 'is a snoop capture; use: editcap -F pcap t.bin out.pcap'],
    ['an RDB file', 'REDIS0011', 'is a Redis RDB file, not a capture of network traffic'],
    [
      'a pcapng magic without byte order',
      bytes(10, 13, 13, 10, 0, 0, 0, 0, 0, 0, 0, 0),
      'not a capture file: it begins with "\\x0a\\x0d\\x0d\\x0a\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00" ' +
        '(expected pcap or pcapng, gzipped or not)',
    ],
    ['cut pcap header', writePcap([]).subarray(0, 10), 'cut short within its file header (10 of 24 bytes)'],
    ['cut pcapng header', pcapng.subarray(0, 20), 'cut short within its file header (20 of 28 bytes)'],
    ['pcap of the future', future, 'is pcap of version 3.4, only 2.x is known'],
  ])('%s', async (_, content, message) => {
    for (const chunk of CHUNKS) {
      const source = new MemorySource(Buffer.from(content), chunk);
      expect(await errorOf(openByteSource(source, 't.bin'))).toBe(`t.bin: ${message}`);
    }
  });
});

describe('streams', () => {
  test('packets come out as they arrive, the writer is held back, and closing ends a read that waits', async () => {
    const stream = new PassThrough();
    const bytes = writePcap(PACKETS.slice(1, 3));
    stream.write(bytes.subarray(0, 24 + 16 + 10 + 5));
    const reader = await openByteSource(new StreamSource(stream), '-');
    expect((await reader.next())?.count).toBe(1);
    const second = reader.next();
    stream.write(bytes.subarray(24 + 16 + 10 + 5));
    expect((await second)?.count).toBe(1);
    const third = reader.next();
    await reader.close();
    expect(await third).toBeNull();
    expect(reader.facts.problem).toBeNull();
    expect(stream.destroyed).toBe(true);
  });

  test('gzipped packets come out as they arrive', async () => {
    const { createGzip, constants } = await import('node:zlib');
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
    gzip.write(writePcap(PACKETS));
    const reader = await openByteSource(new StreamSource(gzip), '-');
    expect((await reader.next())?.count).toBe(50);
    await reader.close();
  });

  test('giving up while the header is waited for', async () => {
    const abort = new AbortController();
    const opening = openByteSource(new StreamSource(new PassThrough()), '-', { signal: abort.signal });
    abort.abort();
    expect(await errorOf(opening)).toBe('standard input: the file is empty');
  });

  test('an input that breaks while it is read', async () => {
    const good = new MemorySource(writePcap(PACKETS));
    const source: ByteSource = {
      read: async (into, offset, length) => {
        const got = await good.read(into, offset, length);
        if (got === 0) throw new Error('EIO: i/o error, read');
        return got;
      },
      close: async () => {},
    };
    const { packets, facts } = await readAll(await openByteSource(source, 'disk.pcap'));
    expect(packets.length).toBe(50);
    expect(facts.problem).toEqual({ message: 'EIO: i/o error, read', position: writePcap(PACKETS).length });
  });
});
