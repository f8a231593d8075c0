import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collect } from '../../testing/run-cli.js';
import { chooseBackend, usableBackends } from './choose-backend.js';
import { chooseFor, chooseInterface } from './choose-interface.js';
import { listInterfaces } from './interfaces.js';
import type { PortUse } from './proc-net.js';

const LINUX = process.platform === 'linux';
/** The addon is tested with the captures; its probe starts a node. */
const WITHOUT_CAP = { capProgram: ['-e', 'process.exit(1)'] };

describe.runIf(LINUX)('the interface', () => {
  it('is found by its name, and by an address it carries, however that is written', async () => {
    expect((await chooseInterface('lo', [])).name).toBe('lo');
    expect((await chooseInterface('any', [])).name).toBe('any');
    expect((await chooseInterface('127.0.0.1', [])).name).toBe('lo');
    if (networkInterfaces().lo?.some(({ family }) => family === 'IPv6'))
      expect((await chooseInterface('[0:0:0:0:0:0:0:1%lo]', [])).name).toBe('lo');
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

  it('is that of the connections of the port, as the system lists them', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    expect(await chooseInterface(undefined, [1, port])).toEqual({
      name: 'lo',
      why: `a server here listens on port 1 or ${port}, for this host alone`,
    });
    const client = net.connect(port, '127.0.0.1');
    await once(client, 'connect');
    expect((await chooseInterface(undefined, [port])).why).toContain('all connections of port');
    client.destroy();
    server.close();
    await once(server, 'close');
    const open = net.createServer().listen(0, '::');
    await once(open, 'listening');
    const chosen = await chooseInterface(undefined, [(open.address() as net.AddressInfo).port]);
    expect(chosen).toMatchObject({ name: 'any', why: expect.stringContaining('for other hosts too') });
    open.close();
  });

  const addresses = new Map([
    ['lo', { addresses: ['127.0.0.1', '::1'], isLoopback: true }],
    ['eth0', { addresses: ['10.0.0.7', 'fd00::7'], isLoopback: false }],
    ['eth1', { addresses: ['10.1.0.7'], isLoopback: false }],
  ]);
  const choose = (use: Partial<PortUse>, routed: string | null = 'eth1') =>
    chooseFor([6379], { listeners: [], connections: [], ...use }, addresses, routed).name;
  const replica = { local: '10.0.0.7', remote: '10.0.0.8' };
  const local = { local: '127.0.0.1', remote: '127.0.0.1' };

  it.each<[what: string, use: Partial<PortUse>, name: string]>([
    ['remote replicas of a server here', { listeners: ['0.0.0.0'], connections: [replica] }, 'eth0'],
    ['the same by IPv6', { connections: [{ local: 'fd00::7', remote: 'fd00::8' }] }, 'eth0'],
    ['remote replicas and local clients', { listeners: ['::'], connections: [local, replica] }, 'any'],
    [
      'local clients of a server that other hosts may use',
      { listeners: ['::'], connections: [local] },
      'any',
    ],
    ['a server that other hosts may use', { listeners: ['127.0.0.1', '10.0.0.7'] }, 'any'],
    ['local clients of a server of this host', { listeners: ['127.0.0.1'], connections: [local] }, 'lo'],
    ['a server of this host alone', { listeners: ['127.0.0.1', '::1'] }, 'lo'],
    [
      'an address of 127/8 that is not listed',
      { connections: [{ local: '127.0.0.9', remote: '127.0.0.8' }] },
      'lo',
    ],
    ['own addresses at both ends', { connections: [{ local: '10.0.0.7', remote: '10.1.0.7' }] }, 'lo'],
    ['nobody', {}, 'eth1'],
  ])('%s', (_, use, name) => {
    expect(choose(use)).toBe(name);
  });

  it('is every one where nobody uses the port and no route leads away', () => {
    expect(choose({}, null)).toBe('any');
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
    import { chooseInterface } from './src/capture/live/choose-interface.ts';
    console.log(JSON.stringify((await chooseInterface(undefined, [6379])).name));`;

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
      problem: { kind: 'no-backend', remedies: [expect.stringContaining('wireshark-common')] },
    });
  });
});
