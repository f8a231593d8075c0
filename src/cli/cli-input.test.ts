import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { writePcap } from '../testing/capture-writer.js';
import { captureBytes, fixture } from '../testing/fixtures.js';
import { packetsOf, rotated } from '../testing/reframe.js';
import { closed, collect, runCli, startCli, waitFor } from '../testing/run-cli.js';

/** Where captures come from (files, several files, a pipe) and where the output goes to. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-input-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CAPTURE = fixture('backlog-overflow-redis-7.2.6.pcap').path;
const BYTES = captureBytes(CAPTURE);
/** Where the packet with the second decision is about to come. */
const SECOND_SYNC = Buffer.from(BYTES).lastIndexOf('FULLRESYNC') - 200;
const PROGRAM = fileURLToPath(new URL('../../bin/psyncscope.js', import.meta.url));

describe('files', () => {
  it('are positional, or follow -r, and may be gzipped', async () => {
    const plain = join(folder, 'plain.pcap');
    writeFileSync(plain, BYTES);
    const [gzipped, named, short] = await Promise.all([
      runCli(['replay', CAPTURE]),
      runCli(['replay', plain]),
      runCli(['replay', '-r', plain]),
    ]);
    expect(gzipped.code).toBe(0);
    expect(gzipped.stdout.split('\n').length).toBeGreaterThan(15);
    expect(named.stdout).toBe(gzipped.stdout);
    expect(short.stdout).toBe(gzipped.stdout);
  });

  it('are read as one when there are several, in the order of their times', async () => {
    const paths = rotated(await packetsOf(BYTES), 3).map((run, index) => {
      const path = join(folder, `part${index}.pcap`);
      writeFileSync(path, writePcap(run));
      return path;
    });
    const [whole, parts] = await Promise.all([
      runCli(['replay', CAPTURE]),
      runCli(['replay', paths[2]!, '-r', paths[0]!, paths[1]!]),
    ]);
    expect(parts.stdout).toBe(whole.stdout);
  });

  it('may hold several links that have nothing to do with each other', async () => {
    const other = fixture('ipv6-veth-valkey-8.0.1.pcap').path;
    const { stdout } = await runCli(['summary', '--json', CAPTURE, other]);
    const masters = JSON.parse(stdout).links.map((link: { master: string }) => link.master);
    expect(masters.sort()).toEqual(['127.0.0.1:18050', '[fd77::1]:18010']);
  });
});

describe('a named pipe', () => {
  it('is printed while it is written', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const child = startCli(['replay', path]);
    const output = collect(child.stdout);
    const pipe = await open(path, 'w');
    await pipe.write(BYTES.subarray(0, SECOND_SYNC));
    await waitFor('the first events', () => output().includes('FULLRESYNC'));
    expect(output()).not.toContain('backlog miss');
    await pipe.write(BYTES.subarray(SECOND_SYNC));
    await pipe.close();
    expect(await closed(child)).toBe(0);
    expect(output()).toContain('backlog miss');
  });
});

describe('a reader that goes away', () => {
  // Large outputs: more than a pipe holds.
  for (const command of ['replay --json --commands', 'timeline --json', 'summary --json'])
    it(`psyncscope ${command} | head -1 ends quietly`, async () => {
      const path = fixture('lagging-replica-redis-6.2.5.pcap').path;
      const script = `set -o pipefail; "${process.execPath}" "${PROGRAM}" ${command} "${path}" | head -1; echo "codes \${PIPESTATUS[0]}"`;
      const shell = spawn('bash', ['-c', script]);
      const output = collect(shell.stdout);
      const errors = collect(shell.stderr);
      await closed(shell);
      expect(errors()).toBe('');
      expect(output()).toMatch(/^.+\ncodes 0\n$/);
    });
});
