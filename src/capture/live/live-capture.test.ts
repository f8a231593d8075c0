import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { collect, waitFor } from '../../testing/run-cli.js';
import type { LiveBackend } from './backend.js';
import { chooseBackend, usableBackends } from './choose-backend.js';
import { startCapture } from './live-capture.js';
import type { LiveCapture } from './types.js';

// Real programs on the real loopback: where this user may not capture there is nothing to test.

const CAP_PROGRAM = ['--import', 'tsx', fileURLToPath(new URL('./cap-child.ts', import.meta.url))];
const USABLE = await usableBackends('lo', { capProgram: CAP_PROGRAM });
const BACKENDS = await Promise.all(
  USABLE.map((name) => chooseBackend(name, 'lo', { capProgram: CAP_PROGRAM })),
);
const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups'];

/** The same backend behind a program that runs it somehow. */
function behind(prefix: readonly string[], backend: LiveBackend): LiveBackend {
  const [file = '', ...args] = prefix;
  return {
    ...backend,
    file,
    captureArguments: (options) => [...args, backend.file, ...backend.captureArguments(options)],
  };
}

/** A TCP server that swallows what it gets. */
async function listen(): Promise<{ server: net.Server; port: number; received: () => number }> {
  let received = 0;
  const server = net.createServer((socket) => {
    socket.on('data', (chunk) => {
      received += chunk.length;
    });
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as net.AddressInfo).port, received: () => received };
}

/** Bytes sent in a connection at most. */
const MOST = 1_000_000;

class Recorder {
  /** Packets that are a SYN towards the port. */
  syns = 0;
  packets = 0;
  readonly times: number[] = [];
  readonly #port: number;
  /** One byte for each of the payload, set when it was seen: some are sent twice. */
  readonly #seen = new Uint8Array(MOST);
  #firstSequence = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** Bytes of TCP payload towards the port, of the latest connection. */
  get payload(): number {
    return this.#seen.reduce((sum, seen) => sum + seen, 0);
  }

  readonly onPackets: Parameters<typeof startCapture>[2]['onPackets'] = (batch, from, to) => {
    const view = new DataView(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.byteLength);
    for (let i = from; i < to; i++) {
      this.packets++;
      this.times.push(batch.time[i]!);
      expect(batch.linkType[i]).toBe(1);
      const ip = batch.start[i]! + 14;
      const tcp = ip + (view.getUint8(ip) & 15) * 4;
      if (view.getUint16(tcp + 2) !== this.#port) continue;
      const sequence = view.getUint32(tcp + 4);
      if ((view.getUint8(tcp + 13) & 2) !== 0) {
        this.syns++;
        this.#firstSequence = sequence + 1;
      }
      const at = (sequence - this.#firstSequence) >>> 0;
      const headers = tcp - batch.start[i]! + (view.getUint8(tcp + 12) >> 4) * 4;
      this.#seen.fill(1, at, at + batch.originalLength[i]! - headers);
    }
  };
}

/** Pids of the children of a process. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
}

function isRunning(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
}

/** Starts a capture of a server's port; `pid` is the child. */
function start(
  backend: LiveBackend,
  port: number,
  options: Partial<Parameters<typeof startCapture>[1]> = {},
) {
  const recorder = new Recorder(port);
  const before = childrenOf(process.pid);
  const all = { interface: 'lo', filter: `tcp port ${port}`, ...options };
  const capture = startCapture(backend, all, { onPackets: recorder.onPackets });
  const pid = childrenOf(process.pid).find((child) => !before.includes(child))!;
  return { recorder, capture, pid };
}

async function send(port: number, bytes: number): Promise<void> {
  const socket = net.connect(port, '127.0.0.1');
  socket.end(Buffer.alloc(bytes));
  socket.resume();
  await once(socket, 'close');
}

async function endOf(capture: LiveCapture) {
  return { ready: await capture.ready, ...(await capture.ended) };
}

if (process.env.CI)
  it('is tested with every backend', () => {
    expect(USABLE).toEqual(['dumpcap', 'tcpdump', 'cap']);
  });

/** On a machine that is busy with something else the kernel may drop a packet of the burst. */
const BUSY = { retry: 2 };

describe.each(BACKENDS)('$name', BUSY, (backend) => {
  const { name } = backend;

  it('has the first packet after it is ready, all until it is stopped, and their times', async () => {
    const { server, port, received } = await listen();
    for (let round = 0; round < 3; round++) {
      const { recorder, capture, pid } = start(backend, port);
      expect(await capture.ready).toBe(true);
      const from = Date.now() * 1000;
      const already = received();
      await send(port, MOST);
      await waitFor('the server to have all', () => received() === already + MOST);
      const end = await capture.stop();
      const to = (Date.now() + 1) * 1000;
      expect(end.problem).toBeNull();
      expect(end.drops).toEqual(
        name === 'cap' ? { kernel: null, interface: null } : { kernel: 0, interface: 0 },
      );
      expect(recorder.syns).toBe(1);
      expect(recorder.payload).toBe(MOST);
      expect(Math.min(...recorder.times)).toBeGreaterThanOrEqual(from);
      expect(Math.max(...recorder.times)).toBeLessThanOrEqual(to);
      expect(capture.facts).toMatchObject({ source: 'lo', format: 'live', linkTypes: [1], problem: null });
      expect(isRunning(pid)).toBe(false);
    }
    server.close();
  });

  it('tells that its child was killed, after what came before', async () => {
    const { server, port } = await listen();
    const { recorder, capture, pid } = start(backend, port);
    await capture.ready;
    await send(port, 1000);
    await waitFor('the packets', () => recorder.payload === 1000);
    process.kill(pid, 'SIGKILL');
    const end = await capture.ended;
    expect(end.problem).toMatchObject({ kind: 'child-died', message: `${name} was ended by SIGKILL` });
    expect(capture.facts.problem).not.toBeNull();
    server.close();
  });

  if (name === 'tcpdump')
    it('tells drops while it captures', async () => {
      const { capture } = start(backend, 1);
      await capture.ready;
      expect(capture.drops.kernel).toBeNull();
      await waitFor('the counts', () => capture.drops.kernel !== null, 3000);
      expect(capture.drops).toEqual({ kernel: 0, interface: 0 });
      expect(capture.facts.kernelDrops).toBe(0);
      expect((await capture.stop()).problem).toBeNull();
    });

  it('ends at once when nobody wants more', async () => {
    const { server, port } = await listen();
    let batches = 0;
    const capture = startCapture(
      backend,
      { interface: 'lo', filter: `tcp port ${port}` },
      {
        onPackets: () => {
          batches++;
          return false;
        },
      },
    );
    await capture.ready;
    await send(port, 1000);
    expect((await capture.ended).problem).toBeNull();
    expect(batches).toBe(1);
    server.close();
  });

  it('lets an error of who takes packets through, and leaves no child', async () => {
    const { server, port } = await listen();
    const before = childrenOf(process.pid);
    const throwing = startCapture(
      backend,
      { interface: 'lo', filter: `tcp port ${port}` },
      {
        onPackets: () => {
          throw new Error('mine');
        },
      },
    );
    const child = childrenOf(process.pid).find((one) => !before.includes(one))!;
    const ended = expect(throwing.ended).rejects.toThrow('mine');
    await throwing.ready;
    await send(port, 10);
    await ended;
    expect(isRunning(child)).toBe(false);
    server.close();
  });

  it('says what is wrong with a filter', async () => {
    const end = await endOf(start(backend, 1, { filter: 'tcp prt 6379' }).capture);
    expect(end).toMatchObject({ ready: false, problem: { kind: 'bad-filter' } });
    expect(end.problem?.message).toMatch(/^the filter tcp prt 6379 cannot be used: .*syntax error$/);
  });

  it('says which interfaces there are', async () => {
    const end = await endOf(start(backend, 1, { interface: 'nosuch0' }).capture);
    expect(end).toMatchObject({ ready: false, problem: { kind: 'no-such-interface' } });
    expect(end.problem?.message).toMatch(/^there is no interface nosuch0; there are .*\blo\b/);
  });

  it('says what gives the permission', async () => {
    const denied = behind(['/usr/bin/setpriv', ...NOBODY], backend);
    const end = await endOf(start(denied, 1).capture);
    expect(end).toMatchObject({ ready: false, problem: { kind: 'no-permission' } });
    expect(end.problem?.message).toBe(`this user may not capture on lo with ${name}`);
    expect(end.problem?.remedies.join('\n')).toContain(
      `sudo setcap cap_net_raw,cap_net_admin=eip $(readlink -f ${backend.file})`,
    );
  });

  it('leaves no child when this program is killed, though there is no traffic', async () => {
    const code = `
      import { startCapture } from './src/capture/live/live-capture.ts';
      import { chooseBackend } from './src/capture/live/choose-backend.ts';
      const backend = await chooseBackend('${name}', 'lo', { capProgram: ${JSON.stringify(CAP_PROGRAM)} });
      const capture = startCapture(backend, { interface: 'lo', filter: 'tcp port 1' }, { onPackets: () => {} });
      await capture.ready;
      console.log('ready');`;
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code]);
    onTestFinished(() => void parent.kill('SIGKILL'));
    const output = collect(parent.stdout);
    await waitFor('the capture', () => output().includes('ready'));
    const [child] = childrenOf(parent.pid!).filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('tcp port 1'),
    );
    expect(isRunning(child!)).toBe(true);
    parent.kill('SIGKILL');
    await waitFor('its end', () => !isRunning(child!));
  });

  it.runIf(process.platform === 'linux')('tells that the interface went down, and away', async () => {
    const code = `
      import { execFileSync } from 'node:child_process';
      import { startCapture } from './src/capture/live/live-capture.ts';
      import { chooseBackend } from './src/capture/live/choose-backend.ts';
      const backend = await chooseBackend('${name}', 'va', { capProgram: ${JSON.stringify(CAP_PROGRAM)} });
      const told = [];
      const onTrouble = (problem) => told.push(problem?.kind ?? null);
      const capture = startCapture(backend, { interface: 'va', filter: '' }, { onPackets: () => {}, onTrouble });
      await capture.ready;
      let isOver = false;
      capture.ended.then(() => { isOver = true; });
      const wait = async (count) => {
        for (let i = 0; i < 60 && told.length < count && !isOver; i++) await new Promise((go) => setTimeout(go, 50));
      };
      execFileSync('ip', ['link', 'set', 'va', 'down']);
      await wait(1);
      execFileSync('ip', ['link', 'set', 'va', 'up']);
      await wait(2);
      execFileSync('ip', ['link', 'del', 'va']);
      console.log(JSON.stringify({ told, end: await capture.ended }));`;
    const namespace = `psl${process.pid}`;
    const shell = `
      ip netns add ${namespace} || exit 77
      trap 'ip netns del ${namespace}' EXIT
      ip -n ${namespace} link add va type veth peer name vb
      ip -n ${namespace} link set va up
      ip -n ${namespace} link set vb up
      timeout -k 1 20 ip netns exec ${namespace} "$0" --import tsx --input-type=module -e "$1"`;
    const child = spawn('/bin/sh', ['-c', shell, process.execPath, code]);
    const output = collect(child.stdout);
    const [exitCode] = await once(child, 'close');
    // No namespaces here.
    if (exitCode === 77) return;
    const { told, end } = JSON.parse(output());
    expect(end.problem).toMatchObject({ kind: 'interface-down' });
    expect(end.problem.message).toMatch(/^the interface va went away/);
    // The addon does not live through the first of it.
    if (name !== 'cap') expect(told).toEqual(['interface-down', null]);
  });
});
