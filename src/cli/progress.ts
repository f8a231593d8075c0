import { statSync } from 'node:fs';
import { bytesText, countText } from '../report/units.js';

/** Nothing is shown for what takes less, ms. */
const PATIENCE_MS = 1000;
const REDRAW_MS = 250;

/** A line on standard error that is redrawn while a long capture is read; silent when that is no terminal. */
export class Progress {
  readonly #enabled: boolean;
  readonly #total: number;
  readonly #startedAt = Date.now();
  #drawnAt = 0;

  /** @param mixed other output comes while the capture is read: on the same terminal the two would run into each other. */
  constructor(paths: readonly string[], mixed: boolean) {
    this.#enabled = process.stderr.isTTY === true && !(mixed && process.stdout.isTTY === true);
    this.#total = this.#enabled ? totalSize(paths) : 0;
  }

  /** Packets and captured bytes so far. */
  advance(packets: number, bytes: number): void {
    if (!this.#enabled) return;
    const now = Date.now();
    if (now - this.#startedAt < PATIENCE_MS || now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    const rate = bytes / ((now - this.#startedAt) / 1000);
    const share = this.#total > 0 ? `${Math.min(99, Math.floor((bytes / this.#total) * 100))} %, ` : '';
    process.stderr.write(`\r\x1b[Kreading: ${share}${countText(packets)} packets, ${bytesText(rate)}/s`);
  }

  end(): void {
    if (this.#drawnAt > 0) process.stderr.write('\r\x1b[K');
  }
}

function totalSize(paths: readonly string[]): number {
  let total = 0;
  for (const path of paths) {
    const size = path.endsWith('.gz') ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
    if (size === 0) return 0; // a pipe, or compressed: no share can be told
    total += size;
  }
  return total;
}
