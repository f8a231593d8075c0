import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { freePort, RedisServer } from '../../testing/redis-server.js';
import { type CliResult, closed, collect, PROGRAM, runCli, waitFor } from '../../testing/run-cli.js';
import { AT_REST, BACKENDS, BUSY, caughtUp, startSniff } from '../../testing/sniffing.js';

/** What stands on standard error when it cannot capture, or no more: what is wrong, and what mends it. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-messages-'));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

/** Runs `sniff` within another command, to its end. */
async function sniffWithin(
  prefix: readonly string[],
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<CliResult> {
  const [file = '', ...words] = [...prefix, process.execPath, PROGRAM, 'sniff', ...args];
  const child = spawn(file, words, { env: { ...process.env, ...env } });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const code = await closed(child);
  return { code, stdout: stdout(), stderr: stderr() };
}

/** Processes whose command line has this in it. */
function running(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);
}

describe.each(BACKENDS)('through %s', (backend) => {
  const using = ['--capture-with', backend];

  it('without the permission: the command that gives it', async () => {
    const { code, stderr } = await sniffWithin(NOBODY, ['-i', 'lo', ...using]);
    expect(stderr).toMatch(new RegExp(`^psyncscope: this user may not capture on lo with ${backend}\n`));
    expect(stderr).toMatch(/^ {2}→ .*sudo setcap cap_net_raw,cap_net_admin=eip \$\(readlink -f \/\S+\)/m);
    expect(stderr).toContain('→ at once: sudo tcpdump -i lo -U -w - tcp | psyncscope replay -');
    if (backend === 'dumpcap')
      expect(stderr).toContain('sudo dpkg-reconfigure wireshark-common && sudo usermod -aG wireshark $USER');
    expect(code).toBe(3);
  });

  it('no such interface: which there are', async () => {
    const { code, stderr } = await runCli(['sniff', '-i', 'nosuch0', ...using]);
    expect(stderr).toMatch(
      /there is no interface nosuch0; there are .*\blo\b.*\n {2}→ psyncscope interfaces/,
    );
    expect(code).toBe(3);
  });

  it('a bad filter: what the compiler says of it', async () => {
    const { code, stderr } = await runCli(['sniff', '-i', 'lo', '-f', 'port 6379 or', ...using]);
    expect(stderr).toMatch(
      /the filter \(port 6379 or\) and \(tcp\) cannot be used: .*syntax error\n {2}→ man pcap-filter/,
    );
    expect(code).toBe(3);
  });

  it('an interface that is down: the command that sets it up', async () => {
    const space = `psd${process.pid}`;
    execFileSync('ip', ['netns', 'add', space]);
    try {
      const { code, stderr } = await sniffWithin(
        ['ip', 'netns', 'exec', space],
        ['-i', 'lo', '--duration', '5s', ...using],
      );
      expect(stderr).toMatch(/the interface lo is down\n {2}→ sudo ip link set lo up\n/);
      expect(code).toBe(3);
    } finally {
      execFileSync('ip', ['netns', 'del', space]);
    }
  });
});

describe('nothing that captures', () => {
  it('is a matter of packages', async () => {
    // Neither program is on the PATH, and an empty folder stands where the addon is.
    const addon = fileURLToPath(new URL('../../../node_modules/cap', import.meta.url));
    const script = `
      mount -t tmpfs none ${addon}
      for folder in /usr/sbin /sbin /usr/local/sbin; do [ -e $folder/tcpdump ] && mount --bind /dev/null $folder/tcpdump; done
      PATH= exec "$@"`;
    const { code, stderr } = await sniffWithin(['unshare', '-m', 'sh', '-c', script, 'sh'], ['-i', 'lo']);
    expect(stderr).toContain(
      'nothing that captures was found: neither dumpcap nor tcpdump is on the PATH, and the npm package cap cannot be loaded',
    );
    expect(stderr).toContain('→ apt-get install tcpdump (Debian, Ubuntu), dnf install tcpdump');
    expect(stderr).toContain('→ or capture on a host that has one: psyncscope sniff --ssh HOST');
    expect(code).toBe(3);
  });

  it.each([
    ['dumpcap', 'wireshark-common'],
    ['tcpdump', 'apt-get install tcpdump'],
  ])('%s is asked for and missing: its package', async (backend, name) => {
    const { code, stderr } = await runCli(['sniff', '-i', 'lo', '--capture-with', backend], {
      env: { PATH: folder },
    });
    expect(stderr).toMatch(new RegExp(`^psyncscope: ${backend} was not found on the PATH\n  → .*${name}`));
    expect(code).toBe(3);
  });

  it('on any interface: psyncscope interfaces tells why', async () => {
    const [file = '', ...words] = [...NOBODY, process.execPath, PROGRAM, 'interfaces'];
    const child = spawn(file, words);
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    expect(await closed(child)).toBe(0);
    expect(stdout()).toMatch(/^lo +up, loopback +no /m);
    expect(stderr()).toContain('→ sudo setcap cap_net_raw');
  });
});

describe('while it runs', BUSY, () => {
  let master: RedisServer;
  let replica: RedisServer;

  async function servers(): Promise<number> {
    const port = await freePort();
    master = new RedisServer(port, folder, AT_REST);
    replica = new RedisServer(await freePort(), folder, [...AT_REST, '--replicaof', `127.0.0.1 ${port}`]);
    await master.start();
    return port;
  }

  afterEach(async () => {
    await replica.stop('SIGKILL');
    await master.stop('SIGKILL');
  });

  it.each([
    ['SIGKILL', "→ dmesg -T | grep -i 'killed process'"],
    ['SIGTERM', '→ start psyncscope again'],
  ] as const)(
    'what captures gets a %s: the summary so far, and that it may be started again',
    async (signal, text) => {
      for (const backend of BACKENDS) {
        const port = await servers();
        const sniff = await startSniff(['-i', 'lo', '-p', `${port}`, '--capture-with', backend]);
        await replica.start();
        await waitFor('the sync', () => sniff.output().includes('FULLRESYNC'));
        const [child] = running(`tcp port ${port}`);
        process.kill(child!, signal);
        expect(await sniff.ended).toBe(3);
        expect(sniff.errors()).toMatch(
          new RegExp(`psyncscope: ${backend} was (ended by ${signal}|told to end by somebody else)`),
        );
        expect(sniff.errors()).toContain(text);
        expect(sniff.output()).toContain('ACK interval');
        expect(sniff.summary().links).toHaveLength(1);
        expect(sniff.summary().links[0]!.fullResyncs).toBe(1);
        expect(running(`tcp port ${port}`)).toEqual([]);
        await replica.stop('SIGKILL');
        await master.stop('SIGKILL');
      }
    },
  );

  it('the disk is full: what was seen, how to look and what would keep it from filling', async () => {
    const port = await servers();
    const disk = mkdtempSync(join(folder, 'disk-'));
    const kept = `${disk}.pcap`;
    // A file system of 1 MB that nobody else sees, and what is on it at the end.
    const script = `mount -t tmpfs -o size=1m none ${disk} && "$@"; code=$?; cp ${disk}/x.pcap ${kept}; exit $code`;
    const sniff = await startSniff(
      ['-i', 'lo', '-p', `${port}`, '-w', `${disk}/x.pcap`],
      ['unshare', '-m', 'sh', '-c', script, 'sh'],
    );
    await replica.start();
    await caughtUp(master, replica);
    const value = 'x'.repeat(20_000);
    for (let i = 0; i < 500 && sniff.child.exitCode === null; i++)
      await master.ask(['SET', `big:${i}`, value]);
    expect(await sniff.ended).toBe(3);
    expect(sniff.errors()).toContain(`${disk}/x.pcap: cannot be written: ENOSPC: no space left on device`);
    expect(sniff.errors()).toContain(`\n  → the disk is full: df -h ${disk} shows it\n`);
    expect(sniff.errors()).toContain('\n  → -C 100 -W 10 keeps the last gigabyte only\n');
    expect(sniff.output()).toContain('FULLRESYNC');
    expect(sniff.output()).toContain('ACK interval');
    expect(sniff.summary().links).toHaveLength(1);
    expect(running(`tcp port ${port}`)).toEqual([]);
    // What did fit is a capture that can be read.
    const { stdout: table, code: read } = await runCli(['summary', kept]);
    expect(read).toBe(0);
    expect(table).toContain(`127.0.0.1:${port}`);
  });
});

it.each([
  ['/no/such/folder/x.pcap', /ENOENT.*\n {2}→ mkdir -p \/no\/such\/folder\n/],
  [tmpdir(), /EISDIR.*\n {2}→ give the name of a file in it\n/],
])('%s cannot be written: what to do', async (path, text) => {
  const { code, stderr } = await runCli(['sniff', '-i', 'lo', '-w', path]);
  expect(stderr).toMatch(text);
  expect(code).toBe(3);
});
