import type { ByteSource } from './byte-source.js';
import { isRegularFile, type OpenOptions, openByteSource, openCapture, STANDARD_INPUT } from './open.js';
import { CaptureError, type CaptureFacts, type CaptureReader, type PacketBatch } from './types.js';

/** Bytes of block to look at a file's first packet with. */
const PEEK_BYTES = 64 * 1024;

export interface ReadOptions extends Pick<OpenOptions, 'reader'> {
  /** Ends reading as if the captures ended there; the promise resolves. */
  readonly signal?: AbortSignal | undefined;
  /** Pipes that were opened already, by their paths: they can be read only once. */
  readonly sources?: ReadonlyMap<string, ByteSource> | undefined;
}

/**
 * Takes the packets `from` up to, not including, `to` of a batch, which is borrowed until it returns.
 * @returns false to read no further, anything else to go on.
 */
export type OnRun = (batch: PacketBatch, from: number, to: number) => unknown;

/**
 * Reads captures as one: packets of several come in order of time, whatever order the paths are in, and those of each one
 * stay in the order of its file. Of rotated files only those whose times overlap are open at the same time.
 * @param paths files, pipes or `-`; what is not a regular file cannot be looked at beforehand and takes part from the start.
 * @returns what is known of each, in the order of the paths.
 * @throws CaptureError before the first packet when one of them cannot be read.
 */
export async function readCaptures(
  paths: readonly string[],
  options: ReadOptions,
  onRun: OnRun,
): Promise<CaptureFacts[]> {
  if (paths.filter((path) => path === STANDARD_INPUT).length > 1) {
    throw new CaptureError('standard input: it can be read only once');
  }
  const inputs = paths.map((path, order) => new Input(path, order, options));
  const stop = () => void Promise.all(inputs.map((input) => input.close()));
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    for (const input of inputs) await input.prepare(inputs.length > 1);
    await merge(inputs, options.signal, onRun);
  } finally {
    options.signal?.removeEventListener('abort', stop);
    await Promise.all(inputs.map((input) => input.close()));
  }
  return inputs.map((input) => input.facts);
}

async function merge(inputs: readonly Input[], signal: AbortSignal | undefined, onRun: OnRun): Promise<void> {
  const waiting = inputs.toSorted((a, b) => a.time - b.time || a.order - b.order);
  const active: Input[] = [];
  while (!signal?.aborted) {
    let first = earliest(active);
    while (waiting[0] !== undefined && (first === undefined || waiting[0].isBefore(first))) {
      const input = waiting.shift()!;
      if (await input.advance()) active.push(input);
      first = earliest(active);
    }
    if (first === undefined || signal?.aborted) return;
    let next = waiting[0];
    for (const other of active)
      if (other !== first && (next === undefined || other.isBefore(next))) next = other;
    if (first.run(next, onRun) === false) return;
    if (!first.hasPackets && !(await first.advance())) active.splice(active.indexOf(first), 1);
  }
}

function earliest(active: readonly Input[]): Input | undefined {
  let first = active[0];
  for (const input of active) if (first !== undefined && input.isBefore(first)) first = input;
  return first;
}

/** One capture of the merge and how far it is read. */
class Input {
  readonly order: number;
  facts: CaptureFacts;
  /** Time of its next packet, µs; before it is opened, of its first one. */
  time = Number.NEGATIVE_INFINITY;
  readonly #path: string;
  readonly #options: ReadOptions;
  #reader: CaptureReader | null = null;
  #batch: PacketBatch | null = null;
  #index = 0;

  constructor(path: string, order: number, options: ReadOptions) {
    this.#path = path;
    this.order = order;
    this.#options = options;
    this.facts = { source: path, format: 'pcap', linkTypes: [], kernelDrops: null, problem: null };
  }

  get hasPackets(): boolean {
    return this.#batch !== null && this.#index < this.#batch.count;
  }

  /** Earlier than the other; of equal times the one that was named first is. */
  isBefore(other: Input): boolean {
    return this.time < other.time || (this.time === other.time && this.order < other.order);
  }

  /** Makes sure that it can be read. @param peek learn the time of its first packet, and close it again. */
  async prepare(peek: boolean): Promise<void> {
    if (!peek || !(await isRegularFile(this.#path))) return this.#open();
    await this.#open(PEEK_BYTES);
    const batch = await this.#reader?.next();
    if (batch) this.time = batch.time[0]!;
    await this.close();
    this.#reader = null;
  }

  /** Gets the next packets. @returns false at the end, when it is closed already. */
  async advance(): Promise<boolean> {
    if (this.#reader === null) await this.#open();
    this.#index = 0;
    this.#batch = (await this.#reader?.next()) ?? null;
    if (this.#batch === null) {
      await this.close();
      return false;
    }
    this.time = this.#batch.time[0]!;
    return true;
  }

  /** Gives out the packets that come before those of `next`. @returns what `onRun` does. */
  run(next: Input | undefined, onRun: OnRun): unknown {
    const batch = this.#batch!;
    const from = this.#index;
    let to = batch.count;
    if (next !== undefined) {
      // The first packet is before `next`: that is why this one was chosen.
      to = from + 1;
      const limit = next.time;
      const winsTies = this.order < next.order;
      while (to < batch.count && (batch.time[to]! < limit || (winsTies && batch.time[to] === limit))) to++;
    }
    this.#index = to;
    if (to < batch.count) this.time = batch.time[to]!;
    return onRun(batch, from, to);
  }

  async close(): Promise<void> {
    await this.#reader?.close();
    this.#batch = null;
  }

  async #open(blockBytes?: number): Promise<void> {
    const { reader, signal, sources } = this.#options;
    try {
      const source = sources?.get(this.#path);
      const how = { reader, signal, blockBytes };
      this.#reader = await (source === undefined
        ? openCapture(this.#path, how)
        : openByteSource(source, this.#path, how));
      this.facts = this.#reader.facts;
    } catch (error) {
      // Closed while its header was waited for: an end like any other.
      if (!signal?.aborted) throw error;
    }
  }
}
