import type { ConnectionInfo, Direction, StreamConsumer } from '../tcp/types.js';

/**
 * Stands between the reassembly and a consumer: should the consumer throw, which is a defect of ours, it costs that connection and
 * not the run. `failed` is told once.
 */
export class Guarded implements StreamConsumer {
  readonly #consumer: StreamConsumer;
  readonly #connection: ConnectionInfo;
  readonly #failed: (error: unknown) => void;
  #dead = false;

  constructor(consumer: StreamConsumer, connection: ConnectionInfo, failed: (error: unknown) => void) {
    this.#consumer = consumer;
    this.#connection = connection;
    this.#failed = failed;
  }

  data(
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    position: number,
    time: number,
    packet: number,
    segmentStart: boolean,
  ): void {
    if (this.#dead) return;
    try {
      this.#consumer.data(direction, bytes, start, end, position, time, packet, segmentStart);
    } catch (error) {
      this.#fail(error);
    }
  }

  gap(direction: Direction, position: number, length: number, time: number, packet: number): void {
    if (this.#dead) return;
    try {
      this.#consumer.gap(direction, position, length, time, packet);
    } catch (error) {
      this.#fail(error);
    }
  }

  closed(time: number): void {
    try {
      this.#consumer.closed(time);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#connection.setWanted(0, false);
    this.#connection.setWanted(1, false);
    this.#failed(error);
  }
}
