import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RdbReport } from '../report/rdb-report.js';
import { captureBytes, fixture } from '../testing/fixtures.js';
import { closed, collect, runCli, startCli, waitFor } from '../testing/run-cli.js';

/** `psyncscope rdb` on a part of a capture: a span of time, or all that came before Ctrl-C. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-rdb-part-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Two payloads, three seconds apart. */
const CAPTURE = fixture('backlog-overflow-redis-7.2.6.pcap').path;
const BETWEEN = '2026-11-21T04:40:38.7Z';

async function payloadBytes(...args: string[]): Promise<number[]> {
  const { code, stdout } = await runCli(['rdb', '--json', ...args, CAPTURE]);
  expect(code).toBe(0);
  return (JSON.parse(stdout) as RdbReport).payloads.map(({ bytes }) => bytes);
}

describe('a span of time', () => {
  it('holds the payloads of that time only', async () => {
    expect(await payloadBytes()).toEqual([676, 4437]);
    expect(await payloadBytes('--until', BETWEEN)).toEqual([676]);
    expect(await payloadBytes('--since', BETWEEN)).toEqual([4437]);
  });

  it('saves only those', async () => {
    const saved = join(folder, 'since');
    await payloadBytes('--since', BETWEEN, '--save', saved);
    expect(readdirSync(saved)).toEqual(['127.0.0.1_18050-127.0.0.1_18051-1-20261121T044039.718359Z.rdb']);
  });
});

it('an interrupt keeps the payloads that are whole and leaves nothing of the one under way', async () => {
  const bytes = captureBytes(CAPTURE);
  const header = Buffer.from(bytes).lastIndexOf('$4437\r\n');
  const saved = join(folder, 'interrupted');
  const child = startCli(['rdb', '--json', '--save', saved, '-']);
  const output = collect(child.stdout);
  child.stdin.on('error', () => {});
  // Up to the middle of the second payload: the first of its packets is whole.
  child.stdin.write(bytes.subarray(0, header + 2000));
  await waitFor('the first payload', () => {
    try {
      return readdirSync(saved).some((name) => name.endsWith('.rdb'));
    } catch {
      return false;
    }
  });
  child.kill('SIGINT');
  expect(await closed(child)).toBe(0);
  expect(readdirSync(saved)).toHaveLength(1);
  const { payloads } = JSON.parse(output()) as RdbReport;
  expect(payloads[0]).toMatchObject({ bytes: 676, complete: true });
  expect(payloads[0]!.savedAs).not.toBeNull();
  for (const payload of payloads.slice(1)) expect(payload).toMatchObject({ complete: false, savedAs: null });
});
