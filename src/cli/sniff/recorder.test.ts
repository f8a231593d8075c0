import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { BatchBuffer } from '../../capture/batch.js';
import { readBytes } from '../../testing/read-packets.js';
import { InputProblem } from '../errors.js';
import { Recorder, recordedPath } from './recorder.js';

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-recorder-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One packet of `bytes` bytes, each with the packet's number. */
function packet(number: number, bytes: number, linkType = 1): BatchBuffer {
  const batch = new BatchBuffer();
  batch.bytes = new Uint8Array(bytes + 3).fill(number);
  batch.count = 1;
  batch.start[0] = 3;
  batch.end[0] = bytes + 3;
  batch.originalLength[0] = bytes + 10;
  batch.linkType[0] = linkType;
  batch.time[0] = 1_795_000_000_000_000 + number;
  return batch;
}

const record = (recorder: Recorder, batch: BatchBuffer): boolean => recorder.packets(batch, 0, batch.count);

describe('names of files', () => {
  const plain = { path: 'x.pcap', fileBytes: 1, snaplen: 1 };
  it.each([
    [{ ...plain, fileBytes: null, files: null }, 0, 'x.pcap'],
    [{ ...plain, files: null }, 0, 'x.pcap'],
    [{ ...plain, files: null }, 12, 'x.pcap12'],
    [{ ...plain, files: 3 }, 0, 'x.pcap0'],
    [{ ...plain, files: 3 }, 4, 'x.pcap1'],
    [{ ...plain, files: 10 }, 9, 'x.pcap9'],
    [{ ...plain, files: 11 }, 3, 'x.pcap03'],
    [{ ...plain, path: 'x.pcap.gz', files: 11 }, 10, 'x.pcap10.gz'],
    [{ ...plain, path: 'x.gz', files: null }, 2, 'x2.gz'],
  ])('%j, number %i: %s', (options, number, name) => {
    expect(recordedPath(options, number)).toBe(name);
  });
});

describe('files', () => {
  it('hold the packets, and are there before the end', async () => {
    const path = join(folder, 'plain.pcap');
    const recorder = new Recorder({ path, fileBytes: null, files: null, snaplen: 5000 });
    expect(record(recorder, packet(1, 100))).toBe(true);
    expect(record(recorder, packet(2, 70_000))).toBe(true);
    recorder.flush();
    const { packets } = await readBytes(readFileSync(path));
    expect(
      packets.map(({ time, originalLength, data }) => [time % 1000, originalLength, data.length / 2]),
    ).toEqual([
      [1, 110, 100],
      [2, 70_010, 70_000],
    ]);
    expect(readFileSync(path).readUInt32LE(16)).toBe(5000);
    recorder.close();
  });

  it('of nothing are captures all the same', async () => {
    const path = join(folder, 'empty.pcap');
    new Recorder({ path, fileBytes: null, files: null, snaplen: 100 }).close();
    expect((await readBytes(readFileSync(path))).facts).toMatchObject({ format: 'pcap', problem: null });
  });

  it('end at their size, each whole, and are compressed by name', async () => {
    const path = join(folder, 'rotated.pcap.gz');
    const recorder = new Recorder({ path, fileBytes: 5000, files: null, snaplen: 65_535 });
    for (let i = 0; i < 10; i++) record(recorder, packet(i, 2000));
    recorder.close();
    const times: number[] = [];
    for (const name of ['rotated.pcap.gz', 'rotated.pcap1.gz', 'rotated.pcap2.gz', 'rotated.pcap3.gz']) {
      const bytes = gunzipSync(readFileSync(join(folder, name)));
      const { packets, facts } = await readBytes(bytes);
      expect(facts.problem).toBeNull();
      times.push(...packets.map(({ time }) => time % 1000));
    }
    expect(times).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('leave packets of a second link type out, and count them', async () => {
    const path = join(folder, 'types.pcap');
    const recorder = new Recorder({ path, fileBytes: null, files: null, snaplen: 100 });
    for (const linkType of [113, 1, 113]) record(recorder, packet(linkType, 10, linkType));
    recorder.close();
    expect(recorder.leftOut).toBe(1);
    expect((await readBytes(readFileSync(path))).packets).toHaveLength(2);
  });

  it('of another connection go on in the same file, or in the next one when they are of another link type', async () => {
    const path = join(folder, 'streams.pcap');
    const recorder = new Recorder({ path, fileBytes: null, files: null, snaplen: 100 });
    for (const linkType of [113, 113, 1, 1]) {
      recorder.newStream();
      record(recorder, packet(linkType, 10, linkType));
    }
    record(recorder, packet(113, 10, 113));
    recorder.close();
    // The last one came over the connection of the two before it.
    expect(recorder.leftOut).toBe(1);
    for (const [name, linkType] of [
      [path, 113],
      [`${path}1`, 1],
    ] as const) {
      const { facts, packets } = await readBytes(readFileSync(name));
      expect([facts.linkTypes, packets.length]).toEqual([[linkType], 2]);
    }
  });

  it('that cannot be written are told of once, and nothing more is tried', () => {
    const recorder = new Recorder({ path: '/dev/full', fileBytes: null, files: null, snaplen: 100 });
    record(recorder, packet(1, 100));
    expect(recorder.flush()).toBe(false);
    expect(record(recorder, packet(2, 100))).toBe(false);
    expect(() => recorder.close()).toThrow(InputProblem);
    const nowhere = { path: join(folder, 'no', 'x'), fileBytes: null, files: null, snaplen: 1 };
    expect(() => new Recorder(nowhere)).toThrow(/cannot be written/);
  });
});
