import { SECOND } from '../embedded/net/clock.js';
import { seededRandom } from '../embedded/net/seeded-random.js';
import { Node } from '../embedded/node.js';
import { throwIf } from './simulated-nodes.js';
import { simulation } from './tapped.js';

/** Nodes of the embedded pair on a simulated network whose packets are captured. */
export interface CapturedNodes {
  /** 10.0.0.1:6379, 10.0.0.2:6379, … */
  readonly nodes: readonly Node[];
  /** Lets time pass, in µs. */
  run(time: number): void;
  /** The capture so far. */
  capture(): Uint8Array;
}

/** So many nodes, started a second ago. */
export function capturedNodes(count: number): CapturedNodes {
  const { clock, network, file } = simulation();
  const world = { clock, network, random: seededRandom(1) };
  const run = (time: number): void => clock.runUntil(clock.now() + time);
  const nodes = Array.from({ length: count }, (_, i) => {
    const node = new Node({ endpoint: { host: `10.0.0.${i + 1}`, port: 6379 }, disklessDelay: 0 }, world);
    node.start(throwIf);
    return node;
  });
  run(SECOND);
  return { nodes, run, capture: () => file.bytes };
}
