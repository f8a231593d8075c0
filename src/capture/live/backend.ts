import type { GuardedChild } from './guarded-child.js';
import type { BackendName, LiveDrops, LiveOptions, LiveProblem } from './types.js';

/** How a child that captures ended without being told to. */
export interface ChildEnd {
  /** As a verb, e.g. `ended with exit code 1`; null: in order. */
  readonly how: string | null;
  /** What is wrong with its standard output, '' for nothing. */
  readonly damage: string;
}

/**
 * A program that captures and writes pcap to its standard output, and what is particular about it. `cap` is one too: the addon runs in
 * a process of its own, since it ends its process with an assertion when the interface goes down (cap 0.2.1, src/binding.cc:
 * `assert(status == 0)` in cb_packets), and since packets that it stamps itself must not wait for ours.
 */
export interface LiveBackend {
  readonly name: BackendName | 'ssh';
  /** The executable. */
  readonly file: string;
  /** One line: which runs, and what it cannot see. */
  readonly notice: string;
  captureArguments(options: LiveOptions): string[];
  /** Matches the line on standard error after which it captures, when the header of the pcap has come too. */
  readonly readyLine: RegExp;
  /** Lines of standard error that are no complaint. */
  readonly idleLine: RegExp;
  /** It captures on another host, whose interfaces and whose clock are not ours; what it is told comes over its standard input. */
  readonly isRemote: boolean;
  /** Packets carry the time at which they passed the interface, not the one at which they were read. */
  readonly hasKernelTimes: boolean;
  /** Milliseconds that the kernel may hold packets back before it hands them over. */
  readonly holdback: number;
  /** Makes it tell its drop counts and go on; null when there is no way. */
  readonly askForCounts: ((child: GuardedChild) => void) | null;
  /** Makes it end in order. */
  stop(child: GuardedChild): void;
  /** @returns what a line of standard error tells of drops, and null where it tells nothing. */
  readDrops(line: string): Partial<LiveDrops> | null;
  /**
   * @param end how it ended, where it has.
   * @returns what a complaint on standard error means; null when it is none of the known ones.
   */
  explain(
    stderr: string,
    options: Pick<LiveOptions, 'interface' | 'filter'>,
    end?: ChildEnd,
  ): LiveProblem | null;
}

/** One that this host has: it can be tried before it is used. */
export interface LocalBackend extends LiveBackend {
  readonly name: BackendName;
  /** Of a run that opens the interface and ends at once, with exit code 0 when this user may capture there. */
  probeArguments(interfaceName: string): string[];
}
