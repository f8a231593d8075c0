import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { escapeText } from '../../report/escape.js';
import { isOutputClosed } from '../output.js';
import { SharedOutput, wholeLines } from './shared-output.js';

/** Bytes kept of what one of them says on standard error. */
export const MAX_SAID_BYTES = 64 * 1024;

/** Exit code of captures that cannot be read, of which the process itself has told. */
const EXIT_INPUT = 3;

/** Processes of ours that read some captures each, one after the other; their lines go to standard output whole. */
export class Readers {
  readonly #words: readonly string[];
  readonly #output = new SharedOutput();
  readonly #running = new Set<ChildProcess>();
  #stopped = false;

  /** @param words the command line of each, without the captures. */
  constructor(words: readonly string[]) {
    this.#words = words;
  }

  /** They were told to stop: none is started any more. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Tells all of them to stop. SIGINT: each still prints what it knows; SIGKILL: at once. */
  stop(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void {
    this.#stopped = true;
    for (const child of this.#running) child.kill(signal);
  }

  /** Reads captures to their end. What is wrong with them is told on standard error. @returns whether all were read. */
  async read(paths: readonly string[]): Promise<boolean> {
    const words = [...process.execArgv, process.argv[1]!, ...this.#words];
    const captures = paths.map((path) => `--read=${path}`);
    // In a group of its own: Ctrl-C reaches us alone, and we tell each once. A second one would end it at once.
    const child = spawn(process.execPath, [...words, ...captures], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#running.add(child);
    const ended = endOf(child);
    const said = gather(child.stderr);
    try {
      for await (const lines of wholeLines(child.stdout)) await this.#output.write(lines);
    } catch {
      // Its output broke off: how it ended is told below.
    }
    const problem = await ended;
    this.#running.delete(child);
    if (isOutputClosed()) return true;
    process.stderr.write(said());
    if (problem === null || this.#stopped) return true;
    if (problem !== '') process.stderr.write(`psyncscope: ${namesOf(paths)}: ${escapeText(problem)}\n`);
    return false;
  }
}

/** How it ended: null when all is well, '' when it told itself what was wrong, otherwise what nobody told yet. */
function endOf(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(`no process could be started: ${error.message}`));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(null);
      else if (code === EXIT_INPUT) resolve('');
      else resolve(`the process that was reading ended with ${signal ?? `exit code ${code}`}`);
    });
  });
}

/** The beginning of what a stream brings. */
function gather(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  let room = MAX_SAID_BYTES;
  stream.on('data', (chunk: Buffer) => {
    if (room > 0) chunks.push(chunk.subarray(0, room));
    room -= Math.min(room, chunk.length);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function namesOf(paths: readonly string[]): string {
  const [first = '', ...others] = paths;
  const last = others.at(-1);
  return last === undefined ? escapeText(first) : `${escapeText(first)} to ${escapeText(last)}`;
}
