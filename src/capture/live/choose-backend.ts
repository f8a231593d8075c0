import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LocalBackend } from './backend.js';
import { childDied, noBackend, notExecutable } from './problems.js';
import { cap, dumpcap, tcpdump } from './programs.js';
import { type BackendName, LiveError, type LiveProblem } from './types.js';

/** `auto`: dumpcap or tcpdump where this user may capture with one, else cap. */
export type CaptureWith = 'auto' | BackendName;

/** Where tcpdump is on Debian before 12, on RHEL and on macOS; a user's PATH often leaves it out. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin', '/usr/local/sbin'];

/** A probe opens an interface and ends; it takes some 50 ms, node's start included. */
const PROBE_LIMIT = 5000;

const PROBE_OUTPUT_BYTES = 64 * 1024;

/** dumpcap first: it hands packets over within 250 ms, tcpdump within a second. */
const PROGRAMS = { dumpcap, tcpdump };

export interface FindOptions {
  /** As the environment's PATH; that unless told. */
  readonly path?: string | undefined;
  /** Arguments for node that run cap-child; the built one beside this file unless told. */
  readonly capProgram?: readonly string[] | undefined;
}

/**
 * Finds what captures on an interface.
 * @throws LiveError when the one asked for is not there or may not be run, or when with `auto` none can capture.
 */
export async function chooseBackend(
  wanted: CaptureWith,
  interfaceName: string,
  options: FindOptions = {},
): Promise<LocalBackend> {
  if (wanted !== 'auto') return find(wanted, options);
  let denied: LiveProblem | null = null;
  for (const name of ['dumpcap', 'tcpdump', 'cap'] as const) {
    const found = tryFind(name, options);
    const problem = 'kind' in found ? found : await probe(found, interfaceName);
    // What is wrong with the interface is the same for all, and is said best by the capture itself.
    if (!('kind' in found) && !isOfBackend(problem)) return found;
    if (problem?.kind !== 'no-backend') denied ??= problem;
  }
  throw new LiveError(denied ?? noBackend(null));
}

/** The backends with which this user may capture on an interface. */
export async function usableBackends(
  interfaceName: string,
  options: FindOptions = {},
): Promise<BackendName[]> {
  const usable: BackendName[] = [];
  for (const name of ['dumpcap', 'tcpdump', 'cap'] as const) {
    const found = tryFind(name, options);
    if (!('kind' in found) && (await probe(found, interfaceName)) === null) usable.push(name);
  }
  return usable;
}

/** Tries to open the interface. @returns why it cannot be captured on; null when it can. */
export function probe(backend: LocalBackend, interfaceName: string): Promise<LiveProblem | null> {
  const options = {
    timeout: PROBE_LIMIT,
    maxBuffer: PROBE_OUTPUT_BYTES,
    env: { ...process.env, LC_ALL: 'C' },
  };
  return new Promise((resolve) => {
    execFile(backend.file, backend.probeArguments(interfaceName), options, (error, _stdout, stderr) => {
      if (error === null) return resolve(null);
      const complaints = stderr.replace(/^\w+: /gm, '');
      const how = typeof error.code === 'number' ? `ended with exit code ${error.code}` : 'cannot be run';
      resolve(
        backend.explain(complaints, { interface: interfaceName, filter: '' }) ??
          childDied(backend.name, how, complaints || error.message, false),
      );
    });
  });
}

/** True when another backend may do better. */
function isOfBackend(problem: LiveProblem | null): boolean {
  return problem !== null && problem.kind !== 'no-such-interface' && problem.kind !== 'interface-down';
}

function find(name: BackendName, options: FindOptions): LocalBackend {
  const found = tryFind(name, options);
  if ('kind' in found) throw new LiveError(found);
  return found;
}

function tryFind(name: BackendName, options: FindOptions): LocalBackend | LiveProblem {
  if (name === 'cap')
    return cap(options.capProgram ?? [fileURLToPath(new URL('./cap-child.js', import.meta.url))]);
  let refused: string | null = null;
  for (const folder of [...(options.path ?? process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS]) {
    const file = join(folder, name);
    if (folder === '' || !isFile(file)) continue;
    if (mayRun(file)) return PROGRAMS[name](file);
    refused ??= file;
  }
  return refused === null ? noBackend(name) : notExecutable(name, refused);
}

/** False as well where it cannot be told: a folder that may not be read, a PATH with a file in it. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function mayRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
