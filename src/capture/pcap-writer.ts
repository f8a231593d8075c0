/** Of a classic pcap with µs (draft-ietf-opsawg-pcap), in little-endian order. */
const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const FILE_HEADER_BYTES = 24;
const MICROS = 1_000_000;

export const PCAP_RECORD_HEADER_BYTES = 16;

/** What tcpdump uses (MAXIMUM_SNAPLEN): more than any frame has. */
const DEFAULT_SNAPLEN = 262_144;

/** The beginning of a pcap file. @param linkType LINKTYPE_ number of its packets. */
export function pcapFileHeader(linkType: number, snaplen = DEFAULT_SNAPLEN): Uint8Array {
  const header = new DataView(new ArrayBuffer(FILE_HEADER_BYTES));
  header.setUint32(0, MAGIC_MICROSECONDS, true);
  header.setUint16(4, 2, true);
  header.setUint16(6, 4, true);
  header.setUint32(16, snaplen, true);
  header.setUint32(20, linkType, true);
  return new Uint8Array(header.buffer);
}

/** Puts the header of a packet at the beginning of `into`. @param time µs since the epoch, before 2106. */
export function putPcapRecordHeader(
  into: DataView,
  time: number,
  capturedBytes: number,
  originalBytes: number,
): void {
  into.setUint32(0, Math.floor(time / MICROS), true);
  into.setUint32(4, time % MICROS, true);
  into.setUint32(8, capturedBytes, true);
  into.setUint32(12, originalBytes, true);
}
