import type { BufferPool } from './buffer-pool.js';
import type { TcpCounters } from './counters.js';
import type { TcpLimits } from './limits.js';
import type { StreamConsumer } from './types.js';

/** What all connections of a tracker share. */
export interface Shared {
  readonly limits: TcpLimits;
  readonly counters: TcpCounters;
  readonly pool: BufferPool;
}

/** The connection, as its two directions see it. */
export interface FlowHost {
  readonly shared: Shared;
  readonly consumer: StreamConsumer;
  readonly midstream: boolean;
  /** Opens the consumer if that has not been done. */
  open(): void;
}
