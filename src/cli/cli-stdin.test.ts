import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { captureBytes, fixture } from '../testing/fixtures.js';
import { closed, collect, runCli, sleep, startCli, waitFor } from '../testing/run-cli.js';

/** `tcpdump -U -w - | psyncscope replay -`: captures from standard input. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-stdin-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CAPTURE = fixture('backlog-overflow-redis-7.2.6.pcap').path;
const BYTES = captureBytes(CAPTURE);
/** Where the packet with the second decision is about to come. */
const SECOND_SYNC = Buffer.from(BYTES).lastIndexOf('FULLRESYNC') - 200;

describe('standard input', () => {
  for (const args of [['-'], ['-r', '-']])
    it(args.join(' '), async () => {
      const [piped, read] = await Promise.all([
        runCli(['replay', ...args], { input: BYTES }),
        runCli(['replay', CAPTURE]),
      ]);
      expect(piped).toEqual(read);
    });

  it('may be gzipped', async () => {
    const { code, stdout } = await runCli(['summary', '-'], { input: readFileSync(CAPTURE) });
    expect(code).toBe(0);
    expect(stdout).toContain('127.0.0.1:18050');
  });

  it('that is empty is an input error', async () => {
    const { code, stderr } = await runCli(['replay', '-'], { input: new Uint8Array(0) });
    expect(code).toBe(3);
    expect(stderr).toContain('standard input');
  });

  it('cannot be read twice', async () => {
    const { code, stderr } = await runCli(['replay', '-', '-'], { input: BYTES });
    expect(code).toBe(3);
    expect(stderr).toContain('only once');
  });

  it('is printed while it arrives', async () => {
    const child = startCli(['replay', '-']);
    const output = collect(child.stdout);
    child.stdin.write(BYTES.subarray(0, SECOND_SYNC));
    await waitFor('the first events', () => output().includes('FULLRESYNC'));
    expect(output()).not.toContain('backlog miss');
    child.stdin.end(BYTES.subarray(SECOND_SYNC));
    expect(await closed(child)).toBe(0);
    expect(output()).toContain('backlog miss');
  });

  it('ends with a summary of what came when it is interrupted', async () => {
    const child = startCli(['replay', '-q', '--summary', join(folder, 'partial.json'), '-']);
    const errors = collect(child.stderr);
    child.stdin.write(BYTES);
    // Nothing is printed that would tell that it has read its input, so it is given time for that.
    await sleep(1000);
    child.kill('SIGINT');
    expect(await closed(child)).toBe(0);
    expect(errors()).not.toContain('Error');
    const document = JSON.parse(readFileSync(join(folder, 'partial.json'), 'utf8'));
    expect(document.links).toHaveLength(1);
  });
});
