import { type ByteSource, PeekSource } from '../capture/byte-source.js';
import { GunzipSource, isGzip } from '../capture/gzip-source.js';
import { isRegularFile, openSource } from '../capture/open.js';

/** What the files named on the command line hold. */
export interface RdbInputs {
  /** Everything that does not begin as an RDB file does: captures, or what their reader complains about. */
  captures: string[];
  /** RDB files, in the order they were named. */
  files: string[];
  /** Pipes were opened to look at them, and can be opened only once: by path. */
  sources: Map<string, ByteSource>;
}

const MAGICS = ['REDIS0', 'VALKEY'];
const MAGIC_BYTES = 6;

/**
 * Looks at the first bytes of each input, unpacked when it is gzipped.
 * @throws CaptureError when one cannot be opened.
 */
export async function sortInputs(paths: readonly string[]): Promise<RdbInputs> {
  const inputs: RdbInputs = { captures: [], files: [], sources: new Map() };
  for (const path of paths) {
    const held = inputs.sources.has(path) ? null : await openUnpacked(path);
    const isRdb = held !== null && (await beginsAsRdb(held));
    (isRdb ? inputs.files : inputs.captures).push(path);
    if (held === null) continue; // the same pipe twice: its reader says so
    if (await isRegularFile(path)) await held.close();
    else inputs.sources.set(path, held);
  }
  return inputs;
}

/** A file or pipe, unpacked when it is gzipped. @throws CaptureError when it cannot be opened. */
export async function openUnpacked(path: string): Promise<PeekSource> {
  const packed = new PeekSource(await openSource(path));
  return isGzip(await packed.peek(2)) ? new PeekSource(new GunzipSource(packed)) : packed;
}

/** False as well for what cannot be unpacked: the reader of captures says what is wrong with it. */
async function beginsAsRdb(source: PeekSource): Promise<boolean> {
  try {
    const head = await source.peek(MAGIC_BYTES);
    return MAGICS.includes(Buffer.from(head).toString('latin1'));
  } catch {
    return false;
  }
}
