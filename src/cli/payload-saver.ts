import { closeSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Payload, Session } from '../replication/model.js';
import { isoMicros } from '../report/time.js';
import { BufferedDescriptor } from './descriptor.js';

/** Characters of an endpoint in a file name: a replica announces what it likes. */
const ENDPOINT_CHARACTERS = 64;
/** Payloads of one name and microsecond; beyond it something else is wrong. */
const MOST_COPIES = 10_000;

/** Writes payloads to files of a folder while they pass; methods throw what writing throws. Each has a temporary name until its last byte is there. */
export class PayloadSaver {
  readonly #folder: string;
  readonly #open = new Set<SavedPayload>();
  #count = 0;

  /** @throws when the folder cannot be made. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** A payload begins. @throws when no file can be made. */
  begin(): SavedPayload {
    const temporary = join(this.#folder, `.psyncscope-${process.pid}-${++this.#count}.part`);
    const saved = new SavedPayload(this.#folder, temporary, () => this.#open.delete(saved));
    this.#open.add(saved);
    return saved;
  }

  /** Removes what is not finished. */
  close(): void {
    for (const saved of [...this.#open]) saved.discard();
  }
}

export class SavedPayload {
  readonly #folder: string;
  readonly #temporary: string;
  readonly #descriptor: number;
  readonly #output: BufferedDescriptor;
  readonly #done: () => void;

  constructor(folder: string, temporary: string, done: () => void) {
    this.#folder = folder;
    this.#temporary = temporary;
    this.#done = done;
    this.#descriptor = openSync(temporary, 'wx');
    this.#output = new BufferedDescriptor(this.#descriptor);
  }

  write(bytes: Uint8Array): void {
    this.#output.write(bytes);
  }

  /** All bytes are there. @returns the path, one that did not exist. */
  finish(session: Session, payload: Payload): string {
    this.#output.flush();
    const path = reserve(this.#folder, fileStem(session, payload));
    renameSync(this.#temporary, path);
    closeSync(this.#descriptor);
    this.#done();
    return path;
  }

  /** Nothing usable came of it. */
  discard(): void {
    this.#done();
    closeSync(this.#descriptor);
    rmSync(this.#temporary, { force: true });
  }
}

/** `10.0.0.1_6379-10.0.0.2_6379-1-20261121T043942.523852Z`: nothing but letters, digits, dots, underscores and dashes. */
export function fileStem(session: Session, payload: Payload): string {
  const { master, replica } = session.link;
  const time = isoMicros(payload.startedAt ?? payload.finishedAt ?? session.firstSeenAt);
  return `${safeName(master)}-${safeName(replica)}-${session.number}-${time.replace(/[-:]/g, '')}`;
}

function safeName(endpoint: string): string {
  return endpoint
    .replace(/[[\]]/g, '')
    .slice(0, ENDPOINT_CHARACTERS)
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^[.-]/, '_');
}

/** Makes an empty file of that name, or the first of `-2`, `-3` … that is free: nobody else gets it then. */
function reserve(folder: string, stem: string): string {
  for (let copy = 1; ; copy++) {
    const path = join(folder, `${stem}${copy === 1 ? '' : `-${copy}`}.rdb`);
    try {
      closeSync(openSync(path, 'wx'));
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || copy === MOST_COPIES) throw error;
    }
  }
}
