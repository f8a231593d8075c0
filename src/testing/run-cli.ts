import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The built program as a user runs it. */

export const PROGRAM = fileURLToPath(new URL('../../bin/psyncscope.js', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface RunOptions {
  /** Added to an environment that says nothing of colours, width or zone; undefined takes one out. */
  env?: Record<string, string>;
  /** Written to standard input, which then ends. */
  input?: Uint8Array;
  /** Where it runs; where the caller does unless told. */
  cwd?: string;
}

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Variables of the caller that would change what is printed. */
const NEUTRAL = ['NO_COLOR', 'FORCE_COLOR', 'COLUMNS', 'TZ', 'LC_ALL', 'LC_CTYPE', 'LANG', 'TERM', 'CI'];

/** Starts the program. It must have been built: `npm test` does that first. */
export function startCli(args: readonly string[], options: RunOptions = {}): ChildProcessWithoutNullStreams {
  if (!existsSync(BUILT)) throw new Error('the program is not built: npm run build');
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const name of NEUTRAL) delete env[name];
  return spawn(process.execPath, [PROGRAM, ...args], { env: { ...env, ...options.env }, cwd: options.cwd });
}

/** Runs the program to its end. */
export async function runCli(args: readonly string[], options: RunOptions = {}): Promise<CliResult> {
  const child = startCli(args, options);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  // A program that does not read its input to the end is no error of ours.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input);
  const code = await closed(child);
  return { code, stdout: stdout(), stderr: stderr() };
}

/** Waits for the end of a process. @returns its exit code; null when a signal ended it. */
export function closed(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('close', resolve);
    child.on('error', reject);
  });
}

/** Gathers a stream's text from now on; the function returned gives what came so far. */
export function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

/** Waits until `done` gives something other than undefined or false. */
export async function waitFor<T>(
  what: string,
  done: () => T | undefined | false,
  limitMs = 15_000,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const value = done();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What a terminal is told beyond text: colours, cursor movements. */
export const ESCAPES = /\x1b\[[0-9;?]*[A-Za-z]/;
