import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { analyze } from './index.js';

/**
 * What is found in captures whose story is known, of real servers and of the embedded pair: what the story holds, and nothing else. A
 * capture that is not named here is sound: it may have notes (info), no more.
 */
const FOUND: Readonly<Record<string, readonly string[]>> = {
  // The snapshot's child was killed, then the replica; the third try came through.
  'aborted-transfer-redis-7.2.6': ['resync-loop', 'transfer-aborted', 'transfer-aborted'],
  'any-device-redis-6.2.5.snap96': ['capture-drops'],
  'auth-redis-5.0.14': ['auth-failed'],
  'backlog-overflow-redis-3.0.7': ['backlog-overflow'],
  'backlog-overflow-redis-7.2.6': ['backlog-overflow'],
  // Stopped for five seconds.
  'lagging-replica-redis-6.2.5': ['acks-late'],
  // Stopped for longer than a repl-timeout of five seconds.
  'repl-timeout-redis-6.2.5': ['replica-frozen'],
  'veth-lossy-redis-7.0.15': ['network-loss'],
  'auth-failure': ['auth-failed'],
  'backlog-miss': ['backlog-overflow'],
  'corrupt-payload': ['checksum-invalid'],
  drift: ['drift'],
  'lagging-replica': ['acks-late', 'lag-high'],
  'lossy-capture': ['capture-drops'],
  'resync-loop': ['resync-loop', ...Array(4).fill('transfer-aborted')],
  'snapped-capture': ['capture-drops'],
  'timed-out-replica': ['replica-frozen'],
  tour: ['lag-high'],
};

const FOLDERS = ['captures', 'embedded'].map((name) =>
  fileURLToPath(new URL(`../fixtures/${name}/`, import.meta.url)),
);

const CAPTURES = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => /\.pcap(ng)?(\.gz)?$/.test(file))
    .map((file) => ({ name: file.replace(/\.pcap(ng)?(\.gz)?$/, ''), path: folder + file })),
);

describe('findings of captures whose story is known', () => {
  it.each(CAPTURES)('$name', async ({ name, path }) => {
    const { findings } = await analyze(path);
    const codes = findings.filter(({ severity }) => severity !== 'info').map(({ code }) => code);
    expect(codes.sort()).toEqual(FOUND[name] ?? []);
  });

  it('all of them are there', () => {
    const names = CAPTURES.map(({ name }) => name);
    expect(Object.keys(FOUND).filter((name) => !names.includes(name))).toEqual([]);
  });
});
