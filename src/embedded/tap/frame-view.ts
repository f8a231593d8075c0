import { formatEndpoint } from '../../packet/address.js';
import {
  ACK,
  ETHERNET_HEADER_BYTES,
  IPV4_HEADER_BYTES,
  IPV6_HEADER_BYTES,
  setIpv4Checksum,
  setTcpChecksum,
  TCP_HEADER_BYTES,
} from './frame-builder.js';

/** Set in the IP id of what a fault makes: an id half a circle away, which the host itself gives out much later only. */
const OTHER_ID = 0x8000;
/** Where the timestamps option of a framer's segment has its value: behind two NOPs, kind and length. */
const TIMESTAMP_AT = TCP_HEADER_BYTES + 4;

/** Reads and changes a frame of ConnectionFramer's making: untagged, whole, no IP options. */
export class FrameView {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #tcpAt: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#tcpAt = ETHERNET_HEADER_BYTES + (this.#isIpv4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES);
  }

  /** Who sends to whom: `10.0.0.1:6379>10.0.0.2:40000`. */
  get flow(): string {
    return `${this.#endpoint(0)}>${this.#endpoint(1)}`;
  }

  /** The flow of the answers. */
  get reverseFlow(): string {
    return `${this.#endpoint(1)}>${this.#endpoint(0)}`;
  }

  get sequence(): number {
    return this.#view.getUint32(this.#tcpAt + 4);
  }

  get acknowledgment(): number {
    return this.#view.getUint32(this.#tcpAt + 8);
  }

  get flags(): number {
    return this.#view.getUint8(this.#tcpAt + 13);
  }

  get payloadBytes(): number {
    return this.bytes.length - this.payloadAt;
  }

  /** Where the payload begins in the frame. */
  get payloadAt(): number {
    return this.#tcpAt + (this.#view.getUint8(this.#tcpAt + 12) >> 4) * 4;
  }

  /** A copy that acknowledges something else. */
  withAcknowledgment(acknowledgment: number): FrameView {
    const copy = new FrameView(this.bytes.slice());
    copy.#view.setUint32(copy.#tcpAt + 8, acknowledgment);
    setTcpChecksum(copy.bytes);
    return copy;
  }

  /** The same segment sent a second time: another IP id, a timestamp that is later by so many ms, the given acknowledgment. */
  sentAgain(laterMs: number, acknowledgment: number): FrameView {
    const copy = new FrameView(this.bytes.slice());
    copy.#setOtherId();
    const timestampAt = copy.#tcpAt + TIMESTAMP_AT;
    copy.#view.setUint32(timestampAt, copy.#view.getUint32(timestampAt) + laterMs);
    copy.#view.setUint32(copy.#tcpAt + 8, acknowledgment);
    setTcpChecksum(copy.bytes);
    return copy;
  }

  /** The bare ACK that its sender would send right after this segment. */
  bareAck(sequenceAfter: number): FrameView {
    const copy = new FrameView(this.bytes.slice(0, this.payloadAt));
    copy.#setOtherId();
    const ipAt = ETHERNET_HEADER_BYTES;
    if (copy.#isIpv4) {
      copy.#view.setUint16(ipAt + 2, copy.bytes.length - ipAt);
      setIpv4Checksum(copy.bytes);
    } else {
      copy.#view.setUint16(ipAt + 4, copy.bytes.length - copy.#tcpAt);
    }
    copy.#view.setUint32(copy.#tcpAt + 4, sequenceAfter);
    copy.#view.setUint8(copy.#tcpAt + 13, ACK);
    setTcpChecksum(copy.bytes);
    return copy;
  }

  get #isIpv4(): boolean {
    return this.bytes[ETHERNET_HEADER_BYTES]! >> 4 === 4;
  }

  #setOtherId(): void {
    if (!this.#isIpv4) return;
    const at = ETHERNET_HEADER_BYTES + 4;
    this.#view.setUint16(at, this.#view.getUint16(at) ^ OTHER_ID);
    setIpv4Checksum(this.bytes);
  }

  /** side 0: the source, 1: the destination. */
  #endpoint(side: 0 | 1): string {
    const port = this.#view.getUint16(this.#tcpAt + 2 * side);
    const word = (at: number): number => this.#view.getInt32(at);
    if (this.#isIpv4) return formatEndpoint(0, 0, 0xffff, word(this.#tcpAt - 8 + 4 * side), port);
    const at = this.#tcpAt - 32 + 16 * side;
    return formatEndpoint(word(at), word(at + 4), word(at + 8), word(at + 12), port);
  }
}
