import { ETHERNET_HEADER_BYTES } from './frame-builder.js';
import type { FrameSink } from './frame-sink.js';
import { FrameView } from './frame-view.js';

/** IEEE 802.1Q. */
const ETHERTYPE_VLAN = 0x8100;
const VLAN_TAG_BYTES = 4;
const ADDRESSES_BYTES = ETHERNET_HEADER_BYTES - 2;
const MAX_VLAN = 4094;

export interface RecordingOptions {
  /** 1 to 4094. */
  vlan?: number;
  /** Bytes of a frame that are captured at most, the tag included. */
  snapLength?: number;
  /** Every packet comes twice, as from a mirror port that copies what enters and what leaves. */
  twice?: boolean;
}

/** How the capturing machine gets and keeps packets: tagged, cut, twice. */
export class Recording implements FrameSink {
  duplicatedPackets = 0;
  cutPackets = 0;
  /** Payload that was cut off, by flow. */
  readonly cutBytes = new Map<string, number>();
  readonly #next: FrameSink;
  readonly #vlan: number | null;
  readonly #snapLength: number;
  readonly #twice: boolean;

  constructor(next: FrameSink, options: RecordingOptions) {
    const { vlan = null, snapLength = Number.POSITIVE_INFINITY, twice = false } = options;
    if (vlan !== null && !(Number.isInteger(vlan) && vlan >= 1 && vlan <= MAX_VLAN)) {
      throw new RangeError(`not a VLAN: ${vlan}`);
    }
    if (!(snapLength >= 1)) throw new RangeError(`not a snap length: ${snapLength}`);
    this.#next = next;
    this.#vlan = vlan;
    this.#snapLength = Math.floor(snapLength);
    this.#twice = twice;
  }

  frame(time: number, bytes: Uint8Array, originalLength: number): void {
    const isTagged = this.#vlan !== null;
    const whole = this.#vlan === null ? bytes : tagged(bytes, this.#vlan);
    const original = isTagged ? originalLength + VLAN_TAG_BYTES : originalLength;
    const captured = whole.subarray(0, this.#snapLength);
    if (captured.length < whole.length) this.#countCut(bytes, whole.length - captured.length);
    this.#next.frame(time, captured, original);
    if (!this.#twice) return;
    this.duplicatedPackets++;
    this.#next.frame(time, captured, original);
  }

  #countCut(bytes: Uint8Array, cut: number): void {
    this.cutPackets++;
    const { flow, payloadBytes } = new FrameView(bytes);
    const lost = Math.min(cut, payloadBytes);
    if (lost > 0) this.cutBytes.set(flow, (this.cutBytes.get(flow) ?? 0) + lost);
  }
}

function tagged(bytes: Uint8Array, vlan: number): Uint8Array {
  const frame = new Uint8Array(bytes.length + VLAN_TAG_BYTES);
  frame.set(bytes.subarray(0, ADDRESSES_BYTES));
  frame.set([ETHERTYPE_VLAN >>> 8, ETHERTYPE_VLAN & 0xff, vlan >>> 8, vlan & 0xff], ADDRESSES_BYTES);
  frame.set(bytes.subarray(ADDRESSES_BYTES), ADDRESSES_BYTES + VLAN_TAG_BYTES);
  return frame;
}
