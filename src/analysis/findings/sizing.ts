import type { Link } from '../../replication/model.js';
import type { Thresholds } from './thresholds.js';

/** Sizes that a finding advises, and the arithmetic of them. */

/** An advised size holds this many times what was needed: the next time may be longer, or fall into a busier hour. */
export const MARGIN = 2;

/** What an output buffer is made of (PROTO_REPLY_CHUNK_BYTES): no limit means anything below it. */
export const LEAST_BUFFER_BYTES = 16 * 1024;

const MIB = 1024 * 1024;

/** The next power of two in bytes from `bytes` on, at least 1 MiB, the default of repl-backlog-size: sizes as people set them. */
export function roundSize(bytes: number): number {
  let size = MIB;
  while (size < bytes) size *= 2;
  return size;
}

/** Bytes a second; null where either is not known, or no time passed. */
export function perSecond(bytes: number | null, ms: number | null): number | null {
  return bytes === null || ms === null || ms <= 0 ? null : Math.round(bytes / (ms / 1000));
}

/** Evidence of an advised client-output-buffer-limit. */
export type OutputLimits = Record<'margin' | 'advisedHardBytes' | 'advisedSoftBytes', number>;

/** Limits for a replica's output buffer that has to hold `bytes`, with a margin, and not below the configured ones. */
export function outputLimits(bytes: number, thresholds: Thresholds): OutputLimits {
  const needed = roundSize(bytes * MARGIN);
  return {
    margin: MARGIN,
    advisedHardBytes: Math.max(thresholds.outputHardBytes, needed),
    advisedSoftBytes: Math.max(thresholds.outputSoftBytes, needed),
  };
}

/** The RDB version that came with Redis 5.0, which also renamed its settings. */
const RDB_OF_5 = 9;

/**
 * What the settings of this link's master call its replicas, from the version of a payload it sent; null: no payload was seen.
 * (5.0 and later take the older words too.)
 */
export function settingsWord(link: Link): 'replica' | 'slave' | null {
  const version = link.sessions.findLast(({ payload }) => payload?.rdb?.version != null)?.payload?.rdb
    ?.version;
  if (version == null) return null;
  return version < RDB_OF_5 ? 'slave' : 'replica';
}
