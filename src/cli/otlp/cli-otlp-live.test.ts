import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseMicros } from '../../report/time.js';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../../testing/otlp-receiver.js';
import { freePort, RedisServer } from '../../testing/redis-server.js';
import { runCli, waitFor } from '../../testing/run-cli.js';
import { AT_REST, BUSY, caughtUp, latestSession, startSniff, write } from '../../testing/sniffing.js';

/** `sniff --otlp` on real servers, as they replicate. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-otlp-live-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let master: RedisServer;
let replica: RedisServer;

beforeEach(async () => {
  const port = await freePort();
  master = new RedisServer(port, folder, AT_REST);
  replica = new RedisServer(await freePort(), folder, [...AT_REST, '--replicaof', `127.0.0.1 ${port}`]);
  await master.start();
});

afterEach(async () => {
  await replica.stop('SIGKILL');
  await master.stop('SIGKILL');
});

const argsFor = (url: string): string[] => ['-i', 'lo', '-p', `${master.port}`, '-q', '--otlp', url];

describe('sniff --otlp', BUSY, () => {
  let receiver: OtlpReceiver;
  beforeEach(async () => {
    receiver = await startOtlpReceiver();
  });
  afterEach(() => receiver.close());

  it('sends spans as they end, metrics as it goes, and what is left at the end', async () => {
    process.env.OTEL_METRIC_EXPORT_INTERVAL = '300';
    const recorded = join(folder, 'recorded.pcap');
    const sniffing = await startSniff([...argsFor(receiver.url), '-w', recorded]).finally(() => {
      delete process.env.OTEL_METRIC_EXPORT_INTERVAL;
    });
    await replica.start();
    await write(master, 20);
    const offset = await caughtUp(master, replica);
    const names = (): string[] => receiver.spans.map(({ name }) => name).sort();
    await waitFor('the phases that are over', () => names().includes('load'));
    expect(names()).toEqual(['decision', 'handshake', 'load', 'payload', 'wait']);
    await waitFor('the offsets', () =>
      receiver.points.some(({ name, value }) => name === 'psyncscope.slave_repl_offset' && value === offset),
    );

    await replica.stop('SIGKILL');
    await waitFor('the root', () => names().includes('replication sync'));
    const sent = receiver.spans.length;
    expect(sent).toBe(7);
    sniffing.child.kill('SIGINT');
    expect(await sniffing.ended).toBe(0);
    expect(receiver.spans).toHaveLength(sent);
    expect(sniffing.errors()).not.toContain('--otlp');

    const session = latestSession(sniffing.summary());
    const [sync] = session.syncs;
    const nanos = (iso: string): string => `${BigInt(parseMicros(iso)) * 1000n}`;
    const timesOf = (wanted: string): string[] => {
      const { startTimeUnixNano, endTimeUnixNano } = receiver.spans.find(({ name }) => name === wanted)!;
      return [startTimeUnixNano, endTimeUnixNano];
    };
    expect(timesOf('decision')).toEqual([nanos(sync!.requestedAt), nanos(sync!.decidedAt!)]);
    expect(timesOf('payload')).toEqual([
      nanos(session.payload!.startedAt!),
      nanos(session.payload!.finishedAt!),
    ]);
    expect(timesOf('online')).toEqual([nanos(session.onlineAt!), nanos(session.closedAt!)]);
    expect(timesOf('replication sync')).toEqual([nanos(session.openedAt!), nanos(session.closedAt!)]);
    const root = receiver.spans.find(({ parentSpanId }) => parentSpanId === '')!;
    for (const span of receiver.spans) {
      expect(span.traceId).toBe(root.traceId);
      expect(span.parentSpanId).toBe(span === root ? '' : root.spanId);
    }

    // The file that was written beside has the same spans.
    const live = receiver.spans.splice(0);
    expect((await runCli(['summary', '--otlp', receiver.url, recorded])).code).toBe(0);
    const inOrder = (spans: readonly ReceivedSpan[]): ReceivedSpan[] =>
      spans.toSorted((a, b) => (a.spanId < b.spanId ? -1 : 1));
    expect(inOrder(receiver.spans)).toEqual(inOrder(live));
  });
});

describe('a collector that takes connections and never answers', BUSY, () => {
  let silent: Server;
  beforeEach(async () => {
    silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    silent.closeAllConnections();
    silent.close();
  });

  it('keeps nothing from being captured, is told of once, and is not waited for without end', async () => {
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    process.env.OTEL_EXPORTER_OTLP_TIMEOUT = '500';
    const sniffing = await startSniff(argsFor(url)).finally(() => {
      delete process.env.OTEL_EXPORTER_OTLP_TIMEOUT;
    });
    await replica.start();
    await write(master, 20);
    await waitFor('the complaint', () => sniffing.errors().includes('--otlp'));
    const offset = await caughtUp(master, replica);
    const before = Date.now();
    sniffing.child.kill('SIGINT');
    expect(await sniffing.ended).toBe(0);
    expect(Date.now() - before).toBeLessThan(6000);
    const lines = sniffing
      .errors()
      .split('\n')
      .filter((line) => line.includes('--otlp'));
    expect(lines).toEqual([
      `psyncscope: --otlp ${url}: Request timed out`,
      expect.stringMatching(/^psyncscope: --otlp: 7 spans of 7 not sent$/) as unknown,
    ]);
    const session = latestSession(sniffing.summary());
    expect(session.offsets.end).toBeGreaterThanOrEqual(offset);
    expect(session.payload!.complete).toBe(true);
  });
});
