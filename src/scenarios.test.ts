import { describe, expect, it } from 'vitest';
import { SCENARIOS } from './embedded/scenarios/index.js';
import type { Scenario } from './embedded/scenarios/scenario.js';
import { compareAccount, type Difference } from './testing/compare-account.js';
import { randomStory } from './testing/random-story.js';
import { deliveries, playAndTell, type ToldAndKnown } from './testing/told-and-known.js';

/** The analyzer's summary of what the embedded pair plays says what the pair itself knows (src/testing/pair-account.ts). */

const SEEDS = [1, 2, 3];
const RANDOM_STORIES = 80;
const FIRST_RANDOM = Number(process.env.PSYNCSCOPE_STORY ?? 1);

const FAULTY = SCENARIOS.filter(
  ({ faults, captureFrom }) => faults !== undefined || captureFrom !== undefined,
);
const SOUND = SCENARIOS.filter((scenario) => !FAULTY.includes(scenario));

function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`no scenario ${name}`);
  return found;
}

/** Plays each seed in turn; every one has links and nobody's log is full. */
async function played(name: string, seeds = SEEDS): Promise<ToldAndKnown[]> {
  const stories: ToldAndKnown[] = [];
  for (const seed of seeds) {
    const story = await playAndTell(scenarioNamed(name), { live: false, seed });
    expectWhole(story);
    expect(story.account.length).toBeGreaterThan(0);
    stories.push(story);
  }
  return stories;
}

function expectWhole(story: ToldAndKnown): void {
  expect(story.internalErrors).toEqual([]);
  expect(isLogFull(story)).toBe(false);
}

function isLogFull({ played: { actors } }: ToldAndKnown): boolean {
  return actors.some(({ node }) => node.log.dropped > 0 || node.links.some(({ log }) => log.dropped > 0));
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

function sessionsOf({ summary }: ToldAndKnown) {
  return summary.links.flatMap((link) => link.sessions);
}

/** Differences in other facts than those whose names begin with one of these. */
function besides(differences: readonly Difference[], ...names: string[]): Difference[] {
  return differences.filter(({ what }) => !names.some((name) => what.startsWith(name)));
}

describe('a sound capture', () => {
  it.each(SOUND.map(({ name }) => name))('of %s tells what the servers know', async (name) => {
    for (const { account, summary } of await played(name))
      expect(compareAccount(account, summary)).toEqual([]);
  });

  it('has the times of the master itself', async () => {
    for (const story of await played('first-sync-disk')) {
      const all = deliveries(story);
      expect(all.length).toBeGreaterThan(10);
      expect(all.filter(({ writtenAt, passedAt }) => writtenAt !== passedAt)).toEqual([]);
    }
  });

  it('has later ones where TCP lets nothing through, and none of what was dropped', async () => {
    const all = (await played('resync-loop')).flatMap(deliveries);
    expect(all.filter(({ writtenAt, passedAt }) => passedAt !== null && passedAt < writtenAt)).toEqual([]);
  });
});

describe('a capture with faults', () => {
  it('that misses packets counts them, and no offset moves', async () => {
    for (const story of await played('lossy-capture', [1, 2, 3, 4, 5, 6, 7, 8])) {
      const { account, summary } = story;
      const sessions = sessionsOf(story);
      const missing = sessions.reduce((total, { loss }) => total + loss.missingBytes, 0);
      expect(missing).toBe(sum(story.played.faults.missingBytes));
      expect(summary.links.map(({ id }) => id)).toEqual(account.map(({ id }) => id));
      const offsets = compareAccount(account, summary).filter(({ what }) =>
        ['offsets.start', 'offsets.end', 'stream.bytes', 'payload.bytes', 'sessions'].includes(what),
      );
      expect(offsets).toEqual([]);
      const known = account.flatMap((link) => link.sessions.flatMap(({ syncs }) => syncs));
      const told = sessions.flatMap(({ syncs }) => syncs);
      expect(told.map(({ decision }) => decision)).toEqual(known.map(({ decision }) => decision));
    }
  });

  it('that cuts packets tells all but what was cut away', async () => {
    for (const story of await played('snapped-capture')) {
      const differences = compareAccount(story.account, story.summary);
      const missing = sessionsOf(story).reduce((total, { loss }) => total + loss.missingBytes, 0);
      expect(missing).toBe(sum(story.played.faults.cutBytes));
      const cut = ['capabilities', 'payload.sha256', 'payload.keys', 'stream.', 'loss.'];
      expect(besides(differences, ...cut)).toEqual([]);
      expect(differences.filter(({ what }) => what === 'stream.bytes')).toEqual([]);
      expect(story.summary.capture.cutPackets).toBe(story.played.faults.cutPackets);
    }
  });

  it('that begins late knows offsets by their ACKs, and all of what begins later', async () => {
    for (const { account, summary } of await played('midstream-capture')) {
      const [joined, later] = account[0]!.sessions;
      const told = summary.links[0]!.sessions[0]!;
      expect(told).toMatchObject({
        joinedMidstream: true,
        clientPort: joined!.clientPort,
        closedBy: joined!.closedBy,
        offsets: { basis: 'inferred', end: joined!.offsets.end, lastAck: joined!.offsets.lastAck },
        drift: joined!.lag!.drift,
      });
      expect(told.offsets.end! - told.stream.bytes).toBe(told.offsets.start);
      const differences = compareAccount(account, summary);
      expect(differences.filter(({ where }) => where.endsWith(`from ${later!.clientPort}`))).toEqual([]);
      expect(
        besides(
          differences.filter(({ where }) => !where.includes(' from ')),
          'fullResyncs',
        ),
      ).toEqual([]);
    }
  });

  it('that has every packet twice tells the same as one that has it once', async () => {
    for (const story of await played('mirror-port')) {
      expect(compareAccount(story.account, story.summary)).toEqual([]);
      const copies = sessionsOf(story).reduce((total, { loss }) => total + loss.duplicatePackets, 0);
      expect(copies).toBeGreaterThan(0);
      expect(copies).toBeLessThanOrEqual(story.played.faults.duplicatedPackets);
    }
  });

  it('of a bad network counts what was sent again; times move with the packets', async () => {
    for (const story of await played('bad-network')) {
      const { faults } = story.played;
      const again = sessionsOf(story).reduce((total, { loss }) => total + loss.retransmittedBytes, 0);
      expect(again).toBe(sum(faults.retransmittedBytes));
      const differences = compareAccount(story.account, story.summary, 10);
      // A packet that comes late changes what lies between it and the next ACK.
      expect(besides(differences, 'lag.', 'behind.')).toEqual([]);
    }
  });

  it('is tested in every kind there is', () => {
    const tested = ['lossy-capture', 'snapped-capture', 'midstream-capture', 'mirror-port', 'bad-network'];
    expect(FAULTY.map(({ name }) => name)).toEqual(tested);
  });
});

describe('stories that nobody thought of', () => {
  it(`of ${RANDOM_STORIES} seeds are told as the servers know them`, async () => {
    let compared = 0;
    let sessions = 0;
    for (let seed = FIRST_RANDOM; seed < FIRST_RANDOM + RANDOM_STORIES; seed++) {
      const { scenario, options } = randomStory(seed);
      const lines: string[] = [];
      const story = await playAndTell(scenario, { ...options, narrate: (text) => lines.push(text) });
      expect(story.internalErrors).toEqual([]);
      // A replica that is refused at once, over and over, fills any log; nobody knows all of that story any more.
      if (isLogFull(story)) continue;
      compared++;
      const differences = compareAccount(story.account, story.summary);
      const again = `PSYNCSCOPE_STORY=${seed} plays it again: ${JSON.stringify(options)}\n${lines.join('\n')}`;
      expect(differences, again).toEqual([]);
      sessions += sessionsOf(story).length;
    }
    expect(compared).toBeGreaterThan(0.95 * RANDOM_STORIES);
    expect(sessions).toBeGreaterThan(2 * RANDOM_STORIES);
  }, 180_000);
});

describe('over real sockets', () => {
  /** ms by which the two who look at a packet may be apart on a busy machine. */
  const APART = 50;

  it('the summary tells what the servers know', async () => {
    const names = ['first-sync-disk', 'partial-resync', 'dual-channel'];
    const stories = await Promise.all(
      names.map((name, i) => playAndTell(scenarioNamed(name), { live: true, seed: 11 + i })),
    );
    for (const story of stories) {
      expectWhole(story);
      expect(sessionsOf(story).length).toBeGreaterThan(0);
      expect(compareAccount(story.account, story.summary, APART)).toEqual([]);
    }
  });
});
