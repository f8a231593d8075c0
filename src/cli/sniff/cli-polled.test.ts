import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort, RedisServer } from '../../testing/redis-server.js';
import { sleep } from '../../testing/run-cli.js';
import { AT_REST, BACKENDS, BUSY, caughtUp, startSniff, write } from '../../testing/sniffing.js';

/** While writes go on, both servers are asked for INFO again and again: at every moment what is seen must be what they say. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-polled-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const POLLS = 25;
const POLL_MS = 150;

/**
 * How much later than the server did it a packet may be seen, ms. A server answers INFO and writes its streams at the end of the same
 * turn of its loop; the cap package has a packet's time only when it hands it over.
 */
const LATENESS_MS = { dumpcap: 60, tcpdump: 60, cap: 1200 };

let master: RedisServer;
let replica: RedisServer;

beforeEach(async () => {
  const port = await freePort();
  master = new RedisServer(port, folder, AT_REST);
  replica = new RedisServer(await freePort(), folder, [...AT_REST, '--replicaof', `127.0.0.1 ${port}`]);
});

afterEach(async () => {
  await replica.stop('SIGKILL');
  await master.stop('SIGKILL');
});

/** What both servers said between two moments, ms since the epoch. */
interface Poll {
  readonly from: number;
  readonly to: number;
  readonly written: number;
  /** What the master knows to be acknowledged, and what the replica has applied. */
  readonly acknowledged: number;
  readonly applied: number;
}

async function poll(): Promise<Poll> {
  const from = Date.now();
  const [ofMaster, ofReplica] = await Promise.all([master.replication(), replica.replication()]);
  return {
    from,
    to: Date.now(),
    written: Number(ofMaster.master_repl_offset),
    acknowledged: Number(/offset=(\d+)/.exec(ofMaster.slave0!)![1]),
    applied: Number(ofReplica.slave_repl_offset),
  };
}

/** Offsets in the order in which they were reached, each with its time, ms. */
class Course {
  readonly #steps: { at: number; offset: number }[] = [];

  add(at: number, offset: number): void {
    this.#steps.push({ at, offset });
  }

  get offsets(): Set<number> {
    return new Set(this.#steps.map(({ offset }) => offset));
  }

  /** The last one until then. */
  at(time: number): number {
    return this.#steps.filter(({ at }) => at <= time).at(-1)?.offset ?? 0;
  }
}

describe.each(BACKENDS)('through %s', BUSY, (backend) => {
  it('offsets are those of INFO to the byte, and the lag is, within one ACK', async () => {
    await master.start();
    const { child, output, errors, ended } = await startSniff([
      ...['-i', 'lo', '-p', `${master.port}`, '--capture-with', backend],
      ...['--json', '--commands', '--acks'],
    ]);
    expect(errors()).toContain(`capturing with ${backend === 'cap' ? 'the npm package cap' : backend}`);
    await replica.start();
    await caughtUp(master, replica);
    // What is written before the replica's first ACK is kept back by the master, though its offset has moved (repl_put_online_on_ack).
    await write(master, 1, 'first');
    await caughtUp(master, replica);
    const polls: Poll[] = [];
    for (let i = 0; i < POLLS; i++) {
      await write(master, 7, `poll${i}`);
      await sleep(POLL_MS);
      polls.push(await poll());
    }
    await sleep(1500);
    child.kill('SIGINT');
    expect(await ended).toBe(0);

    const written = new Course();
    const acknowledged = new Course();
    const events = output().trim().split('\n');
    for (const line of events) {
      const { event, time, offset, from, lagBytes } = JSON.parse(line);
      const at = Date.parse(time);
      if (event === 'stream.command' && from === 'master') written.add(at, offset);
      if (event !== 'ack') continue;
      acknowledged.add(at, offset);
      // Right behind an ACK the lag is what was sent and is not in it.
      expect(lagBytes).toBe(written.at(at) - offset);
    }
    const late = LATENESS_MS[backend];
    for (const { from, to, ...info } of polls) {
      // To the byte: it is an offset that was seen to be reached, and neither earlier nor later than INFO says so.
      expect(written.offsets).toContain(info.written);
      expect(written.at(to + late)).toBeGreaterThanOrEqual(info.written);
      expect(written.at(from - late)).toBeLessThanOrEqual(info.written);
      expect(acknowledged.offsets).toContain(info.acknowledged);
      expect(acknowledged.at(to + late)).toBeGreaterThanOrEqual(info.acknowledged);
      expect(acknowledged.at(from - late)).toBeLessThanOrEqual(info.acknowledged);
      expect(info.applied).toBeGreaterThanOrEqual(acknowledged.at(from - late));
      expect(info.applied).toBeLessThanOrEqual(written.at(to + late));
    }
    // It has been somewhere in between: the replica speaks once a second, and writes come more often.
    const lags = polls.map((one) => one.written - one.acknowledged);
    expect(Math.max(...lags)).toBeGreaterThan(0);
    expect(new Set(polls.map((one) => one.written)).size).toBe(POLLS);
  });
});
