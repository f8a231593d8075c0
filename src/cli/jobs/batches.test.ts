import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { batchesOf } from './batches.js';
import { flagWords } from './own-words.js';

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-batches-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MIB = 1024 * 1024;

/** Files of these sizes, MiB, that take no room on the disk. */
function files(...sizes: number[]): string[] {
  return sizes.map((size, index) => {
    const path = join(folder, `${index}-${size}.pcap`);
    writeFileSync(path, '');
    truncateSync(path, size * MIB);
    return path;
  });
}

const counts = (sizes: number[], jobs: number): number[] =>
  batchesOf(files(...sizes), jobs).map((batch) => batch.length);

describe('batches of captures', () => {
  it('large ones are by themselves, small ones share a process', () => {
    expect(counts([100, 100, 100], 2)).toEqual([1, 1, 1]);
    expect(counts([1, 1, 1, 100, 1, 1], 2)).toEqual([4, 2]);
    expect(counts([16, 16, 16, 16], 4)).toEqual([2, 2]);
    expect(counts(Array(130).fill(0), 2)).toEqual([64, 64, 2]);
  });

  it('are some for each process, and hold all captures in their order', () => {
    const paths = files(...Array(200).fill(10));
    const batches = batchesOf(paths, 2);
    expect(batches.length).toBe(8);
    expect(batches.flat()).toEqual(paths);
    expect(batchesOf(['/none/such.pcap'], 2)).toEqual([['/none/such.pcap']]);
  });
});

describe('the words for a process', () => {
  it('are the flags that were typed, under one name each, without captures', () => {
    const typed = {
      ...{ _: ['replay'], $0: 'psyncscope', files: ['a'], read: ['b'], r: ['b'], jobs: 'auto' },
      ...{ json: true, strict: false, port: [1, 2], p: [1, 2], color: 'auto', since: undefined },
      ...{ redactWith: '--x y', 'redact-with': '--x y' },
    };
    expect(flagWords(typed)).toEqual([
      '--json',
      '--port=1',
      '--port=2',
      '--color=auto',
      '--redact-with=--x y',
    ]);
  });
});
