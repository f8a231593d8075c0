import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionDocument, SummaryDocument } from '../report/document.js';
import type { RedisServer } from './redis-server.js';
import { closed, collect, PROGRAM, sleep, startCli, waitFor } from './run-cli.js';

/** `psyncscope sniff` as a user runs it, on real servers. Root, or the right to capture, is needed. */

export const BACKENDS = ['dumpcap', 'tcpdump', 'cap'] as const;

/** Of servers: no PINGs beside the first one, so that offsets rest and can be compared to the byte. */
export const AT_REST = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '3600'];

/** Of tests: on a machine that is busy with something else the kernel may drop packets. */
export const BUSY = { retry: 2 };

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-sniffing-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
let started = 0;

export interface Sniffing {
  readonly child: ChildProcessWithoutNullStreams;
  readonly output: () => string;
  readonly errors: () => string;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
  /** What `--summary` wrote. */
  summary(): SummaryDocument;
}

/**
 * Starts it, and waits until it captures: it tells of every packet from then on.
 * @param prefix a command that runs it, as `ip netns exec NAME`.
 */
export async function startSniff(args: readonly string[], prefix: readonly string[] = []): Promise<Sniffing> {
  const path = join(folder, `${++started}.json`);
  const words = ['sniff', '--summary', path, ...args];
  const [file, ...before] = prefix;
  const child =
    file === undefined ? startCli(words) : spawn(file, [...before, process.execPath, PROGRAM, ...words]);
  const output = collect(child.stdout);
  const errors = collect(child.stderr);
  const ended = closed(child);
  await waitFor('the capture', () => {
    if (child.exitCode !== null) throw new Error(`it ended: ${errors()}`);
    return errors().includes('listening on');
  });
  const summary = (): SummaryDocument => JSON.parse(readFileSync(path, 'utf8')) as SummaryDocument;
  return { child, output, errors, ended, summary };
}

export async function write(master: RedisServer, count: number, prefix = 'key'): Promise<void> {
  await master.ask(...Array.from({ length: count }, (_, i) => ['SET', `${prefix}:${i}`, 'value']));
}

/** Waits until the replica has applied all that its master wrote. @returns the offset of both. */
export async function caughtUp(master: RedisServer, replica: RedisServer): Promise<number> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(50)) {
    const [from, to] = await Promise.all([master.replication(), replica.replication()]);
    if (to.master_link_status === 'up' && to.slave_repl_offset === from.master_repl_offset)
      return Number(from.master_repl_offset);
  }
  throw new Error('the replica did not catch up within 30 s');
}

export function latestSession({ links }: SummaryDocument): SessionDocument {
  return links[0]!.sessions.at(-1)!;
}
