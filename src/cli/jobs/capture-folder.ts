import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputProblem } from '../errors.js';

/** Names of captures: those of rotated ones as well (`cap.pcap12`, `cap.pcap3.gz`). */
const CAPTURE_NAME = /^[^.].*\.(?:pcap|pcapng|cap|dmp)\d*(?:\.gz)?$/i;

/** `cap.pcap9` comes before `cap.pcap10`. */
const byNumber = new Intl.Collator('en', { numeric: true });

/**
 * Paths in which each folder is replaced by the captures that lie right in it, in the order of their names; each path once.
 * What is not there stays: who opens it tells so.
 * @throws InputProblem for a folder that cannot be read or holds no capture.
 */
export function expandFolders(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap((path) => (isFolder(path) ? capturesIn(path) : [path])))];
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function capturesIn(folder: string): string[] {
  const names = entriesOf(folder)
    .filter((entry) => !entry.isDirectory() && CAPTURE_NAME.test(entry.name))
    .map(({ name }) => name);
  if (names.length === 0)
    throw new InputProblem(`${folder}: no capture lies in it (names that end in .pcap, .pcapng or .cap)`);
  return names.sort(byNumber.compare).map((name) => join(folder, name));
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw new InputProblem(`${folder}: ${(error as Error).message}`);
  }
}
