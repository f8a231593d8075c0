import { closeSync, openSync, renameSync, statSync, unlinkSync } from 'node:fs';
import type { Session } from '../replication/model.js';
import type { StreamWatcher, TrafficObserver } from '../replication/observer.js';
import { AofWriter } from '../report/aof.js';
import { aofLines } from '../report/aof-text.js';
import { refuseSeveral } from './aof-links.js';
import { BufferedDescriptor } from './descriptor.js';
import { InputProblem } from './errors.js';
import { Failure } from './failure.js';
import { noteOutputClosed } from './output.js';
import type { CaptureSelection } from './selection.js';

/** Sessions of other links remembered to name them. */
const MOST_OTHERS = 100;

/** Where `replay --aof` writes: a file that appears when it is whole, or standard output as the commands come. */
export class AofOutput implements TrafficObserver {
  readonly #path: string;
  readonly #keepLink: CaptureSelection['filter']['keepLink'];
  readonly #temporary: string | null;
  readonly #descriptor: number;
  readonly #output: BufferedDescriptor;
  readonly #writer: AofWriter;
  #first: Session | null = null;
  readonly #others: Session[] = [];
  readonly #failure = new Failure();
  #done = false;

  /** @param path a file, or `-`. @throws InputProblem when it cannot be written. */
  constructor(path: string, keepLink: CaptureSelection['filter']['keepLink']) {
    this.#path = path;
    this.#keepLink = keepLink;
    // A device or a pipe is written to as it is.
    const stats = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false });
    const plain = path !== '-' && (stats === undefined || stats.isFile());
    this.#temporary = plain ? `${path}.${process.pid}.part` : null;
    this.#descriptor = path === '-' ? 1 : open(path, this.#temporary);
    this.#output = new BufferedDescriptor(this.#descriptor);
    this.#writer = new AofWriter((bytes) =>
      this.#failure.attempt(path, () => this.#output.write(bytes), undefined),
    );
  }

  get isStandardOutput(): boolean {
    return this.#path === '-';
  }

  stream(session: Session): StreamWatcher | null {
    if (session.channel === 'rdb') return null;
    let watcher: StreamWatcher | null | undefined;
    // Whether it is wanted shows with its link, which a connection that was joined mid-stream gets behind its first bytes.
    const wanted = (): StreamWatcher | null => {
      if (watcher === undefined) watcher = this.#isWanted(session) ? this.#writer.begin(session) : null;
      return watcher;
    };
    return {
      command: (command) => wanted()?.command(command),
      missing: (what, bytes) => wanted()?.missing(what, bytes),
    };
  }

  /** Lets out what was written so far. @throws InputProblem when it cannot be written. */
  flush(): void {
    this.#failure.attempt(this.#path, () => this.#output.flush(), undefined);
    this.#failure.check();
    if (this.#output.closed && this.#path === '-') noteOutputClosed();
  }

  /** The captures are read: the file gets its name. @throws UsageError when there were several links; InputProblem */
  finish(): void {
    refuseSeveral(this.#first === null || this.#others.length === 0 ? [] : this.#links());
    this.#writer.end();
    this.flush();
    for (const line of aofLines(this.#writer.facts)) process.stderr.write(`psyncscope: --aof: ${line}\n`);
    this.#close();
    const temporary = this.#temporary;
    if (temporary === null) return;
    this.#failure.attempt(this.#path, () => renameSync(temporary, this.#path), undefined);
    this.#failure.check();
  }

  /** Removes what is not finished. */
  close(): void {
    if (this.#done) return;
    this.#close();
    if (this.#temporary !== null) unlinkSync(this.#temporary);
  }

  #close(): void {
    this.#done = true;
    if (this.#path !== '-') closeSync(this.#descriptor);
  }

  #isWanted(session: Session): boolean {
    if (this.#keepLink !== undefined && !this.#keepLink(session.link)) return false;
    this.#first ??= session;
    if (this.#first.link === session.link) return this.#others.length === 0;
    if (this.#others.length < MOST_OTHERS) this.#others.push(session);
    return false;
  }

  #links(): { id: string }[] {
    return [...new Set([this.#first!, ...this.#others].map(({ link }) => link))];
  }
}

function open(path: string, temporary: string | null): number {
  try {
    return temporary === null ? openSync(path, 'w') : openSync(temporary, 'wx');
  } catch (error) {
    throw new InputProblem(`${path}: cannot be written: ${(error as Error).message}`);
  }
}
