import { Chalk } from 'chalk';
import { expect, it } from 'vitest';
import { Analyzer } from '../../analyzer.js';
import { MemorySource } from '../../capture/byte-source.js';
import { openByteSource } from '../../capture/open.js';
import { captureBytes, fixture } from '../../testing/fixtures.js';
import { displayWidth } from '../width.js';
import { MAX_EVENTS_PER_LINK, RecentEvents } from './recent-events.js';

const PATH = fixture('backlog-overflow-redis-7.2.6.pcap').path;

async function recorded(): Promise<{ events: RecentEvents; link: string }> {
  const events = new RecentEvents({ chalk: new Chalk({ level: 0 }), zone: 'utc' });
  const analyzer = new Analyzer({ onEvent: (event) => events.add(event) });
  const reader = await openByteSource(new MemorySource(captureBytes(PATH)), PATH);
  for (let batch = await reader.next(); batch !== null; batch = await reader.next())
    analyzer.run(batch, 0, batch.count);
  analyzer.finish();
  return { events, link: analyzer.links()[0]!.id };
}

it('an event fits on a line of an ordinary terminal, with what it means', async () => {
  const { events, link } = await recorded();
  const lines = events.of(link, 80);
  const decided = lines.findLast((line) => line.includes('FULLRESYNC'));
  expect(decided).toMatch(
    /^04:40:39 {2}→ replica {2}FULLRESYNC .* at 120,250 {2}backlog miss: 113,520 bytes/,
  );
  const handshake = lines.filter((line) => /PING|REPLCONF|PSYNC|online/.test(line));
  expect(handshake.length).toBeGreaterThan(5);
  for (const line of handshake) expect(displayWidth(line)).toBeLessThanOrEqual(80);
});

it('a wide one has the columns of the other commands', async () => {
  const { events, link } = await recorded();
  const lines = events.of(link, 132);
  expect(lines.at(-1)).toMatch(/^04:40:\d\d\.\d{6} {2}(replica → master|master → replica) {2}\S/);
  expect(lines.some((line) => /PSYNC dc799145… 6,731$/.test(line))).toBe(true);
});

it('only the latest are kept', async () => {
  const { events, link } = await recorded();
  const before = events.of(link, 80);
  expect(before.length).toBeLessThanOrEqual(MAX_EVENTS_PER_LINK);
  expect(events.of('another', 80)).toEqual([]);
});
