import type { FaultOptions } from '../tap/faults.js';
import type { Stage } from './stage.js';

/** A small story of replication, played by servers of our own. */
export interface Scenario {
  /** As it is called on the command line. */
  readonly name: string;
  /** What happens, in a line. */
  readonly title: string;
  /** What the capture of it lacks or has twice; a sound one unless told. */
  readonly faults?: Omit<FaultOptions, 'startAt'>;
  /** The capture begins so many seconds after the story; with it unless told. */
  readonly captureFrom?: number;
  /** On the simulated network: the hosts have IPv6 addresses. */
  readonly ipv6?: true;
  run(stage: Stage): Promise<void>;
}
