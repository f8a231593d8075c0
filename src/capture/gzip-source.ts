import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type ByteSource, StreamSource } from './byte-source.js';

/** Compressed bytes handed to zlib at once, and decompressed ones taken from it. */
const PIECE_BYTES = 64 * 1024;

/** True for the magic of a gzip member (RFC 1952, 2.3.1). */
export function isGzip(head: Uint8Array): boolean {
  return head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b;
}

/** Unpacks a gzipped source as it is read. What comes out before a cut or damaged place is delivered, then `read` rejects. */
export class GunzipSource implements ByteSource {
  readonly #source: ByteSource;
  readonly #packed: Readable;
  readonly #unpacked: StreamSource;

  constructor(source: ByteSource) {
    this.#source = source;
    this.#packed = Readable.from(pieces(source), { objectMode: false, highWaterMark: PIECE_BYTES });
    const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
    this.#unpacked = new StreamSource(gunzip);
    this.#packed.on('error', (error) => gunzip.destroy(error));
    this.#packed.pipe(gunzip);
  }

  async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    try {
      return await this.#unpacked.read(into, offset, length);
    } catch (error) {
      throw describe(error);
    }
  }

  async close(): Promise<void> {
    this.#packed.destroy();
    await this.#unpacked.close();
    await this.#source.close();
  }
}

async function* pieces(source: ByteSource): AsyncGenerator<Buffer> {
  for (;;) {
    // A new one each time: zlib works on the last one while the next is read.
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    const got = await source.read(piece, 0, PIECE_BYTES);
    if (got === 0) return;
    yield piece.subarray(0, got);
  }
}

/** zlib's errors in words; any other (a disk that cannot be read) as it is. */
function describe(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR') return new Error('the gzip data is cut short');
  return code?.startsWith('Z_') ? new Error(`the gzip data is damaged (${message})`) : error;
}
