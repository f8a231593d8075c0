import { expect, it } from 'vitest';
import './matchers.js';

const CAPTURES = new URL('../../fixtures/captures/', import.meta.url).pathname;
const BRIDGED = `${CAPTURES}partial-resync-redis-7.2.6.pcap.gz`;
const MISSED = `${CAPTURES}backlog-overflow-redis-7.2.6.pcap.gz`;

it('a short break costs no full resync', async () => {
  await expect(BRIDGED).toSatisfyAssertions({
    limits: { maxFullResyncs: 1, noGaps: true, requireOnline: true },
  });
  await expect(BRIDGED).toSatisfyAssertions({
    expressions: ['links.all(l, l.partialResyncs == l.reconnects)'],
  });
});

it('a failure says why', async () => {
  const failing = expect(MISSED).toSatisfyAssertions({ limits: { maxFullResyncs: 1 } });
  await expect(failing).rejects.toThrow(
    /links\[0\]\.fullResyncs is 2[\s\S]*CONFIG SET repl-backlog-size 1mb/,
  );
});

it('nothing to check is no pass', async () => {
  const failing = expect('nowhere/*.pcap').toSatisfyAssertions({ limits: { maxFullResyncs: 1 } });
  await expect(failing).rejects.toThrow('no capture matched nowhere/*.pcap');
});
