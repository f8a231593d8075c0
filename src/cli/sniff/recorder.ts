import { PCAP_RECORD_HEADER_BYTES, pcapFileHeader, putPcapRecordHeader } from '../../capture/pcap-writer.js';
import type { PacketBatch } from '../../capture/types.js';
import { Failure } from '../failure.js';
import { RecordedFile } from '../recorded-file.js';

export interface RecorderOptions {
  /** Where the packets go; what ends in .gz is compressed. */
  readonly path: string;
  /** Bytes after which the next file begins, as -C of tcpdump; null: one file. */
  readonly fileBytes: number | null;
  /** How many files there are at most, as -W of tcpdump: then the first is written anew; null: no limit. */
  readonly files: number | null;
  readonly snaplen: number;
}

const KEEP_THE_LAST = '-C 100 -W 10 keeps the last gigabyte only';

/** Of a capture in which nothing was seen. */
const LINKTYPE_ETHERNET = 1;

/** What is seen, written as pcap files (`sniff -w`). */
export class Recorder {
  /** Packets of another link type than the first, which a pcap cannot hold beside it. */
  leftOut = 0;
  readonly #options: RecorderOptions;
  readonly #failure: Failure;
  readonly #header = new Uint8Array(PCAP_RECORD_HEADER_BYTES);
  readonly #headerView = new DataView(this.#header.buffer);
  #file: RecordedFile | null = null;
  #number = -1;
  #linkType: number | null = null;
  #mayChange = false;

  /** @throws InputProblem when the first file cannot be made. */
  constructor(options: RecorderOptions) {
    this.#options = options;
    // Who keeps the last files only has said how much they may take.
    this.#failure = new Failure(options.files === null ? { ENOSPC: KEEP_THE_LAST } : {});
    this.#attempt(() => this.#next());
    this.#failure.check();
  }

  /** Takes packets [from, to). @returns false when they cannot be written. */
  packets(batch: PacketBatch, from: number, to: number): boolean {
    return this.#attempt(() => {
      for (let i = from; i < to; i++) this.#packet(batch, i);
    });
  }

  /** What comes from now on may be of another link type, and then begins the next file. */
  newStream(): void {
    this.#mayChange = true;
  }

  /** Puts what is buffered on the disk. @returns false when that cannot be done. */
  flush(): boolean {
    return this.#attempt(() => this.#file?.flush());
  }

  /** @throws InputProblem when not all of it could be written. */
  close(): void {
    this.#attempt(() => {
      this.#begin(this.#linkType ?? LINKTYPE_ETHERNET);
      this.#file?.close();
    });
    this.#failure.check();
  }

  #packet(batch: PacketBatch, i: number): void {
    const { fileBytes } = this.#options;
    this.#linkType ??= batch.linkType[i]!;
    const isOther = batch.linkType[i] !== this.#linkType;
    if (isOther && !this.#mayChange) {
      this.leftOut++;
      return;
    }
    this.#mayChange = false;
    this.#linkType = batch.linkType[i]!;
    if (isOther || (fileBytes !== null && this.#file!.bytes >= fileBytes)) this.#next();
    this.#begin(this.#linkType);
    const start = batch.start[i]!;
    const end = batch.end[i]!;
    putPcapRecordHeader(this.#headerView, batch.time[i]!, end - start, batch.originalLength[i]!);
    this.#file!.write(this.#header);
    this.#file!.write(batch.bytes.subarray(start, end));
  }

  #begin(linkType: number): void {
    if (this.#file?.bytes === 0) this.#file.write(pcapFileHeader(linkType, this.#options.snaplen));
  }

  #next(): void {
    this.#file?.close();
    this.#number++;
    this.#file = new RecordedFile(recordedPath(this.#options, this.#number));
  }

  #attempt(write: () => void): boolean {
    const path = recordedPath(this.#options, Math.max(0, this.#number));
    return this.#failure.attempt(
      path,
      () => {
        write();
        return true;
      },
      false,
    );
  }
}

/**
 * Name of file number n, from 0, as tcpdump 4.99 has them: NAME, NAME1, NAME2 …; with a number of files NAME0 … NAME9, all with as many
 * digits as the last needs. An ending .gz stays at the end. Without a size there is a second file only for another link type.
 */
export function recordedPath({ path, files }: RecorderOptions, n: number): string {
  const ending = path.endsWith('.gz') ? '.gz' : '';
  const stem = path.slice(0, path.length - ending.length);
  if (files === null) return `${stem}${n === 0 ? '' : n}${ending}`;
  const digits = `${files - 1}`.length;
  return `${stem}${String(n % files).padStart(digits, '0')}${ending}`;
}
