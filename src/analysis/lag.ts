import type { LagMeter } from '../replication/lag-meter.js';
import type { LagFacts } from '../replication/model.js';
import { LagSeries } from './lag-series.js';
import { Samples } from './samples.js';
import { SendTimes } from './send-times.js';

/** Lag of one session, as docs/output-contract.md defines it. */
export class SessionLag implements LagMeter {
  ackLagMs = 0;
  behindBytes = 0;
  behindMs = 0;

  readonly #times = new SendTimes();
  readonly #samples = new Samples();
  readonly #series = new LagSeries();
  #online = false;
  #sent = 0;
  #acked = 0;
  /** Stream bytes sent when the last ACK came, to tell rest. */
  #sentAtAck = -1;
  #maxBytes = 0;
  #maxBytesAt: number | null = null;
  #caughtUpAt: number | null = null;
  #sentAtMax = 0;
  #maxUs = 0;
  #behindMaxBytes: number | null = null;
  #behindMaxUs = 0;
  #drift: number | null = null;

  online(time: number): void {
    this.#online = true;
    this.#series.level(this.#lag(), time);
  }

  sent(bytes: number, time: number): void {
    if (bytes <= this.#sent) return;
    this.#times.push(this.#sent, time);
    this.#sent = bytes;
    if (!this.#online) return;
    const lag = this.#lag();
    if (lag > this.#maxBytes) this.#newMaximum(lag, time);
    this.#series.level(lag, time);
  }

  acknowledged(bytes: number, time: number): void {
    const oldest = Math.max(0, this.#acked);
    const age = this.age(time);
    if (this.#online && age > this.#maxUs) this.#maxUs = age;
    if (bytes > this.#acked && oldest < this.#sent) this.#samples.push(age);
    this.ackLagMs = age / 1000;

    if (bytes === this.#acked && this.#sent === this.#sentAtAck) this.#drift = bytes - this.#sent;
    this.#acked = bytes;
    this.#sentAtAck = this.#sent;
    this.#times.forget(bytes);

    this.behindBytes = this.#lag();
    const behind = this.age(time);
    this.behindMs = behind / 1000;
    if (this.#behindMaxBytes === null || this.behindBytes > this.#behindMaxBytes)
      this.#behindMaxBytes = this.behindBytes;
    if (behind > this.#behindMaxUs) this.#behindMaxUs = behind;
    if (this.behindBytes > this.#maxBytes) this.#newMaximum(this.behindBytes, time);
    else if (this.#caughtUpAt === null && bytes >= this.#sentAtMax) this.#caughtUpAt = time;
    this.#series.level(this.behindBytes, time);
  }

  age(time: number): number {
    const oldest = Math.max(0, this.#acked);
    return oldest < this.#sent ? Math.max(0, time - this.#times.at(oldest)) : 0;
  }

  facts(until: number): LagFacts {
    const lastBytes = this.#lag();
    const lastUs = this.age(until);
    const caughtUp = this.#maxBytesAt !== null && this.#caughtUpAt !== null;
    const acked = this.#behindMaxBytes !== null;
    return {
      lastBytes,
      maxBytes: this.#maxBytes,
      maxBytesAt: this.#maxBytesAt,
      caughtUpMs: caughtUp ? Math.max(0, this.#caughtUpAt! - this.#maxBytesAt!) / 1000 : null,
      lastMs: lastUs / 1000,
      maxMs: Math.max(this.#maxUs, lastUs) / 1000,
      p50Ms: this.#samples.quantile(0.5, 1000),
      p99Ms: this.#samples.quantile(0.99, 1000),
      behindMaxBytes: this.#behindMaxBytes,
      behindMaxMs: acked ? this.#behindMaxUs / 1000 : null,
      drift: this.#drift,
      series: this.#series.facts(until),
    };
  }

  /** An ACK captured before the data that it covers (the two directions of a device are not ordered) is no negative lag. */
  #lag(): number {
    return Math.max(0, this.#sent - this.#acked);
  }

  #newMaximum(bytes: number, time: number): void {
    this.#maxBytes = bytes;
    this.#maxBytesAt = time;
    this.#sentAtMax = this.#sent;
    this.#caughtUpAt = null;
  }
}
