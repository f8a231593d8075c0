import type { ReplicationEvent, StreamNotice } from '../../replication/events.js';
import type { Finding, Link, Session } from '../../replication/model.js';
import type { SiblingPair } from '../divergence/siblings.js';
import type { Thresholds } from './thresholds.js';

/** Events that a rule looks at: those of a session. */
export type LinkEvent = Exclude<ReplicationEvent, { event: 'encrypted' | 'finding' }>;

/** A finding, and what it is about. The rule that made it may complete evidence and packets while the occurrence goes on. */
export interface Found extends Finding {
  /** Packet time, µs: when it came about. */
  time: number;
  /** The sessions whose packets show it, the one it is about first; none: it is about the capture as a whole. */
  sessions: readonly Session[];
}

/** Where the times of a capture go back. */
export interface ClockSteps {
  times: number;
  /** The largest step, µs, the packet behind it, and that one's time. */
  mostUs: number;
  packet: number;
  time: number;
}

/** What is known of the capture as a whole. */
export interface CaptureState {
  /** Packets captured shorter than on the wire. */
  cutPackets: number;
  /** Packets that the kernel dropped before the capture had them; null: not told. */
  kernelDrops: number | null;
  /** Packets whose time is further than `clockStepMs` before that of the packet before; null: there are none. */
  clock: ClockSteps | null;
  /** Links of one history, compared. */
  siblings: readonly SiblingPair[];
}

/** What looks for one kind of trouble. Told what happens, in the order in which it was captured. */
export interface Rule {
  event?(event: LinkEvent): void;
  notice?(notice: StreamNotice): void;
  /** At each second of packet time, as masters and replicas look at each other (replicationCron), µs. */
  tick?(time: number): void;
  /** No more packets come; the links' facts are as of then. `time`: packet time of the last one, µs. */
  end?(links: readonly Link[], time: number, capture: CaptureState): void;
}

/** Takes a finding. @returns it as it is kept, or null: there were so many of its kind that it is counted only. */
export type Report = (found: Found) => Found | null;

export interface RuleKind {
  /** The code of its findings. */
  readonly code: string;
  new (report: Report, thresholds: Thresholds): Rule;
}

/** Numbers of packets, in order and each once; unknown ones left out. */
export function packetList(...numbers: (number | null | undefined)[]): number[] {
  const known = numbers.filter((number): number is number => typeof number === 'number' && number > 0);
  return [...new Set(known)].sort((a, b) => a - b);
}
