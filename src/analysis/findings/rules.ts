import { AcksLate } from './acks-late.js';
import { AcksMissing } from './acks-missing.js';
import { AuthFailed } from './auth-failed.js';
import { BacklogOverflow } from './backlog-overflow.js';
import { BigCommand } from './big-command.js';
import { CaptureClock } from './capture-clock.js';
import { CaptureDrops } from './capture-drops.js';
import { CaptureOneDirection } from './capture-one-direction.js';
import { ChecksumInvalid } from './checksum-invalid.js';
import { Divergence } from './divergence.js';
import { Drift } from './drift.js';
import { ExpiryStorm } from './expiry-storm.js';
import { FailoverCost } from './failover-cost.js';
import { LagHigh } from './lag-high.js';
import { MasterEmptied } from './master-emptied.js';
import { MinReplicas } from './min-replicas.js';
import { NetworkLoss } from './network-loss.js';
import { NotReady } from './not-ready.js';
import { OutputBufferLimit } from './output-buffer-limit.js';
import { PingMissing } from './ping-missing.js';
import { RdbAuxMismatch } from './rdb-aux-mismatch.js';
import { ReplicaFrozen } from './replica-frozen.js';
import { ResyncLoop } from './resync-loop.js';
import type { RuleKind } from './rule.js';
import { TransferAborted } from './transfer-aborted.js';
import { TransferSlow } from './transfer-slow.js';

/** All of them; each has a page in docs/findings. */
export const RULES: readonly RuleKind[] = [
  BacklogOverflow,
  ResyncLoop,
  TransferAborted,
  TransferSlow,
  OutputBufferLimit,
  ChecksumInvalid,
  RdbAuxMismatch,
  MasterEmptied,
  FailoverCost,
  ReplicaFrozen,
  LagHigh,
  AcksLate,
  AcksMissing,
  PingMissing,
  Drift,
  Divergence,
  MinReplicas,
  AuthFailed,
  NotReady,
  ExpiryStorm,
  BigCommand,
  NetworkLoss,
  CaptureDrops,
  CaptureClock,
  CaptureOneDirection,
];
