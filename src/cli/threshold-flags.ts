import type { Argv } from 'yargs';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../analysis/findings/thresholds.js';
import { UsageError } from './errors.js';
import { parseSize } from './size-option.js';

/** From when on something is a finding, as typed. Durations are seconds, sizes as a server's configuration has them. */
export interface ThresholdArguments {
  replTimeout: number | undefined;
  pingPeriod: number | undefined;
  outputLimit: string | undefined;
  outputSoftLimit: string | undefined;
  lag: number | undefined;
  ackLate: number | undefined;
  ackSilence: number | undefined;
  loopSyncs: number | undefined;
  notReady: number | undefined;
  bigCommand: string | undefined;
  expiryRate: number | undefined;
  emptiedShare: number | undefined;
  lossShare: number | undefined;
  clockStep: number | undefined;
  minReplicas: number | undefined;
  minReplicasMaxLag: number | undefined;
}

const seconds = (ms: number): number => ms / 1000;

const GROUP = 'Thresholds of findings:';

/** Declares the thresholds, the same for each command that shows findings. */
export function thresholdOptions<T>(yargs: Argv<T>): Argv<T & ThresholdArguments> {
  const is = DEFAULT_THRESHOLDS;
  const number = (describe: string, normally?: number) =>
    ({
      type: 'number',
      nargs: 1,
      describe: normally === undefined ? describe : `${describe} (${normally})`,
      group: GROUP,
    }) as const;
  const size = (describe: string) => ({ type: 'string', nargs: 1, describe, group: GROUP }) as const;
  return yargs
    .option('repl-timeout', number('repl-timeout of the servers, s', seconds(is.replTimeoutMs)))
    .option('ping-period', number('repl-ping-replica-period, s', seconds(is.pingPeriodMs)))
    .option('output-limit', size('Hard limit of client-output-buffer-limit replica (256mb)'))
    .option('output-soft-limit', size('Soft limit of client-output-buffer-limit replica (64mb)'))
    .option('lag', number('lag-high: a replica so far behind when it acknowledges, s', seconds(is.lagMs)))
    .option('ack-late', number('acks-late: so long between two ACKs, s', seconds(is.ackLateMs)))
    .option('ack-silence', number('replica-frozen: so long without an ACK, s', seconds(is.ackSilenceMs)))
    .option('loop-syncs', number('resync-loop: so many syncs that come to nothing', is.loopSyncs))
    .option('not-ready', number('not-ready: refused for so long, s', seconds(is.notReadyMs)))
    .option('big-command', size('big-command: one command of this size (1mb)'))
    .option('expiry-rate', number('expiry-storm: keys deleted one by one in a second', is.deletesPerSecond))
    .option(
      'emptied-share',
      number('master-emptied: per cent of the keys held before that are left', is.emptiedShare * 100),
    )
    .option(
      'loss-share',
      number('network-loss: per cent of the bytes sent again', is.retransmittedShare * 100),
    )
    .option('clock-step', number('capture-clock: packet times go back so far, s', seconds(is.clockStepMs)))
    .option('min-replicas', number('min-replicas-to-write: tell when writes would have been refused'))
    .option(
      'min-replicas-max-lag',
      number('min-replicas-max-lag, s', seconds(is.minReplicasMaxLagMs)),
    ) as unknown as Argv<T & ThresholdArguments>;
}

/** The thresholds that were typed. @throws UsageError for what is no positive number or size. */
export function typedThresholds(args: ThresholdArguments): Partial<Thresholds> {
  const typed: Partial<Thresholds> = {};
  const take = (key: keyof Thresholds, flag: string, value: number | undefined, factor = 1): void => {
    if (value === undefined) return;
    if (!Number.isFinite(value) || value <= 0)
      throw new UsageError(`--${flag}: a number above 0 is required`);
    typed[key] = value * factor;
  };
  const bytes = (flag: string, text: string | undefined): number | undefined =>
    text === undefined ? undefined : parseSize(flag, text);
  take('replTimeoutMs', 'repl-timeout', args.replTimeout, 1000);
  take('pingPeriodMs', 'ping-period', args.pingPeriod, 1000);
  take('outputHardBytes', 'output-limit', bytes('output-limit', args.outputLimit));
  take('outputSoftBytes', 'output-soft-limit', bytes('output-soft-limit', args.outputSoftLimit));
  take('lagMs', 'lag', args.lag, 1000);
  take('ackLateMs', 'ack-late', args.ackLate, 1000);
  take('ackSilenceMs', 'ack-silence', args.ackSilence, 1000);
  take('loopSyncs', 'loop-syncs', args.loopSyncs);
  take('notReadyMs', 'not-ready', args.notReady, 1000);
  take('bigCommandBytes', 'big-command', bytes('big-command', args.bigCommand));
  take('deletesPerSecond', 'expiry-rate', args.expiryRate);
  take('emptiedShare', 'emptied-share', args.emptiedShare, 0.01);
  take('retransmittedShare', 'loss-share', args.lossShare, 0.01);
  take('clockStepMs', 'clock-step', args.clockStep, 1000);
  take('minReplicas', 'min-replicas', args.minReplicas);
  take('minReplicasMaxLagMs', 'min-replicas-max-lag', args.minReplicasMaxLag, 1000);
  return typed;
}
