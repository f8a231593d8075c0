import { describe, expect, it } from 'vitest';
import { seededRandom } from './embedded/net/seeded-random.js';
import type { Session } from './replication/model.js';
import { type Analysis, analyzePackets } from './testing/analyze-packets.js';
import { type NumberedPacket, numbered } from './testing/damage.js';
import { captureBytes, replicationFixtures } from './testing/fixtures.js';
import { packetsOf } from './testing/reframe.js';

/**
 * Captures of real servers that begin later than they did: what is then inferred from ACKs, against what the whole capture tells for
 * certain. The places are the same at each run.
 */

interface Whole {
  path: string;
  packets: NumberedPacket[];
  analysis: Analysis;
}

const JOINS = 12;

const wholes: Promise<Whole>[] = replicationFixtures().map(async ({ path }) => {
  const packets = numbered(await packetsOf(captureBytes(path)));
  return { path, packets, analysis: analyzePackets(packets) };
});

interface Joined {
  truth: Session;
  found: Session;
  at: string;
}

/** Sessions whose offsets the whole capture knows, as they are told when it begins at random places. */
async function joined(): Promise<Joined[]> {
  const pairs: Joined[] = [];
  for (const each of wholes) {
    const { path, packets, analysis } = await each;
    const random = seededRandom(packets.length);
    const truths = new Map(sessionsOf(analysis).map((session) => [keyOf(session), session]));
    for (let join = 0; join < JOINS; join++) {
      const from = Math.floor(random() * packets.length);
      for (const found of sessionsOf(analyzePackets(packets.slice(from)))) {
        const truth = truths.get(keyOf(found));
        if (truth?.offsets.basis === 'handshake' && found.offsets.basis === 'inferred')
          pairs.push({ truth, found, at: `${path} from packet ${from + 1}, ${keyOf(found)}` });
      }
    }
  }
  return pairs;
}

function sessionsOf({ links }: Analysis): Session[] {
  return links.flatMap((link) => link.sessions);
}

function keyOf(session: Session): string {
  return `${session.link.master} ${session.clientAddress}:${session.clientPort} ${session.closedAt}`;
}

/** A replica that counts otherwise than its master (drift) is believed: nothing contradicts it. */
function hasDrifted({ offsets, lag }: Session): boolean {
  return (offsets.lastAck ?? 0) > (offsets.end ?? 0) || (lag.drift ?? 0) !== 0;
}

describe('offsets inferred from ACKs', () => {
  it('are the true ones where they are called exact, and never higher', async () => {
    const pairs = (await joined()).filter(({ truth }) => !hasDrifted(truth));
    const wrong = pairs.filter(({ truth, found }) => {
      const { end, inference } = found.offsets;
      return inference?.certainty === 'exact' ? end !== truth.offsets.end : end! > truth.offsets.end!;
    });
    expect(wrong.map(({ at, truth, found }) => [at, truth.offsets, found.offsets])).toEqual([]);
    const exact = pairs.filter(({ found }) => found.offsets.inference?.certainty === 'exact');
    const right = pairs.filter(({ truth, found }) => found.offsets.end === truth.offsets.end);
    expect(pairs.length).toBeGreaterThan(150);
    expect(exact.length).toBeGreaterThan(0.6 * pairs.length);
    expect(right.length).toBeGreaterThan(0.95 * pairs.length);
  });

  it('join the link that a later handshake names', async () => {
    let joins = 0;
    for (const { truth, found, at } of await joined()) {
      const later = truth.link.sessions[truth.number];
      const asked = later?.syncs[0]?.offset ?? -1;
      const isPast = found.offsets.lastAck !== null && found.offsets.inference?.certainty === 'exact';
      if (later === undefined || asked < 0 || !isPast || asked > found.offsets.end! + 1) continue;
      joins++;
      expect(found.link.replica, at).toBe(truth.link.replica);
      expect(found.link.sessions[found.number]?.clientPort, at).toBe(later.clientPort);
    }
    expect(joins).toBeGreaterThan(10);
  });
});
