import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './redis-server.js';
import { closed, collect, waitFor } from './run-cli.js';

/** A real Sentinel that watches a master with its replicas, and fails over within seconds. */
export class Sentinel {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** Resolves when it has found `replicas` of them. */
  static async start(folder: string, masterPort: number, replicas = 2): Promise<Sentinel> {
    const port = await freePort();
    const path = join(folder, `sentinel-${port}.conf`);
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `sentinel monitor play 127.0.0.1 ${masterPort} 1`,
      'sentinel down-after-milliseconds play 700',
      'sentinel failover-timeout play 4000',
    ];
    writeFileSync(path, `${lines.join('\n')}\n`);
    const child = spawn('redis-server', [path, '--sentinel'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const output = collect(child.stdout!);
    const found = (): boolean => output().split('+slave slave').length > replicas;
    await waitFor('the Sentinel to find its replicas', found, 20_000);
    return new Sentinel(child);
  }

  async stop(): Promise<void> {
    const ended = closed(this.#process);
    this.#process.kill('SIGTERM');
    await ended;
  }
}
