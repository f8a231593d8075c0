import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { RULES } from './analysis/findings/rules.js';
import type { Thresholds } from './analysis/findings/thresholds.js';
import { analyze } from './index.js';
import { tsharkCommand } from './report/findings/packet-filter.js';

/**
 * What is found in captures whose story is known, of real servers and of the embedded pair: what the story holds, and nothing else. A
 * capture that is not named here is sound. Notes (info) are named, too.
 */
const FOUND: Readonly<Record<string, readonly string[]>> = {
  // The snapshot's child was killed, then the replica; the third try came through.
  'aborted-transfer-redis-7.2.6': ['transfer-aborted', 'transfer-aborted'],
  'any-device-redis-6.2.5.snap96': ['capture-drops'],
  'auth-redis-5.0.14': ['auth-failed'],
  'backlog-overflow-redis-3.0.7': ['backlog-overflow'],
  'backlog-overflow-redis-7.2.6': ['backlog-overflow'],
  // Stopped for five seconds.
  'lagging-replica-redis-6.2.5': ['acks-late'],
  // Stopped for longer than a repl-timeout of five seconds.
  'repl-timeout-redis-6.2.5': ['replica-frozen'],
  'veth-lossy-redis-7.0.15': ['network-loss'],

  'acks-missing-redis-7.0.15': ['acks-missing'],
  'big-command-redis-7.0.15': ['big-command'],
  'capture-clock-redis-7.2.6': ['capture-clock'],
  'capture-one-direction-redis-7.2.6': ['capture-one-direction', 'capture-one-direction'],
  // Three links: master ← replica, master ← proxy, proxy ← replica; the last one differs from both.
  'divergence-redis-7.0.15': ['divergence', 'divergence'],
  'drift-redis-7.0.15': ['drift'],
  'expiry-storm-redis-7.0.15': ['expiry-storm'],
  // The old master, and the sibling that had followed it for too long.
  'failover-cost-redis-7.0.15': ['failover-cost', 'failover-cost'],
  // Two replicas.
  'master-emptied-redis-7.0.15': ['master-emptied', 'master-emptied'],
  'output-buffer-limit-redis-7.0.15': ['backlog-overflow', 'output-buffer-limit', 'replica-frozen'],
  'ping-missing-redis-7.0.15': ['ping-missing'],
  'rdb-aux-mismatch-redis-7.0.15': ['rdb-aux-mismatch'],
  'replica-frozen-redis-7.0.15': ['replica-frozen'],
  // The old master, which took in what its clients had sent while it stood still.
  'sentinel-failover-redis-7.0.15': ['failover-cost'],
  'resync-loop-redis-7.0.15': ['resync-loop', ...Array(8).fill('transfer-aborted')],

  'auth-failure': ['auth-failed'],
  'backlog-miss': ['backlog-overflow'],
  'corrupt-payload': ['checksum-invalid', 'transfer-aborted'],
  drift: ['drift'],
  'lagging-replica': ['acks-late', 'lag-high'],
  'lossy-capture': ['capture-drops'],
  // The master comes back without its data.
  'replid-mismatch': ['master-emptied'],
  'resync-loop': ['resync-loop', ...Array(4).fill('transfer-aborted')],
  'snapped-capture': ['capture-drops'],
  'timed-out-replica': ['replica-frozen'],
  tour: ['lag-high'],
};

/** What is found only when somebody says what is configured. */
const FOUND_WITH: readonly [name: string, thresholds: Partial<Thresholds>, code: string][] = [
  ['transfer-slow-redis-7.0.15', { replTimeoutMs: 6_000 }, 'transfer-slow'],
  ['loading-nomasterlink-redis-6.2.5', { notReadyMs: 2_000 }, 'not-ready'],
  ['replica-frozen-redis-7.0.15', { minReplicas: 1 }, 'min-replicas'],
];

const CAPTURES = ['captures', 'embedded', 'findings']
  .map((name) => fileURLToPath(new URL(`../fixtures/${name}/`, import.meta.url)))
  .flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => /\.pcap(ng)?(\.gz)?$/.test(file))
      .map((file) => ({ name: file.replace(/\.pcap(ng)?(\.gz)?$/, ''), path: folder + file })),
  );

const missing = ['tshark', 'mergecap'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
/** In CI nothing of this may be left out unnoticed. */
const hasTshark = missing.length === 0 || process.env.CI === 'true';

const pathOf = (name: string): string => CAPTURES.find((each) => each.name === name)!.path;

describe('findings of captures whose story is known', () => {
  it.each(CAPTURES)('$name', async ({ name, path }) => {
    const { findings } = await analyze(path);
    expect(findings.map(({ code }) => code).sort()).toEqual(FOUND[name] ?? []);
  });

  it.each(FOUND_WITH)('%s with %j: %s', async (name, thresholds, code) => {
    const { findings } = await analyze(pathOf(name), { thresholds });
    expect(findings.map((each) => each.code)).toContain(code);
  });

  it('all of them are there, and each rule is shown by one', () => {
    const names = CAPTURES.map(({ name }) => name);
    expect(Object.keys(FOUND).filter((name) => !names.includes(name))).toEqual([]);
    const shown = new Set([...Object.values(FOUND).flat(), ...FOUND_WITH.map(([, , code]) => code)]);
    expect([...shown].sort()).toEqual(RULES.map(({ code }) => code).sort());
  });
});

describe.skipIf(!hasTshark)('the command printed with a finding', () => {
  const stories = [
    ...Object.keys(FOUND).map((name) => [name, {}] as const),
    ...FOUND_WITH.map(([name, thresholds]) => [name, thresholds] as const),
  ];

  it.each(stories)(
    '%s %j: shows the packets named, and others of the same connections alone',
    async (name, thresholds) => {
      const path = pathOf(name);
      const { findings } = await analyze(path, { thresholds });
      expect(findings.length).toBeGreaterThan(0);
      for (const { code, filter, packets } of findings) {
        expect(packets.length, code).toBeGreaterThan(0);
        const command = tsharkCommand([path], false, filter!)!;
        const fields = '-T fields -e frame.number -e tcp.stream';
        const rows = execFileSync('sh', ['-c', `${command} ${fields}`], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        })
          .trim()
          .split('\n')
          .map((row) => row.split('\t'));
        const shown = rows.map(([number]) => Number(number));
        expect(shown, code).toEqual(expect.arrayContaining(packets));
        expect([shown[0], shown.at(-1)], code).toEqual([packets[0], packets.at(-1)]);
      }
    },
  );
});
