import { describe, expect, it } from 'vitest';
import type { FullSyncReason } from '../../embedded/master/psync-decision.js';
import { SCENARIOS } from '../../embedded/scenarios/index.js';
import { onlinePair, soundStream } from '../../embedded/scenarios/reconnect.js';
import type { Scenario } from '../../embedded/scenarios/scenario.js';
import type { WhyCode } from '../../replication/why.js';
import { playSyncs } from '../../testing/played-syncs.js';
import { randomStory } from '../../testing/random-story.js';

/** What the packets tell of a decision's reason, against what the master that made it says itself. */

const MISMATCH: WhyCode[] = [
  'first-attach',
  'former-master',
  'node-restarted',
  'promoted-meanwhile',
  'master-restarted',
  'backlog-freed',
  'other-master',
  'upstream-changed',
  'id-too-old',
  'run-id-changed',
  'full-sync-failed',
  'unknown',
];

/** Codes that agree with each reason of a master. */
const AGREE: Record<FullSyncReason, WhyCode[]> = {
  'asked-for': ['first-contact', 'history-lost', 'full-sync-failed', 'refused-before'],
  'unknown-id': MISMATCH,
  // A master that restarts from its RDB has what was saved as its second id.
  'past-second-id': ['diverged-after-failover', 'master-restarted', 'full-sync-failed'],
  'no-backlog': ['no-backlog', 'failover-backlog-miss', 'backlog-too-short', 'full-sync-failed'],
  'backlog-too-short': ['backlog-too-short', 'failover-backlog-miss', 'master-restarted', 'full-sync-failed'],
  // The offset granted is that of the fork, by when the master may have overtaken who was ahead of it.
  'beyond-offset': [
    'master-went-back',
    'replica-miscounted',
    'no-backlog',
    'backlog-too-short',
    'full-sync-failed',
  ],
};

interface Told {
  count: number;
  wrong: string[];
}

/** Full syncs of a story, and those whose reason as read off the wire the master's own contradicts. */
async function contradictions(
  scenario: Scenario,
  options: Parameters<typeof playSyncs>[1] = {},
): Promise<Told> {
  const { syncs } = await playSyncs(scenario, options);
  const wrong: string[] = [];
  let count = 0;
  for (const { link, channel, sync, made } of syncs) {
    if (
      channel === 'rdb' ||
      made.reason === null ||
      sync.command === 'SYNC' ||
      sync.decision === 'REFUSED' ||
      sync.why === null
    )
      continue;
    count++;
    const { code, orElse } = sync.why;
    const agrees = [code, ...orElse].some((each) => AGREE[made.reason!].includes(each as WhyCode));
    if (!agrees || (orElse.length === 0 && !AGREE[made.reason].includes(code as WhyCode)))
      wrong.push(`${link.id} ${sync.requestedAt} ${made.reason}: ${JSON.stringify(sync.why)} ${made.log[0]}`);
  }
  return { count, wrong };
}

describe('the reason of a full sync agrees with what the master says', () => {
  for (const scenario of SCENARIOS)
    it(scenario.name, async () => {
      const { wrong } = await contradictions(scenario);
      expect(wrong).toEqual([]);
    });

  it('in stories that nobody thought of', async () => {
    let count = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { scenario, options } = randomStory(seed);
      const told = await contradictions(scenario, options);
      expect(told.wrong, `seed ${seed}`).toEqual([]);
      count += told.count;
    }
    expect(count).toBeGreaterThan(80);
  }, 120_000);
});

const splitHistory: Scenario = {
  name: 'split-history',
  title:
    'a replica is promoted while the old master goes on writing: the old one has bytes that nobody else has',
  run: async (stage) => {
    const pair = await onlinePair(stage);
    await soundStream(stage, pair);
    pair.replica.line.cut();
    pair.replica.node.replicaOfNoOne();
    await stage.write(pair.master, 20, 0.5);
    pair.replica.line.mend();
    await stage.write(pair.replica, 20, 0.5);
    await stage.attach(pair.master, pair.replica);
    await soundStream(stage, { master: pair.replica, replica: pair.master });
  },
};

describe('a failover after which the old side went on', () => {
  it('has both offsets, and the bytes that are lost', async () => {
    const { syncs } = await playSyncs(splitHistory);
    const last = syncs.at(-1)!;
    expect(last.made.reason).toBe('past-second-id');
    const [, valid] = /reply up to (\d+)/.exec(last.made.log.join(' '))!;
    expect(last.sync.why).toMatchObject({ code: 'diverged-after-failover', orElse: [] });
    const { commonFrom, commonTo, lostFrom, lostTo } = last.sync.why!.evidence;
    // What was on its way when the cable was cut may have been applied, or not.
    const common = Number(valid) - 1;
    expect(commonFrom).toBeLessThanOrEqual(common);
    expect(commonTo).toBeGreaterThanOrEqual(common);
    const lost = last.sync.offset! - Number(valid);
    expect(lost).toBeGreaterThan(0);
    expect(lostFrom).toBeLessThanOrEqual(lost);
    expect(lostTo).toBeGreaterThanOrEqual(lost);
    expect(lostFrom).toBeGreaterThan(0);
  });
});
