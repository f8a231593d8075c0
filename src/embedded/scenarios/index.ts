import { chain, failover, failoverCommand } from './failover.js';
import { dualChannel, firstSyncDisk, firstSyncDiskless, ipv6, oldServers, rdbChannel } from './first-sync.js';
import { badNetwork, lossyCapture, midstreamCapture, mirrorPort, snappedCapture } from './imperfect.js';
import { backlogMiss, partialResync, replidMismatch, tour } from './reconnect.js';
import type { Scenario } from './scenario.js';
import {
  authFailure,
  corruptPayload,
  drift,
  laggingReplica,
  loadingMaster,
  resyncLoop,
  timedOutReplica,
} from './trouble.js';

/** All of them; the first is shown where none is named. */
export const SCENARIOS: readonly Scenario[] = [
  tour,
  firstSyncDisk,
  firstSyncDiskless,
  partialResync,
  backlogMiss,
  replidMismatch,
  failover,
  failoverCommand,
  chain,
  dualChannel,
  rdbChannel,
  oldServers,
  ipv6,
  authFailure,
  loadingMaster,
  laggingReplica,
  timedOutReplica,
  resyncLoop,
  drift,
  corruptPayload,
  lossyCapture,
  snappedCapture,
  midstreamCapture,
  mirrorPort,
  badNetwork,
];
