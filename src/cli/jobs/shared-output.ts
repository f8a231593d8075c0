import { isOutputClosed, onOutputClosed } from '../output.js';

/** Standard output for several who write whole lines: all wait until the reader has taken what was written before. */
export class SharedOutput {
  #full: Promise<void> | null = null;
  #release: () => void = () => {};

  constructor() {
    const resume = (): void => {
      this.#full = null;
      this.#release();
    };
    process.stdout.on('drain', resume);
    onOutputClosed(resume);
  }

  /** Resolves when more may be written, or nobody reads any more. */
  async write(bytes: Uint8Array): Promise<void> {
    while (this.#full !== null) await this.#full;
    if (isOutputClosed() || process.stdout.write(bytes)) return;
    this.#full ??= new Promise((resolve) => {
      this.#release = resolve;
    });
    await this.#full;
  }
}

const NEWLINE = 10;

/** What a stream brings, cut behind the last newline of each chunk. A line without its end is left out: its writer was killed. */
export async function* wholeLines(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  for await (const chunk of stream) {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const whole = chunk.subarray(0, end);
      yield begun.length === 0 ? whole : Buffer.concat([...begun, whole]);
      begun = [];
    }
    if (end < chunk.length) begun.push(chunk.subarray(end));
  }
}
