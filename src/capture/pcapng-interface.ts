import { findOption, readInt64, readUint64 } from './pcapng-options.js';
import { createClock, type InterfaceClock } from './pcapng-time.js';

/** Option codes of the interface description and statistics blocks (draft-ietf-opsawg-pcapng, 4.2 and 4.6). */
const IF_TSRESOL = 9;
const IF_TSOFFSET = 14;
const ISB_IFDROP = 5;
const ISB_OSDROP = 7;

/** if_tsresol where the option is missing: microseconds. */
const DEFAULT_RESOLUTION = 6;

/** An interface of a pcapng section, with what its statistics and packets told about drops. */
export class PcapngInterface {
  readonly linkType: number;
  /** Bytes saved of a packet at most; Infinity when not limited. */
  readonly snapLength: number;
  readonly clock: InterfaceClock;
  /** From the last statistics block: packets dropped in all. Null: none told. */
  #dropsTold: number | null = null;
  /** Sum of what single packets told was dropped before them. Null: none told. */
  #dropsCounted: number | null = null;

  /** @param body index of the interface description block's first byte behind its length. @param end index behind its last. */
  constructor(view: DataView, body: number, end: number, littleEndian: boolean) {
    this.linkType = view.getUint16(body, littleEndian);
    this.snapLength = view.getUint32(body + 4, littleEndian) || Number.POSITIVE_INFINITY;
    const resolution = findOption(view, body + 8, end, littleEndian, IF_TSRESOL, 1);
    const offset = findOption(view, body + 8, end, littleEndian, IF_TSOFFSET, 8);
    this.clock = createClock(
      resolution < 0 ? DEFAULT_RESOLUTION : view.getUint8(resolution),
      offset < 0 ? 0 : readInt64(view, offset, littleEndian),
    );
  }

  /** Packets the kernel dropped at this interface: the statistics block knows best; null where nothing tells it. */
  get drops(): number | null {
    return this.#dropsTold ?? this.#dropsCounted;
  }

  /** Takes a statistics block; its numbers count from the start of the capture, so the last one replaces those before. */
  noteStatistics(view: DataView, options: number, end: number, littleEndian: boolean): void {
    const byInterface = findOption(view, options, end, littleEndian, ISB_IFDROP, 8);
    const bySystem = findOption(view, options, end, littleEndian, ISB_OSDROP, 8);
    if (byInterface < 0 && bySystem < 0) return;
    this.#dropsTold =
      (byInterface < 0 ? 0 : readUint64(view, byInterface, littleEndian)) +
      (bySystem < 0 ? 0 : readUint64(view, bySystem, littleEndian));
  }

  /** Adds packets that were dropped between a packet and the one before it. */
  noteDropsBeforePacket(count: number): void {
    this.#dropsCounted = (this.#dropsCounted ?? 0) + count;
  }
}
