import type { CaptureFacts } from '../types.js';

/** What can capture: two programs and the npm package `cap`. */
export type BackendName = 'dumpcap' | 'tcpdump' | 'cap';

export interface LiveOptions {
  /** Name of the interface, or `any` on Linux. */
  readonly interface: string;
  /** Filter expression (pcap-filter(7)) for the kernel; '' for none. */
  readonly filter: string;
  /** Bytes kept of a packet at most; DEFAULT_SNAPLEN unless told. `cap` has its own, 65,535. */
  readonly snaplen?: number | undefined;
  /** Bytes of the kernel's buffer, which holds packets while nobody reads; DEFAULT_BUFFER_BYTES unless told. */
  readonly bufferBytes?: number | undefined;
}

/** A host where tcpdump runs, reached over the user's own ssh: its configuration, keys and agent. */
export interface SshHost {
  /** What ssh takes: HOST, USER@HOST, a name of ~/.ssh/config, or ssh://USER@HOST:PORT. */
  readonly destination: string;
  /** As `ssh -o`, each NAME=VALUE. */
  readonly options: readonly string[];
  /** tcpdump runs under `sudo -n`. */
  readonly sudo: boolean;
}

/** The largest frame there is on any device: libpcap's MAXIMUM_SNAPLEN, and what tcpdump and dumpcap have as default. */
export const DEFAULT_SNAPLEN = 262_144;

/**
 * Holds a sixth of a second of 200 MB/s, on the loopback too, where each packet is in the kernel's buffer twice (libpcap leaves out the
 * sent one only when it takes packets from there): longer than a garbage collection or a redrawn screen keeps us from reading.
 */
export const DEFAULT_BUFFER_BYTES = 64 * 1024 * 1024;

export type ProblemKind =
  | 'no-permission'
  | 'no-backend'
  | 'not-executable'
  | 'no-such-interface'
  | 'bad-filter'
  | 'interface-down'
  | 'child-died'
  | 'no-connection'
  | 'not-a-capture';

/** Why there is no capture, or none any more. All sentences are safe to print. */
export interface LiveProblem {
  readonly kind: ProblemKind;
  /** What is wrong. */
  readonly message: string;
  /** What mends it, a command where there is one, each a way of its own; none when nothing general can be said. */
  readonly remedies: readonly string[];
}

/** No capture can be started. */
export class LiveError extends Error {
  override readonly name = 'LiveError';
  readonly problem: LiveProblem;

  constructor(problem: LiveProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** Packets that were seen and not handed over; null where it is not told (yet). */
export interface LiveDrops {
  /** For want of room in the kernel's buffer. */
  readonly kernel: number | null;
  /** By the interface or its driver. */
  readonly interface: number | null;
}

export interface LiveEnd {
  /** Null when `stop` ended it, or who takes the packets. */
  readonly problem: LiveProblem | null;
  readonly drops: LiveDrops;
}

/** A capture that was started. */
export interface LiveCapture {
  /** For the summary: `source` is the interface; `kernelDrops` and `linkTypes` as far as known now. */
  readonly facts: CaptureFacts;
  readonly drops: LiveDrops;
  /** True once the capture runs: nothing sent from then on is missed. False when it ended without. */
  readonly ready: Promise<boolean>;
  /** The end, after the last packet was handed over. Rejects only with what `onPackets` threw. */
  readonly ended: Promise<LiveEnd>;
  /**
   * Ends it after everything that was sent before this call has been handed over, at most a few seconds later; called again, at once.
   * @returns `ended`.
   */
  stop(): Promise<LiveEnd>;
}
