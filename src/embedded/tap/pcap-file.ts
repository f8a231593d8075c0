import { PCAP_RECORD_HEADER_BYTES, pcapFileHeader, putPcapRecordHeader } from '../../capture/pcap-writer.js';
import type { FrameSink } from './frame-sink.js';

const LINKTYPE_ETHERNET = 1;

/** Writes frames as a pcap file, as they come. */
export class PcapWriter implements FrameSink {
  readonly #write: (bytes: Uint8Array) => void;

  /** @param write takes the file piece by piece, the header at once; the pieces may be kept. */
  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
    write(pcapFileHeader(LINKTYPE_ETHERNET));
  }

  frame(time: number, bytes: Uint8Array, originalLength: number): void {
    const record = new Uint8Array(PCAP_RECORD_HEADER_BYTES + bytes.length);
    putPcapRecordHeader(new DataView(record.buffer), time, bytes.length, originalLength);
    record.set(bytes, PCAP_RECORD_HEADER_BYTES);
    this.#write(record);
  }
}
