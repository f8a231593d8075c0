import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.js';

/**
 * A loopback capture of a loaded master with one replica: `sets` SETs of 100-byte values, pipelined by redis-benchmark, captured
 * by tcpdump. Made once and kept. Returns the master's port. Needs redis-server, redis-benchmark, tcpdump and the right to capture.
 */
export async function makeLoadedMaster(path: string, sets: number): Promise<number> {
  const note = `${path}.port`;
  if (existsSync(note)) return Number(readFileSync(note, 'utf8'));
  mkdirSync(dirname(path), { recursive: true });
  const dir = mkdtempSync(join(tmpdir(), 'psyncscope-bench-'));
  const master = await freePort();
  const replica = await freePort();
  const children = [
    server(dir, master, '--client-output-buffer-limit', 'replica 0 0 0', '--repl-diskless-sync-delay', '0'),
  ];
  try {
    await sleep(500);
    const dump = spawn('tcpdump', ['-i', 'lo', '-s', '0', '-B', '262144', '-w', path, `port ${master}`], {
      stdio: 'ignore',
    });
    await sleep(1000);
    children.push(server(dir, replica, '--replicaof', `127.0.0.1 ${master}`));
    await sleep(3000);
    const load = [
      '-p',
      String(master),
      '-t',
      'set',
      '-n',
      String(sets),
      '-d',
      '100',
      '-P',
      '64',
      '-c',
      '4',
      '-r',
      '1000000',
      '-q',
    ];
    spawnSync('redis-benchmark', load, { stdio: 'ignore' });
    await sleep(3000);
    dump.kill('SIGINT');
    await once(dump, 'exit');
    writeFileSync(note, `${master}\n`);
    return master;
  } finally {
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(children.map((child) => (child.exitCode === null ? once(child, 'exit') : null)));
    rmSync(dir, { recursive: true, force: true });
  }
}

function server(dir: string, port: number, ...more: string[]): ReturnType<typeof spawn> {
  const base = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--dir',
    dir,
    '--dbfilename',
    `${port}.rdb`,
  ];
  return spawn('redis-server', [...base, ...more], { stdio: 'ignore' });
}
