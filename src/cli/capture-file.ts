import type { FrameSink } from '../embedded/tap/frame-sink.js';
import { PcapWriter } from '../embedded/tap/pcap-file.js';
import { Failure } from './failure.js';
import { RecordedFile } from './recorded-file.js';

/** A pcap file that frames of a tap are written to; compressed when its name ends in .gz. */
export class CaptureFile implements FrameSink {
  readonly #path: string;
  readonly #failure = new Failure();
  #file: RecordedFile | null = null;
  #writer: PcapWriter | null = null;

  /** @throws InputProblem when it cannot be made. */
  constructor(path: string) {
    this.#path = path;
    this.#attempt(() => {
      const file = new RecordedFile(path);
      this.#file = file;
      this.#writer = new PcapWriter((bytes) => file.write(bytes));
    });
    this.#failure.check();
  }

  frame(time: number, bytes: Uint8Array, originalLength: number): void {
    this.#attempt(() => this.#writer?.frame(time, bytes, originalLength));
  }

  /** @throws InputProblem when not all of it could be written. */
  close(): void {
    this.#attempt(() => this.#file?.close());
    this.#failure.check();
  }

  #attempt(write: () => void): void {
    this.#failure.attempt(this.#path, write, undefined);
  }
}
