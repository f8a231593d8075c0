import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writePcap, writePcapng } from '../testing/capture-writer.js';
import { readCaptures } from './merge.js';

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-merge-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A capture with packets at these times; its letter is their content. */
function capture(name: string, times: readonly number[], pcapng = false): string {
  const packets = times.map((time) => ({ time, data: Buffer.from(name) }));
  const path = join(folder, `${name}.pcap`);
  writeFileSync(path, pcapng ? writePcapng(packets) : writePcap(packets));
  return path;
}

async function read(paths: readonly string[]) {
  const order: string[] = [];
  let runs = 0;
  const facts = await readCaptures(paths, {}, (batch, from, to) => {
    expect(to).toBeGreaterThan(from);
    runs++;
    for (let i = from; i < to; i++) {
      order.push(`${Buffer.from(batch.bytes.subarray(batch.start[i], batch.end[i]))}${batch.time[i]}`);
    }
  });
  return { order: order.join(' '), runs, facts };
}

test('one file is read in its own order, whole batches at a time', async () => {
  const { order, runs } = await read([capture('a', [5, 1, 9, 2])]);
  expect(order).toBe('a5 a1 a9 a2');
  expect(runs).toBe(1);
});

test('rotated files in any order', async () => {
  const a = capture('a', [1, 2, 3]);
  const b = capture('b', [4, 5], true);
  const c = capture('c', [6, 7, 8]);
  for (const paths of [
    [a, b, c],
    [c, b, a],
    [b, c, a],
  ]) {
    const { order, runs, facts } = await read(paths);
    expect(order).toBe('a1 a2 a3 b4 b5 c6 c7 c8');
    expect(runs).toBe(3);
    expect(facts.map(({ source }) => source)).toEqual(paths);
    expect(facts.every(({ linkTypes }) => linkTypes.length === 1)).toBe(true);
  }
});

test('files that overlap', async () => {
  const { order } = await read([
    capture('a', [1, 4, 5, 9]),
    capture('b', [2, 3, 6, 10]),
    capture('c', [7, 8]),
  ]);
  expect(order).toBe('a1 b2 b3 a4 a5 b6 c7 c8 a9 b10');
});

test('of equal times the file named first comes first', async () => {
  const a = capture('a', [1, 1, 2]);
  const b = capture('b', [1, 2, 2]);
  expect((await read([a, b])).order).toBe('a1 a1 b1 a2 b2 b2');
  expect((await read([b, a])).order).toBe('b1 a1 a1 b2 b2 a2');
});

test('a file out of order inside stays as it is', async () => {
  const { order } = await read([capture('a', [5, 1, 7]), capture('b', [4, 6])]);
  expect(order).toBe('b4 a5 a1 b6 a7');
});

test('files without packets and cut files take part', async () => {
  const empty = capture('e', []);
  const cut = join(folder, 'cut.pcap');
  writeFileSync(
    cut,
    writePcap([
      { time: 3, data: Buffer.from('x') },
      { time: 4, data: Buffer.from('x') },
    ]).subarray(0, -1),
  );
  const { order, facts } = await read([empty, cut, capture('a', [1, 9])]);
  expect(order).toBe('a1 x3 a9');
  expect(facts.map(({ problem }) => problem?.position ?? null)).toEqual([null, 41, null]);
});

test('a hundred rotated files', async () => {
  const paths = Array.from({ length: 100 }, (_, i) => capture(`f${i}-`, [i * 10, i * 10 + 9]));
  const { order } = await read(paths.toReversed());
  expect(order.split(' ').map((packet) => Number(packet.split('-')[1]))).toEqual(
    paths.flatMap((_, i) => [i * 10, i * 10 + 9]),
  );
});

test('nothing is read when one of them cannot be opened', async () => {
  let runs = 0;
  const reading = readCaptures([capture('a', [1]), join(folder, 'missing.pcap')], {}, () => runs++);
  await expect(reading).rejects.toThrow('missing.pcap: no such file');
  await expect(readCaptures(['-', '-'], {}, () => runs++)).rejects.toThrow('it can be read only once');
  expect(runs).toBe(0);
});

test('false ends reading', async () => {
  let packets = 0;
  const paths = [capture('a', [1]), capture('b', [2]), capture('c', [3])];
  const facts = await readCaptures(paths, {}, () => ++packets < 2);
  expect(packets).toBe(2);
  expect(facts.map(({ source, linkTypes }) => [source, linkTypes])).toEqual(paths.map((path) => [path, [1]]));
});

test('a signal ends reading', async () => {
  const abort = new AbortController();
  let packets = 0;
  await readCaptures([capture('a', [1, 3]), capture('b', [2, 4])], { signal: abort.signal }, () => {
    packets++;
    abort.abort();
  });
  expect(packets).toBe(1);
  await readCaptures([capture('a', [1, 3])], { signal: abort.signal }, () => packets++);
  expect(packets).toBe(1);
});
