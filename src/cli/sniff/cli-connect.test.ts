import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { analyze } from '../../index.js';
import type { SummaryDocument } from '../../report/document.js';
import { freePort, RedisServer, Tcpdump } from '../../testing/redis-server.js';
import { runCli, sleep, startCli, waitFor } from '../../testing/run-cli.js';
import { AT_REST, BUSY, caughtUp, latestSession, startSniff, write } from '../../testing/sniffing.js';

/** `sniff --connect`: captures that somebody hands over a TCP connection. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-connect-'));
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

const PCAP = 'fixtures/captures/backlog-overflow-redis-7.2.6.pcap.gz';
const PCAPNG = 'fixtures/captures/any-device-redis-6.2.5.pcapng.gz';
const servers: Server[] = [];

/** Serves each connection with the next of these; who comes later is refused. */
async function serve(each: readonly ((socket: Socket) => void)[], address = '127.0.0.1'): Promise<number> {
  let served = 0;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    each[served++]!(socket);
    if (served === each.length) server.close();
  });
  servers.push(server);
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  return port;
}

const sends =
  (...parts: readonly Uint8Array[]) =>
  (socket: Socket): void =>
    void socket.end(Buffer.concat(parts));

/** The links that are told of the file. */
async function linksOf(path: string): Promise<SummaryDocument['links']> {
  const { links } = await analyze(path);
  return JSON.parse(JSON.stringify(links));
}

/** Events, one a line; `replay` names no biggest keys. */
function eventsOf(lines: string): unknown[] {
  const parsed = lines.trimEnd().split('\n');
  return parsed.map((line) => JSON.parse(line, (key, value) => (key === 'biggestKeys' ? null : value)));
}

/** Runs to the end of what is served. */
async function sniff(port: number, ...args: string[]) {
  const path = join(folder, `${port}.json`);
  const result = await runCli(['sniff', '--connect', `127.0.0.1:${port}`, '--summary', path, ...args]);
  return { ...result, document: () => JSON.parse(readFileSync(path, 'utf8')) as SummaryDocument };
}

/** Places at which records begin, in a little-endian pcap. */
function records(pcap: Uint8Array): number[] {
  const view = new DataView(pcap.buffer, pcap.byteOffset, pcap.byteLength);
  const places = [];
  for (let at = 24; at < pcap.length; at += 16 + view.getUint32(at + 8, true)) places.push(at);
  return places;
}

/** A pcap in the other byte order, of the records from a place on. */
function bigEndian(pcap: Uint8Array, from: number): Uint8Array {
  const swapped = Buffer.concat([pcap.subarray(0, 24), pcap.subarray(from)]);
  swapped.subarray(0, 4).reverse();
  for (const at of [4, 6]) swapped.subarray(at, at + 2).reverse();
  for (const at of [8, 12, 16, 20]) swapped.subarray(at, at + 4).reverse();
  for (const at of records(Buffer.concat([pcap.subarray(0, 24), pcap.subarray(from)])))
    for (const field of [0, 4, 8, 12]) swapped.subarray(at + field, at + field + 4).reverse();
  return swapped;
}

describe.concurrent('a capture that is handed over', () => {
  const pcap = gunzipSync(readFileSync(PCAP));

  it.each([PCAP, PCAPNG])('%s: tells the same as the file', async (path) => {
    const port = await serve([sends(gunzipSync(readFileSync(path)))]);
    const { code, stdout, stderr, document } = await sniff(port, '--retries', '0', '--json');
    expect(stderr).toBe(`psyncscope: listening on 127.0.0.1:${port}, as packets are handed over there\n`);
    expect(code).toBe(0);
    expect(document().capture).toMatchObject({ sources: [`127.0.0.1:${port}`], complete: true });
    expect(document().links).toEqual(await linksOf(path));
    expect(eventsOf(stdout)).toEqual(eventsOf((await runCli(['replay', '--json', path])).stdout));
  });

  it('cut within a packet, and the rest in the other byte order: the same links', async () => {
    const places = records(pcap);
    const [cut, next] = [places[200]! + 30, places[200]!];
    const port = await serve([sends(pcap.subarray(0, cut)), sends(bigEndian(pcap, next))]);
    const { code, stderr, document } = await sniff(port, '--retries', '1');
    expect(document().links).toEqual(await linksOf(PCAP));
    expect(stderr).toContain(`127.0.0.1:${port}: the last record is cut short; connecting again\n`);
    expect(stderr).toMatch(/connected again after \d\S* s; what passed in between was not seen\n/);
    expect(stderr).toMatch(/the connection was lost 2 times and is not back: .* without one in all/);
    expect(stderr).toMatch(/cannot be reached: .*ECONNREFUSED.*; given up after one attempt to get back\n/);
    expect(code).toBe(3);
  });

  it('from its beginning again: bytes that came twice count once', async () => {
    const port = await serve([sends(pcap.subarray(0, 60_000)), sends(pcap)]);
    const { document } = await sniff(port, '--retries', '1');
    const [expected] = await linksOf(PCAP);
    const [link] = document().links;
    expect(link!.sessions.map(({ offsets, closedBy }) => ({ offsets, closedBy }))).toEqual(
      expected!.sessions.map(({ offsets, closedBy }) => ({ offsets, closedBy })),
    );
  });

  it('-p narrows it, -c ends it', async () => {
    const port = await serve([sends(pcap), sends(pcap)]);
    expect((await sniff(port, '-p', '7', '--retries', '0')).document().links).toEqual([]);
    expect((await sniff(port, '-c', '17')).document().capture.packets).toBe(17);
  });

  it('over IPv6', async () => {
    const port = await serve([sends(pcap)], '::1');
    const { stderr, code } = await runCli(['sniff', '--connect', `[::1]:${port}`, '--retries', '0', '-q']);
    expect(stderr).toContain(`listening on [::1]:${port},`);
    expect(code).toBe(0);
  });
});

it.concurrent('of another time: what is measured up to now is measured by its clock', async () => {
  const port = await serve([(socket) => void socket.write(gunzipSync(readFileSync(PCAP)))]);
  const metrics = await freePort();
  const args = ['--connect', `127.0.0.1:${port}`, '--stat', '200ms', '--metrics', `${metrics}`];
  const { child, ended, output } = await startSniff(args);
  await waitFor('a line', () => output().split('\n').length > 3);
  const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
  child.kill('SIGINT');
  expect(await ended).toBe(0);
  // Its last ACK but one was a second before its last packet.
  expect(Number(/^psyncscope_ack_age_seconds\{.*\} (\S+)$/m.exec(text)?.[1])).toBeLessThan(20);
  expect(text).toContain('\npsyncscope_capture_connected 1\n');
  expect(text).toContain('\npsyncscope_capture_connections_lost_total 0\n');
  // The time of the capture.
  expect(output()).toMatch(/^2026-11-21T04:4\d:\d\d.* online /m);
});

describe.concurrent('a live one', BUSY, () => {
  it('goes on when its server is started anew: offsets stay exact', async () => {
    const port = await freePort();
    const master = new RedisServer(port, folder, AT_REST);
    const replica = new RedisServer(await freePort(), folder, [
      ...AT_REST,
      '--replicaof',
      `127.0.0.1 ${port}`,
    ]);
    const dumps = [await Tcpdump.start('-', [port])];
    const pass = (socket: Socket): void => void dumps.at(-1)!.output.pipe(socket);
    const from = await serve([pass, pass]);
    const sniff = await startSniff(['--connect', `127.0.0.1:${from}`]);
    try {
      await master.start();
      await replica.start();
      await caughtUp(master, replica);
      await waitFor('the sync', () => sniff.output().includes('online'));
      const [first] = dumps;
      dumps.push(await Tcpdump.start('-', [port]));
      await first!.stop();
      await waitFor('the word', () =>
        sniff.errors().includes(': the other end closed the connection; connecting'),
      );
      await write(master, 40);
      await waitFor('the other word', () => sniff.errors().includes('connected again'));
      const offset = await caughtUp(master, replica);
      await sleep(1500);
      sniff.child.kill('SIGINT');
      expect(await sniff.ended).toBe(0);
      expect(latestSession(sniff.summary())).toMatchObject({
        offsets: { basis: 'handshake', end: offset, lastAck: offset },
        stream: { byCommand: { SET: 40 } },
      });
    } finally {
      sniff.child.kill('SIGKILL');
      for (const dump of dumps) await dump.stop();
      await replica.stop('SIGKILL');
      await master.stop('SIGKILL');
    }
  });
});

describe.concurrent('what is wrong', () => {
  it.each([
    [
      'rubbish',
      sends(Buffer.from('HTTP/1.1 400 Bad Request\r\n')),
      /not a capture file: it begins with "HTTP\/1\.1 400 Bad"/,
    ],
    ['nothing', sends(), /closed the connection before it sent anything/],
    [
      'a beginning that ends',
      sends(Buffer.from('d4c3b2a1020004', 'hex')),
      /cut short within its file header/,
    ],
  ])('%s at first', async (_, connection, text) => {
    const { code, stderr } = await sniff(await serve([connection]), '--retries', '5');
    expect(stderr).toMatch(new RegExp(`^psyncscope: 127.0.0.1:\\d+: ${text.source}.*\n$`));
    expect(code).toBe(3);
  });

  it('nobody there', async () => {
    const port = await freePort();
    const { code, stderr } = await sniff(port);
    expect(stderr).toMatch(
      new RegExp(
        `^psyncscope: 127.0.0.1:${port}: cannot be reached: .*ECONNREFUSED.*\n {2}→ .*nc -l ${port}\n$`,
      ),
    );
    expect(code).toBe(3);
  });

  it('silence is said once, and is no end', async () => {
    const port = await serve([() => {}]);
    const child = startCli(['sniff', '--connect', `127.0.0.1:${port}`]);
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    await waitFor('the word', () => errors !== '');
    expect(errors).toMatch(/connected, but nothing has come yet\n {2}→ .*-U/);
    const ended = new Promise((resolve) => child.on('close', resolve));
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  });

  it('a stop between two connections is no error', async () => {
    const port = await serve([sends(gunzipSync(readFileSync(PCAP)))]);
    const { errors, child, ended, output } = await startSniff(['--connect', `127.0.0.1:${port}`]);
    await waitFor('the word', () => errors().includes('connecting again'));
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(output()).toContain('ACK interval');
    expect(errors()).toMatch(/the connection was lost 1 time and is not back: .* without one in all\n$/);
  });
});
