import type { Argv } from 'yargs';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../analysis/findings/thresholds.js';
import { UsageError } from './errors.js';
import { type CaptureArguments, captureOptions } from './flags.js';
import { parseSize } from './size-option.js';

/** Flags of `psyncscope findings`. Durations are seconds, sizes as a server's configuration has them. */
export interface FindingsArguments extends CaptureArguments {
  failOn: 'warning' | 'error' | undefined;
  replTimeout: number | undefined;
  pingPeriod: number | undefined;
  outputLimit: string | undefined;
  lag: number | undefined;
  ackLate: number | undefined;
  ackSilence: number | undefined;
  loopSyncs: number | undefined;
  notReady: number | undefined;
  bigCommand: string | undefined;
  expiryRate: number | undefined;
  lossShare: number | undefined;
  minReplicas: number | undefined;
  minReplicasMaxLag: number | undefined;
}

const seconds = (ms: number): number => ms / 1000;

export function declareFindings(yargs: Argv): Argv<FindingsArguments> {
  const is = DEFAULT_THRESHOLDS;
  const number = (describe: string, normally?: number) =>
    ({
      type: 'number',
      nargs: 1,
      describe: normally === undefined ? describe : `${describe} (${normally})`,
      group: 'Thresholds:',
    }) as const;
  const size = (describe: string) => ({ type: 'string', nargs: 1, describe, group: 'Thresholds:' }) as const;
  return captureOptions(yargs)
    .option('fail-on', {
      choices: ['warning', 'error'] as const,
      describe: 'Exit with 1 when there is a finding of this severity, or a worse one',
    })
    .option('repl-timeout', number('repl-timeout of the servers, s', seconds(is.replTimeoutMs)))
    .option('ping-period', number('repl-ping-replica-period, s', seconds(is.pingPeriodMs)))
    .option('output-limit', size('Hard limit of client-output-buffer-limit replica (256mb)'))
    .option('lag', number('lag-high: a replica so far behind when it acknowledges, s', seconds(is.lagMs)))
    .option('ack-late', number('acks-late: so long between two ACKs, s', seconds(is.ackLateMs)))
    .option('ack-silence', number('replica-frozen: so long without an ACK, s', seconds(is.ackSilenceMs)))
    .option('loop-syncs', number('resync-loop: so many full resyncs in a row', is.loopSyncs))
    .option('not-ready', number('not-ready: refused for so long, s', seconds(is.notReadyMs)))
    .option('big-command', size('big-command: one command of this size (1mb)'))
    .option('expiry-rate', number('expiry-storm: keys deleted one by one in a second', is.deletesPerSecond))
    .option(
      'loss-share',
      number('network-loss: per cent of the bytes sent again', is.retransmittedShare * 100),
    )
    .option('min-replicas', number('min-replicas-to-write: tell when writes would have been refused'))
    .option('min-replicas-max-lag', number('min-replicas-max-lag, s', seconds(is.minReplicasMaxLagMs)))
    .example('$0 findings cap.pcap', 'What is wrong, why, and what to set')
    .example('$0 findings --fail-on warning cap.pcap', 'For a pipeline: exit code 1 when something is')
    .example(
      '$0 findings --min-replicas 2 cap.pcap',
      'When a master with that setting would have refused writes',
    ) as unknown as Argv<FindingsArguments>;
}

/** The thresholds that were typed. @throws UsageError for what is no positive number or size. */
export function typedThresholds(args: FindingsArguments): Partial<Thresholds> {
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
  take('lagMs', 'lag', args.lag, 1000);
  take('ackLateMs', 'ack-late', args.ackLate, 1000);
  take('ackSilenceMs', 'ack-silence', args.ackSilence, 1000);
  take('loopSyncs', 'loop-syncs', args.loopSyncs);
  take('notReadyMs', 'not-ready', args.notReady, 1000);
  take('bigCommandBytes', 'big-command', bytes('big-command', args.bigCommand));
  take('deletesPerSecond', 'expiry-rate', args.expiryRate);
  take('retransmittedShare', 'loss-share', args.lossShare, 0.01);
  take('minReplicas', 'min-replicas', args.minReplicas);
  take('minReplicasMaxLagMs', 'min-replicas-max-lag', args.minReplicasMaxLag, 1000);
  return typed;
}
