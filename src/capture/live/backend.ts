import type { BackendName, LiveDrops, LiveOptions, LiveProblem } from './types.js';

/**
 * A program that captures and writes pcap to its standard output, and what is particular about it. `cap` is one too: the addon runs in
 * a process of its own, since it ends its process with an assertion when the interface goes down (cap 0.2.1, src/binding.cc:
 * `assert(status == 0)` in cb_packets), and since packets that it stamps itself must not wait for ours.
 */
export interface LiveBackend {
  readonly name: BackendName;
  /** The executable. */
  readonly file: string;
  /** One line: which runs, and what it cannot see. */
  readonly notice: string;
  captureArguments(options: LiveOptions): string[];
  /** Of a run that opens the interface and ends at once, with exit code 0 when this user may capture there. */
  probeArguments(interfaceName: string): string[];
  /** Matches the line on standard error after which it captures, when the header of the pcap has come too. */
  readonly readyLine: RegExp;
  /** Lines of standard error that are no complaint. */
  readonly idleLine: RegExp;
  /** Packets carry the time at which they passed the interface, not the one at which they were read. */
  readonly hasKernelTimes: boolean;
  /** Milliseconds that the kernel may hold packets back before it hands them over. */
  readonly holdback: number;
  /** Signal on which it tells its drop counts and goes on; null when there is none. */
  readonly countSignal: NodeJS.Signals | null;
  /** Signal that ends it in order. */
  readonly stopSignal: NodeJS.Signals;
  /** @returns what a line of standard error tells of drops, and null where it tells nothing. */
  readDrops(line: string): Partial<LiveDrops> | null;
  /** @returns what a complaint on standard error means; null when it is none of the known ones. */
  explain(stderr: string, options: Pick<LiveOptions, 'interface' | 'filter'>): LiveProblem | null;
}
