import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collect } from '../../testing/run-cli.js';
import { chooseBackend, usableBackends } from './choose-backend.js';
import { chooseInterface, listInterfaces } from './interfaces.js';

const LINUX = process.platform === 'linux';
/** The addon is tested with the captures; its probe starts a node. */
const WITHOUT_CAP = { capProgram: ['-e', 'process.exit(1)'] };

describe.runIf(LINUX)('the interface', () => {
  it('is found by its name, and by an address it carries, however that is written', async () => {
    expect(await chooseInterface('lo', [])).toBe('lo');
    expect(await chooseInterface('any', [])).toBe('any');
    expect(await chooseInterface('127.0.0.1', [])).toBe('lo');
    if (networkInterfaces().lo?.some(({ family }) => family === 'IPv6'))
      expect(await chooseInterface('[0:0:0:0:0:0:0:1%lo]', [])).toBe('lo');
  });

  it('is an error with the names there are when it is none', async () => {
    const error = await chooseInterface('wlan7', []).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'LiveError', problem: { kind: 'no-such-interface' } });
    expect((error as Error).message).toMatch(
      /^there is no interface wlan7; there are .*\blo, any$|, lo.*, any$/,
    );
    await expect(chooseInterface('192.0.2.77', [])).rejects.toThrow('there is no interface 192.0.2.77');
    await expect(chooseInterface('../../x', [])).rejects.toThrow('there is no interface');
  });

  it('is the loopback when one of the ports is listened on, whatever its family', async () => {
    for (const host of ['127.0.0.1', '::']) {
      const server = net.createServer().listen(0, host);
      await once(server, 'listening');
      const { port } = server.address() as net.AddressInfo;
      expect(await chooseInterface(undefined, [1, port])).toBe('lo');
      server.close();
      await once(server, 'close');
      expect(await chooseInterface(undefined, [port])).not.toBe('lo');
    }
  });
});

describe.runIf(LINUX)('in a network namespace', () => {
  /** What a script prints within a namespace that is set up by `commands`. */
  async function within(commands: string, script: string): Promise<unknown> {
    const name = `psi${process.pid}`;
    const shell = `
      ip netns add ${name} || exit 77
      trap 'ip netns del ${name}' EXIT
      ns="ip -n ${name}"
      ${commands}
      timeout -k 1 20 ip netns exec ${name} "$0" --import tsx --input-type=module -e "$1"`;
    const child = spawn('/bin/sh', ['-c', shell, process.execPath, script]);
    const output = collect(child.stdout);
    const errors = collect(child.stderr);
    const [code] = await once(child, 'close');
    if (code === 77) return undefined;
    expect(errors()).toBe('');
    return JSON.parse(output());
  }

  const CHOOSE = `
    import { chooseInterface } from './src/capture/live/interfaces.ts';
    console.log(JSON.stringify(await chooseInterface(undefined, [6379])));`;

  it('the default route of the least metric is taken, and any without one', async () => {
    const links = '$ns link add va type veth peer name vb; $ns link set va up; $ns link set vb up';
    const addresses = '$ns addr add 10.98.0.1/24 dev va; $ns addr add 10.97.0.1/24 dev vb';
    const routes =
      '$ns route add default via 10.98.0.2 metric 20; $ns route add default via 10.97.0.2 metric 10';
    const chosen = await within([links, addresses, routes].join('; '), CHOOSE);
    if (chosen === undefined) return;
    expect(chosen).toBe('vb');
    expect(await within(links, CHOOSE)).toBe('any');
    const ipv6 =
      '$ns addr add fd01::1/64 dev va nodad; $ns -6 route add blackhole default metric 1; $ns -6 route add default via fd01::2 metric 50';
    expect(await within(`${links}; ${ipv6}`, CHOOSE)).toBe('va');
  });
});

describe.runIf(LINUX)('the list', () => {
  it('has those without an address too, what they carry, and what may capture', async () => {
    const usable = await usableBackends('lo', WITHOUT_CAP);
    const list = await listInterfaces(WITHOUT_CAP);
    expect(list.find(({ name }) => name === 'lo')).toEqual({
      name: 'lo',
      addresses: expect.arrayContaining(['127.0.0.1']),
      isUp: true,
      isLoopback: true,
      backends: usable,
    });
    expect(list.at(-1)).toEqual({
      name: 'any',
      addresses: [],
      isUp: null,
      isLoopback: false,
      backends: usable,
    });
    for (const one of list) if (one.isUp === false) expect(one.backends).toEqual([]);
  });
});

describe('the backend', () => {
  /** A folder with programs that print and end. */
  async function withPrograms(
    programs: Record<string, { script: string; mode?: number }>,
    run: (path: string) => Promise<void>,
  ): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'psyncscope-live-'));
    try {
      for (const [name, { script, mode }] of Object.entries(programs)) {
        writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
        chmodSync(join(folder, name), mode ?? 0o755);
      }
      await run(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  const DENIED = { script: "echo 'x: socket: Operation not permitted' >&2; exit 1" };
  const WORKS = { script: 'exit 0' };

  it('is dumpcap, then tcpdump, then cap: the first with which one may capture', async () => {
    await withPrograms({ dumpcap: WORKS, tcpdump: WORKS }, async (path) => {
      expect((await chooseBackend('auto', 'lo', { path, ...WITHOUT_CAP })).name).toBe('dumpcap');
      expect((await chooseBackend('tcpdump', 'lo', { path })).file).toBe(join(path, 'tcpdump'));
    });
    await withPrograms({ dumpcap: DENIED, tcpdump: WORKS }, async (path) => {
      expect((await chooseBackend('auto', 'lo', { path, ...WITHOUT_CAP })).name).toBe('tcpdump');
    });
    await withPrograms({ dumpcap: DENIED, tcpdump: DENIED }, async (path) => {
      const capProgram = ['-e', 'process.exit(0)'];
      expect((await chooseBackend('auto', 'lo', { path, capProgram })).name).toBe('cap');
      const refused = chooseBackend('auto', 'lo', { path, ...WITHOUT_CAP });
      await expect(refused).rejects.toMatchObject({ problem: { kind: 'no-permission' } });
    });
  });

  it('stays the first one when it is the interface that is wrong', async () => {
    const down = { script: 'echo \'dumpcap: Device "x" is not up.\' >&2; exit 1' };
    await withPrograms({ dumpcap: down, tcpdump: WORKS }, async (path) => {
      expect((await chooseBackend('auto', 'x', { path, ...WITHOUT_CAP })).name).toBe('dumpcap');
    });
  });

  it('is an error with the packages when there is none', async () => {
    const missing = chooseBackend('dumpcap', 'lo', { path: '/nonexistent' });
    await expect(missing).rejects.toMatchObject({
      problem: { kind: 'no-backend', remedy: expect.stringContaining('wireshark-common') },
    });
  });
});
