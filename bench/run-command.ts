import { spawnSync } from 'node:child_process';

export interface Run {
  /** Wall-clock and user + system CPU seconds, and the largest resident set, bytes. */
  seconds: number;
  cpu: number;
  peak: number;
}

/** Runs a command to its end under GNU time, its output thrown away. @throws when it fails. */
export function runCommand(command: string, args: readonly string[]): Run {
  const result = spawnSync('/usr/bin/time', ['-f', '%e %U %S %M', command, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  const last = result.stderr.toString().trim().split('\n').at(-1) ?? '';
  const [seconds, user, system, kilobytes] = last.split(' ').map(Number);
  if (result.status !== 0 || kilobytes === undefined)
    throw new Error(`${command} failed: ${result.stderr.toString().slice(-300)}`);
  return { seconds: seconds!, cpu: user! + system!, peak: kilobytes * 1024 };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
