import { BufferPool } from './buffer-pool.js';
import { TcpCounters } from './counters.js';
import { DEFAULT_TCP_LIMITS } from './limits.js';
import { Flow } from './reassembly.js';

/** Stands for both directions of a connection that has ended and of which nobody asks any more: they were most of its memory. */
export const GONE = new Flow(
  {
    shared: { limits: DEFAULT_TCP_LIMITS, counters: new TcpCounters(), pool: new BufferPool() },
    consumer: { data: () => {}, gap: () => {}, closed: () => {} },
    midstream: false,
    open: () => {},
  },
  0,
);
