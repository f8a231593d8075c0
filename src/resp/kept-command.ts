import { KEPT_COMMAND_BYTES } from './limits.js';

const NO_BYTES = new Uint8Array(0);

/** Most connections only ever keep a short handshake command: the full size is taken when it is needed. */
const SMALL_BYTES = 256;

/** The beginning of a command that comes in several spans, copied as it passes: at most KEPT_COMMAND_BYTES, up to the first hole. */
export class KeptCommand {
  bytes = NO_BYTES;
  length = 0;
  #broken = false;

  /** Forget the last command. */
  begin(): void {
    this.length = 0;
    this.#broken = false;
  }

  /** A hole: what comes behind it is not kept. */
  break(): void {
    this.#broken = true;
  }

  add(bytes: Uint8Array, from: number, to: number): void {
    const take = Math.min(KEPT_COMMAND_BYTES - this.length, to - from);
    if (this.#broken || take <= 0) return;
    if (this.length + take > this.bytes.length) {
      const grown = new Uint8Array(this.length + take <= SMALL_BYTES ? SMALL_BYTES : KEPT_COMMAND_BYTES);
      grown.set(this.bytes.subarray(0, this.length));
      this.bytes = grown;
    }
    for (let i = 0; i < take; i++) this.bytes[this.length + i] = bytes[from + i]!;
    this.length += take;
  }
}
