import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RdbDecoder } from '../../rdb/decoder.js';
import { random } from '../../testing/rdb-trace.js';
import { RdbWriter } from '../../testing/rdb-writer.js';
import { RawClient, StreamListener } from '../../testing/redis-peer.js';
import { freePort, RedisServer } from '../../testing/redis-server.js';
import { waitFor } from '../../testing/run-cli.js';
import { sampleCommands } from '../../testing/sample-commands.js';
import { commandOf } from './call.js';
import { Dataset } from './dataset.js';
import { encodeRdb, type RdbOptions } from './rdb-encoder.js';
import { RdbLoader } from './rdb-loader.js';
import type { Stream } from './stream.js';

const NOW = Date.now();
const OPTIONS: RdbOptions = {
  version: 10,
  aux: [
    ['redis-ver', '7.0.15'],
    ['repl-id', 'f'.repeat(40)],
  ],
  checksum: true,
  now: NOW * 1000,
  compress: true,
};

function sample(seed: number): Dataset {
  const dataset = new Dataset();
  let db = 0;
  for (const words of sampleCommands(seed, NOW)) {
    if (words[0] === 'SELECT') db = Number(words[1]);
    else dataset.call(commandOf(words), { db, now: NOW * 1000, replicated: false });
  }
  return dataset;
}

function streamOf(dataset: Dataset, key: string): Stream {
  const value = dataset.databases[3]!.get(key);
  if (value?.type !== 'stream') throw new Error(`no stream: ${key}`);
  return value.stream;
}

/** Loads the payload in pieces of random sizes. */
function load(
  payload: Uint8Array,
  seed = 1,
): { dataset: Dataset; failure: string | null; loader: RdbLoader } {
  const next = random(seed);
  const dataset = new Dataset();
  const loader = new RdbLoader(dataset);
  for (let at = 0; at < payload.length; ) {
    const piece = Buffer.from(payload.subarray(at, at + 1 + next(next(20) === 0 ? 5000 : 9)));
    loader.write(piece);
    at += piece.length;
    // Borrowed bytes that were kept would show.
    piece.fill(0xdd);
  }
  return { dataset, failure: loader.end(), loader };
}

describe('what was encoded, loaded again', () => {
  for (const version of [9, 10, 11] as const) {
    for (const compress of [true, false]) {
      it(`version ${version}${compress ? ', compressed' : ''}`, () => {
        const dataset = sample(version);
        const {
          dataset: loaded,
          failure,
          loader,
        } = load(encodeRdb(dataset, { ...OPTIONS, version, compress }));
        expect(failure).toBeNull();
        expect(loaded.digest()).toBe(dataset.digest());
        expect(loaded.usedDatabases()).toEqual([0, 3]);
        const times = (from: Dataset) => ['12345', 'list'].map((key) => from.databases[3]!.expiry(key));
        expect(times(loaded)).toEqual(times(dataset));
        expect(Object.fromEntries(loader.aux)).toEqual({
          'redis-ver': '7.0.15',
          'repl-id': 'f'.repeat(40),
          ctime: `${Math.floor(NOW / 1000)}`,
        });
        for (const key of ['stream', 'emptied']) {
          const was = streamOf(dataset, key);
          const deleted = version === 9 ? 0n : was.maxDeletedId;
          const added = version === 9 ? BigInt(was.length) : was.added;
          expect(streamOf(loaded, key)).toMatchObject({ lastId: was.lastId, maxDeletedId: deleted, added });
        }
      });
    }
  }

  it('entries whose size takes more bytes to tell', () => {
    const dataset = new Dataset();
    for (const size of [127, 16_383, 2_097_151]) {
      for (let length = size - 12; length <= size + 2; length++) {
        const words = ['XADD', 'x', `${length}-1`, 'f', 'x'.repeat(length)];
        dataset.call(commandOf(words), { db: 0, now: 0, replicated: true });
      }
    }
    const { dataset: loaded, failure } = load(encodeRdb(dataset, OPTIONS));
    expect(failure).toBeNull();
    expect(loaded.digest()).toBe(dataset.digest());
  });

  it('has the types of its version, and says how many keys there are', () => {
    const typesOf = (version: 9 | 10 | 11) => {
      const types = new Set<number>();
      const sink = { key: (key: { typeId: number }) => types.add(key.typeId) };
      const decoder = new RdbDecoder({ level: 'elements', sink });
      const payload = encodeRdb(sample(5), { ...OPTIONS, version });
      decoder.feed(payload, 0, payload.length);
      decoder.end();
      const { databases, checksum, error, version: told } = decoder.facts;
      expect({ checksum, error, told }).toEqual({ checksum: 'valid', error: null, told: version });
      for (const { keys, expires, sizeHint } of Object.values(databases!)) {
        expect(sizeHint).toEqual({ keys, expires });
      }
      return [...types].sort((a, b) => a - b);
    };
    expect(typesOf(9)).toEqual([0, 2, 4, 5, 11, 12, 13, 14, 15]);
    expect(typesOf(10)).toEqual([0, 2, 4, 5, 11, 16, 17, 18, 19]);
    expect(typesOf(11)).toEqual([0, 2, 4, 5, 11, 16, 17, 18, 20, 21]);
  });
});

describe('what cannot be loaded', () => {
  const payload = encodeRdb(sample(7), { ...OPTIONS, compress: false });
  const digest = load(payload).dataset.digest();

  it('a payload that was cut', () => {
    expect(load(payload.subarray(0, payload.length - 1)).failure).toBe('Unexpected EOF reading RDB file');
    expect(load(new Uint8Array(0)).failure).toBe('Unexpected EOF reading RDB file');
  });

  it('a payload with a changed byte', () => {
    const next = random(3);
    for (let i = 0; i < 60; i++) {
      const bytes = new Uint8Array(payload);
      bytes[next(bytes.length)]! ^= 1 + next(255);
      expect(load(bytes, i).failure).not.toBeNull();
    }
    const last = new Uint8Array(payload);
    last[payload.length - 1]! ^= 1;
    expect(load(last).failure).toBe('Wrong RDB checksum');
  });

  it('without a checksum a change in a text goes through', () => {
    const bytes = encodeRdb(sample(7), { ...OPTIONS, compress: false, checksum: false });
    expect(load(bytes)).toMatchObject({ failure: null });
    bytes[Buffer.from(bytes).indexOf('xxxxxxxx')] = 0x79;
    const changed = load(bytes);
    expect(changed.failure).toBeNull();
    expect(changed.dataset.digest()).not.toBe(digest);
  });

  it('bytes that do not follow the format', () => {
    expect(load(new RdbWriter(10).raw([99]).end()).failure).toMatch(/^Bad data format at offset 9: /);
    expect(load(Buffer.from('+OK\r\n+OK\r\n')).failure).toMatch(/^Bad data format at offset 0: /);
  });

  it('a key that stands there twice, and databases beyond the last', () => {
    const twice = new RdbWriter(10).key(0, 'k', [1, 97]).key(0, 'k', [1, 98]);
    expect(load(twice.end()).failure).toBe('RDB has a duplicated key in DB 0');
    const far = new RdbWriter(10).selectDb(16).key(0, 'k', [1, 97]);
    expect(load(far.end()).failure).toMatch(/configured to handle more than 16 databases/);
  });

  it('a value of a module', () => {
    const module = new RdbWriter(10).key(7, 'm', [0x81, 1, 2, 3, 4, 5, 6, 7, 8, 2, 5, 0]);
    expect(load(module.end()).failure).toMatch(/type that is not supported: module/);
  });

  it('the data set that was there is gone, and aggregates without elements are left out', () => {
    const dataset = sample(1);
    const loader = new RdbLoader(dataset);
    loader.write(new RdbWriter(10).key(2, 'empty', [0]).key(0, 'k', [1, 97]).end());
    expect(loader.end()).toBeNull();
    expect([...dataset.databases[0]!.keys()]).toEqual(['k']);
    expect(dataset.totalKeys()).toBe(1);
  });
});

describe('a real server', () => {
  let folder: string;
  let server: RedisServer;
  let client: RawClient;
  const digest = () => client.ask('DEBUG', 'DIGEST');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rdb-'));
    const options = ['--enable-debug-command', 'yes', '--repl-diskless-sync', 'no'];
    // The server then checks each entry of a packed value, not only its header.
    options.push('--sanitize-dump-payload', 'yes');
    server = new RedisServer(await freePort(), folder, options);
    await server.start();
    client = await RawClient.open(server.port);
  });

  afterAll(async () => {
    client.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  for (const seed of [11, 12, 13]) {
    it(`its payload gives the data set that our commands give, seed ${seed}`, async () => {
      await client.askAll([['FLUSHALL'], ...sampleCommands(seed, NOW)]);
      const listener = await StreamListener.open(server.port);
      const payload = await waitFor('the payload', () => listener.payload());
      listener.close();
      const { dataset, failure } = load(payload, seed);
      expect(failure).toBeNull();
      expect(`+${dataset.digest()}\r\n`).toBe(await digest());
      expect(dataset.digest()).toBe(sample(seed).digest());
    });
  }

  it('knows of the streams we encoded what it knows of its own', async () => {
    const facts = async () => {
      const replies = await client.askAll([
        ['SELECT', '3'],
        ['XINFO', 'STREAM', 'stream'],
        ['XINFO', 'STREAM', 'emptied'],
        ['SELECT', '0'],
      ]);
      const names = /^(length|last-generated-id|max-deleted-entry-id|entries-added|recorded-first-entry-id)$/;
      const lines = replies.join('').split('\r\n');
      return lines.flatMap((line, i) =>
        names.test(line) ? [`${line} ${lines[i + 1]} ${lines[i + 2]}`] : [],
      );
    };
    await client.askAll([['FLUSHALL'], ...sampleCommands(14, NOW)]);
    const own = await facts();
    expect(own).toHaveLength(10);
    writeFileSync(join(folder, `${server.port}.rdb`), encodeRdb(sample(14), OPTIONS));
    expect(await client.ask('DEBUG', 'RELOAD', 'NOSAVE')).toBe('+OK\r\n');
    expect(await facts()).toEqual(own);
  });

  for (const version of [9, 10] as const) {
    for (const compress of [true, false]) {
      it(`loads our version ${version}${compress ? ', compressed' : ', without checksum'}`, async () => {
        const dataset = sample(20 + version);
        const file = join(folder, `${server.port}.rdb`);
        writeFileSync(file, encodeRdb(dataset, { ...OPTIONS, version, compress, checksum: compress }));
        expect(execFileSync('redis-check-rdb', [file], { encoding: 'utf8' })).toContain('RDB looks OK');
        expect(await client.ask('DEBUG', 'RELOAD', 'NOSAVE')).toBe('+OK\r\n');
        expect(await digest()).toBe(`+${dataset.digest()}\r\n`);
      });
    }
  }
});
