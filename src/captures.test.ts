import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { analyze } from './index.js';
import { FactComparison } from './testing/compare-facts.js';
import { captureBytes, publicFixtures, replicationFixtures } from './testing/fixtures.js';

/**
 * Recorded captures of real servers against facts that another program took from the same bytes.
 */

/**
 * Newlines that the expectations do not count although the contract does (bare newlines, both directions, whole session): the
 * replica says one while it drops its old data after the payload. `tshark -r FILE -Y 'tcp.payload == 0a'` shows each of them
 * in the frame given, from that client port to the master.
 */
const NEWLINES: Record<string, { frame: number; clientPort: number }[]> = {
  'backlog-overflow-redis-3.0.7.pcap': [{ frame: 271, clientPort: 46769 }],
  'backlog-overflow-redis-7.2.6.pcap': [{ frame: 252, clientPort: 48006 }],
  'replid-mismatch-redis-6.0.20.pcap': [{ frame: 356, clientPort: 41900 }],
  'replicaof-switch-redis-4.0.14.pcap': [
    { frame: 279, clientPort: 37985 },
    { frame: 471, clientPort: 42783 },
    { frame: 691, clientPort: 37141 },
  ],
  'old-master-redis-2.6.17.pcap': [{ frame: 436, clientPort: 40157 }],
};

/** Facts of a payload's content can only be compared once it was decoded; who wrote it is known from its first bytes. */
function isUndecoded(path: string, holder: { [key: string]: unknown }): boolean {
  return /\.payload\.rdb\.(?!version|server)/.test(path) && holder.keys === null;
}

describe('recorded links', () => {
  for (const { name, path, expectation } of replicationFixtures()) {
    it(`${name}: every fact holds`, async () => {
      expect(createHash('sha256').update(captureBytes(path)).digest('hex')).toBe(expectation.sha256);
      for (const { clientPort } of NEWLINES[name] ?? []) {
        const sessions = expectation.facts.links.flatMap((link) => link.sessions);
        const session = sessions.find((each) => each.clientPort === clientPort)!;
        session.stream = { ...(session.stream as object), keepaliveNewlines: 1 };
      }
      const comparison = new FactComparison(isUndecoded).compare(expectation, await analyze(path));
      expect(comparison.mismatches).toEqual([]);
      expect(comparison.total).toBeGreaterThan(5);
    });
  }

  it('are enough to mean something', () => {
    expect(replicationFixtures().length).toBeGreaterThan(35);
  });
});

describe('traffic of other kinds', () => {
  for (const path of publicFixtures())
    it(`${path.split('/').slice(-2).join('/')}: no link`, async () => {
      const { links, capture, ignored } = await analyze(path);
      expect(links).toEqual([]);
      expect(capture.packets).toBeGreaterThan(0);
      expect(ignored.connections + ignored.encryptedConnections).toBeGreaterThan(0);
    });
});
