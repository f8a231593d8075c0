import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './redis-server.js';
import { collect, waitFor } from './run-cli.js';

/** sshd wants this folder to be there when root starts it. */
const EMPTY_FOLDER = '/run/sshd';

/** A real sshd on 127.0.0.1 with keys and configuration of its own, for the user who runs the test. */
export class SshServer {
  readonly port: number;
  readonly folder: string;
  #process: ChildProcess | null = null;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.folder = folder;
  }

  /** @param extra lines of sshd_config. */
  static async start(extra: readonly string[] = []): Promise<SshServer> {
    const folder = mkdtempSync(join(tmpdir(), 'psyncscope-sshd-'));
    const server = new SshServer(await freePort(), folder);
    for (const name of ['host', 'user', 'stranger'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    copyFileSync(join(folder, 'user.pub'), join(folder, 'authorized_keys'));
    writeFileSync(join(folder, 'unknown_hosts'), '');
    const config = [
      ...['ListenAddress 127.0.0.1', `Port ${server.port}`, `HostKey ${folder}/host`],
      ...[`AuthorizedKeysFile ${folder}/authorized_keys`, 'StrictModes no', 'UsePAM no', 'PidFile none'],
      ...['PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'LogLevel VERBOSE'],
      ...extra,
    ];
    writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
    if (process.getuid?.() === 0) mkdirSync(EMPTY_FOLDER, { recursive: true });
    const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')]);
    const log = collect(child.stderr);
    server.#process = child;
    await waitFor('sshd', () => {
      if (child.exitCode !== null) throw new Error(`sshd ended: ${log()}`);
      return log().includes('Server listening');
    });
    return server;
  }

  get destination(): string {
    return `${userInfo().username}@127.0.0.1`;
  }

  /** Flags of `sniff` that reach it. @param key one of its keys: `user` may log in. @param hosts the file of known hosts. */
  flags(key = 'user', hosts = 'known_hosts'): string[] {
    const options = [
      ...[
        `Port=${this.port}`,
        `IdentityFile=${this.folder}/${key}`,
        'IdentitiesOnly=yes',
        'IdentityAgent=none',
      ],
      ...[`UserKnownHostsFile=${this.folder}/${hosts}`, 'GlobalKnownHostsFile=/dev/null'],
      `StrictHostKeyChecking=${hosts === 'known_hosts' ? 'accept-new' : 'yes'}`,
    ];
    return ['--ssh', this.destination, ...options.flatMap((option) => ['--ssh-option', option])];
  }

  stop(): void {
    this.#process?.kill('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
