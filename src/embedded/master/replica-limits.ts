import type { OutputLimit } from '../server/settings.js';
import type { CloseCause } from './master-log.js';
import type { ReplicaSession } from './replica-session.js';

/** What a replica must not exceed. */
export interface ReplicaLimits {
  readonly output: OutputLimit;
  /** Bytes that the hard limit never falls below (7.0+: the size of the backlog). */
  readonly outputFloor: number;
  /** µs without an ACK, or without taking anything of its payload. */
  readonly timeout: number;
}

export interface Breach {
  readonly cause: CloseCause;
  /** What the log says. */
  readonly text: string;
}

/** Whether a replica's output buffer is over its hard limit, or has been over the soft one for too long by now (µs). */
export function overBuffer(
  session: ReplicaSession,
  { output, outputFloor }: ReplicaLimits,
  now: number,
): Breach | null {
  const { buffered } = session;
  if (output.soft === 0 || buffered < output.soft) session.overSoftSince = null;
  else session.overSoftSince ??= now;
  const hard = output.hard > 0 && buffered >= Math.max(output.hard, outputFloor);
  const soft = session.overSoftSince !== null && now - session.overSoftSince > output.softTime;
  if (!hard && !soft) return null;
  const client = `Client id=${session.port.clientId} addr=${session.name}`;
  return {
    cause: 'output-buffer',
    text: `${client} scheduled to be closed ASAP for overcoming of output buffer limits.`,
  };
}

/**
 * Whether a replica has been silent for too long by now (µs), or has taken nothing of its payload.
 * @param stuckSince µs; null: it takes what is sent, or gets no payload.
 */
export function timedOut(
  session: ReplicaSession,
  stuckSince: number | null,
  { timeout }: ReplicaLimits,
  now: number,
): Breach | null {
  const text = (phase: string): string => `Disconnecting timedout replica (${phase}): ${session.name}`;
  if (session.expectsAcks && now - session.heardAt > timeout) {
    return { cause: 'ack-timeout', text: text('streaming sync') };
  }
  if (stuckSince === null || now - stuckSince <= timeout) return null;
  return { cause: 'payload-timeout', text: text('full sync') };
}
