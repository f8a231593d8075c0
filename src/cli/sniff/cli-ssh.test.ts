import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyze } from '../../index.js';
import { freePort, RedisServer } from '../../testing/redis-server.js';
import { runCli, sleep, waitFor } from '../../testing/run-cli.js';
import {
  AT_REST,
  BUSY,
  caughtUp,
  latestSession,
  type Sniffing,
  startSniff,
  write,
} from '../../testing/sniffing.js';
import { SshServer } from '../../testing/ssh-server.js';

/** `sniff --ssh`: a real sshd, and a tcpdump that it runs. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-ssh-'));
let host: SshServer;

beforeAll(async () => {
  host = await SshServer.start();
});

afterAll(() => {
  host.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Processes of that name whose command line has this in it. */
function running(name: string, text: string): number[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        const [program = ''] = readFileSync(`/proc/${pid}/comm`, 'latin1').split('\n');
        return program === name && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Of a process. */
function parentOf(pid: number): number {
  return Number(/^PPid:\s(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]);
}

interface Pair {
  readonly port: number;
  readonly master: RedisServer;
  /** Not started yet. */
  readonly replica: RedisServer;
  /** What captures its port over there. */
  readonly dumps: () => number[];
  /** `sniff --ssh`, of its port. */
  readonly sniff: (...args: string[]) => Promise<Sniffing>;
}

/** Tests run beside each other: each has servers of its own. */
async function withPair(test: (pair: Pair) => Promise<void>): Promise<void> {
  const port = await freePort();
  const master = new RedisServer(port, folder, AT_REST);
  const replica = new RedisServer(await freePort(), folder, [...AT_REST, '--replicaof', `127.0.0.1 ${port}`]);
  const sniffs: Sniffing[] = [];
  const sniff: Pair['sniff'] = async (...args) => {
    sniffs.push(await startSniff([...host.flags(), '-p', `${port}`, ...args]));
    return sniffs.at(-1)!;
  };
  await master.start();
  try {
    await test({ port, master, replica, sniff, dumps: () => running('tcpdump', `port ${port}`) });
  } finally {
    for (const { child } of sniffs) child.kill('SIGKILL');
    await replica.stop('SIGKILL');
    await master.stop('SIGKILL');
  }
}

describe.concurrent('a link on another host', BUSY, () => {
  it('is told as on this one, without the connection that brings it', () =>
    withPair(async (pair) => {
      const { master, replica, dumps } = pair;
      const file = join(folder, 'one.pcap');
      const sniff = await pair.sniff('-p', `${host.port}`, '-w', file);
      await replica.start();
      await caughtUp(master, replica);
      await write(master, 50);
      const offset = await caughtUp(master, replica);
      // ACKs come once a second, and so are drops counted.
      await sleep(2200);
      sniff.child.kill('SIGINT');
      expect(await sniff.ended).toBe(0);
      const document = sniff.summary();
      expect(document.capture).toMatchObject({
        sources: [`${host.destination}:any`],
        kernelDrops: 0,
        complete: true,
      });
      const own = execFileSync('tcpdump', ['-r', file, `tcp port ${host.port}`], { stdio: 'pipe' });
      expect(own.toString()).toBe('');
      expect(latestSession(document)).toMatchObject({
        offsets: { basis: 'handshake', end: offset, lastAck: offset },
        stream: { byCommand: { SET: 50 } },
        loss: { gaps: 0 },
      });
      expect(dumps()).toEqual([]);
    }));

  it('goes on when tcpdump over there, or the connection, is killed: offsets stay exact', () =>
    withPair(async (pair) => {
      const { master, replica, dumps } = pair;
      const file = join(folder, 'two.pcap');
      const sniff = await pair.sniff('-w', file);
      await replica.start();
      await caughtUp(master, replica);
      await waitFor('the sync', () => sniff.output().includes('online'));
      const [dump] = dumps();
      process.kill(dump!, 'SIGKILL');
      await waitFor('the word', () =>
        sniff.errors().includes(': tcpdump was killed there, by signal 9; connecting again'),
      );
      await write(master, 30, 'meanwhile');
      await waitFor('the other word', () => sniff.errors().includes('connected again after'));
      await write(master, 20, 'between');
      await caughtUp(master, replica);
      await sleep(1500);
      // The shell that waits for tcpdump is a child of the sshd of this connection.
      const [second] = dumps();
      const shell = parentOf(second!);
      process.kill(sshdOf(shell), 'SIGKILL');
      await waitFor('the word', () =>
        /the connection broke off: .* by remote host; conn/.test(sniff.errors()),
      );
      await waitFor('the tcpdump to go that nobody reads any more', () => !dumps().includes(second!));
      await waitFor('both words again', () => sniff.errors().split('connected again after').length === 3);
      await write(master, 10, 'after');
      const offset = await caughtUp(master, replica);
      await sleep(1500);
      sniff.child.kill('SIGINT');
      expect(await sniff.ended).toBe(0);
      expect(sniff.errors()).toMatch(/the connection was lost 2 times: \d.* s without one in all/);
      const document = sniff.summary();
      expect(document.links).toHaveLength(1);
      expect(document.links[0]!.sessions).toHaveLength(1);
      const expected = { basis: 'handshake', end: offset, lastAck: offset };
      expect(latestSession(document).offsets).toMatchObject(expected);
      expect(latestSession(document).loss.missingBytes).toBeGreaterThan(30 * 30);
      expect(latestSession(await analyze(file)).offsets).toMatchObject(expected);
    }));

  it('with --ssh-sudo it is sudo that runs tcpdump, and drops are told at the end', () =>
    withPair(async (pair) => {
      const { master, replica, dumps } = pair;
      const sniff = await pair.sniff('--ssh-sudo');
      expect(running('sudo', `port ${pair.port}`)).toHaveLength(1);
      await replica.start();
      const offset = await caughtUp(master, replica);
      sniff.child.kill('SIGINT');
      expect(await sniff.ended).toBe(0);
      expect(sniff.summary().capture.kernelDrops).toBe(0);
      expect(latestSession(sniff.summary()).offsets).toMatchObject({ basis: 'handshake', end: offset });
      expect(dumps()).toEqual([]);
    }));

  it('leaves nothing behind over there when we are killed', () =>
    withPair(async ({ dumps, ...pair }) => {
      const sniff = await pair.sniff();
      expect(dumps()).toHaveLength(1);
      sniff.child.kill('SIGKILL');
      await waitFor('the end of tcpdump', () => dumps().length === 0);
    }));
});

/** The sshd process above a process. */
function sshdOf(pid: number): number {
  const parent = parentOf(pid);
  return readFileSync(`/proc/${parent}/comm`, 'latin1').startsWith('sshd') ? parent : sshdOf(parent);
}

it('what is no host is wrong usage', async () => {
  const { code, stderr } = await runCli(['sniff', '--ssh=-oProxyCommand=id']);
  expect(stderr).toMatch(/^psyncscope: --ssh: not a host: -oProxyCommand=id \(as in HOST, .*\)\n$/);
  expect(code).toBe(2);
});

describe.concurrent('what is wrong at the first attempt ends it', () => {
  async function sniff(...args: string[]): Promise<string> {
    const { code, stderr, stdout } = await runCli(['sniff', ...args]);
    expect(stdout).toBe('');
    expect(code, stderr).toBe(3);
    return stderr.replaceAll(host.folder, 'FOLDER');
  }

  it('a key that does not open it', async () => {
    const text = await sniff(...host.flags('stranger'));
    expect(text).toMatch(
      /^psyncscope: \w+@127.0.0.1: the keys there are do not open it: Permission denied \(publickey\)\n {2}→ ssh -o .* true must go through without a question.*\n$/,
    );
  });

  it('a host that is not known', async () => {
    const text = await sniff(...host.flags('user', 'unknown_hosts'));
    expect(text).toMatch(
      /^psyncscope: \w+@127.0.0.1: its host key is not known, or not the one that was\n {2}→ ssh .* true, once by hand.*\n$/,
    );
  });

  it('nobody listens', async () => {
    const text = await sniff('--ssh', `ssh://127.0.0.1:${await freePort()}`, '--retries', '9');
    expect(text).toMatch(
      /^psyncscope: ssh:\/\/127.0.0.1:\d+: cannot be reached: connect to host .* Connection refused\n {2}→ ssh -v ssh:\S+ true .*\n$/,
    );
  });

  it('no such interface', async () => {
    const text = await sniff(...host.flags(), '-i', 'nosuch0');
    expect(text).toMatch(
      /^psyncscope: \w+@127.0.0.1: there is no interface nosuch0\n {2}→ ssh .* tcpdump -D .*\n$/,
    );
  });

  it('a filter that cannot be compiled, whatever is in it', async () => {
    const text = await sniff(...host.flags(), '-f', `tcp '; touch ${folder}/x; "$(id)" \\`);
    expect(text).toMatch(
      /^psyncscope: the filter \(tcp '; touch .*\\\) and \(tcp\) cannot be used: .*\n {2}→ man/,
    );
    expect(readdirSync(folder)).not.toContain('x');
  });

  it('no tcpdump, or no sudo, on the PATH over there', async () => {
    const path = join(folder, 'bin');
    mkdirSync(path);
    for (const name of ['sh', 'uname', 'cut']) symlinkSync(`/bin/${name}`, join(path, name));
    const bare = await SshServer.start([`SetEnv PATH=${path}`]);
    try {
      expect(await sniff(...bare.flags())).toMatch(
        /^psyncscope: \w+@127.0.0.1: there is no tcpdump on its PATH\n {2}→ there: apt-get install tcpdump .*\n$/,
      );
      expect(await sniff(...bare.flags(), '--ssh-sudo')).toMatch(
        /^psyncscope: \w+@127.0.0.1: there is no sudo\n {2}→ leave out --ssh-sudo.*\n$/,
      );
    } finally {
      bare.stop();
    }
  });

  it('a login that prints something', async () => {
    const chatty = await SshServer.start([
      'ForceCommand echo Welcome to this machine; eval "$SSH_ORIGINAL_COMMAND"',
    ]);
    try {
      expect(await sniff(...chatty.flags())).toMatch(
        /^psyncscope: \w+@127.0.0.1:any: not a capture file: it begins with "Welcome to this .*\n {2}→ .* true must print nothing.*\n$/,
      );
    } finally {
      chatty.stop();
    }
  });
});
