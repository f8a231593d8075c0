import type { Zone } from '../time.js';

/** How times of day are written. */
export interface Clock {
  zone: Zone;
  withDate: boolean;
}
