import { readdirSync, readFileSync } from 'node:fs';

/** What /proc tells of processes (proc(5)), for measurements beside a running program. */

/** Ticks of a second: USER_HZ, which is 100 on all of Linux's usual machines. */
const TICKS_PER_SECOND = 100;

/** CPU seconds, user and system, that a process has used. */
export function cpuSeconds(pid: number): number {
  const fields = statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

/** Children and their children. */
export function childrenOf(pid: number): number[] {
  const own = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(Number(name)) === pid);
  return own.map(Number).flatMap((child) => [child, ...childrenOf(child)]);
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Null for one that has ended meanwhile. */
function parentOf(pid: number): number | null {
  try {
    return Number(statFields(pid)[1]);
  } catch {
    return null;
  }
}

/** From the state on: the name before it may hold blanks and brackets. */
function statFields(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
}
