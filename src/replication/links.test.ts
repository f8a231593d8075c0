import { expect, it } from 'vitest';
import { addSession, sampleLink, sampleSync } from '../testing/sample-document.js';
import { mainSessionOf, rdbSessionOf } from './channels.js';
import { KEPT_FIRST_SESSIONS, MAX_SESSIONS, MAX_SESSIONS_PER_LINK } from './limits.js';
import { Links } from './links.js';
import type { Link, Session } from './model.js';

/** Sessions that come and go; only what Links reads of them differs. */
const closed: Session = addSession(sampleLink({}), { closedAt: 1 });
const session = (firstSeenAt: number, closedAt: number | null = firstSeenAt): Session => ({
  ...closed,
  firstSeenAt,
  closedAt,
});

function expectNumbered({ sessions }: Link): void {
  expect(sessions.every(({ number }, i) => number === i + 1)).toBe(true);
}

it('a replica that comes back for days: its beginning and its latest sessions are there', () => {
  const links = new Links();
  const link = links.find('m:1', 'r:1', true);
  const count = MAX_SESSIONS_PER_LINK + 2500;
  for (let i = 0; i < count; i++) links.enter(link, session(i, i === 1500 ? null : i));
  expect(link.sessions.length).toBeLessThanOrEqual(MAX_SESSIONS_PER_LINK);
  expect(link.sessions.at(-1)!.firstSeenAt).toBe(count - 1);
  expect(link.sessions[KEPT_FIRST_SESSIONS - 1]!.firstSeenAt).toBe(KEPT_FIRST_SESSIONS - 1);
  expect(link.sessions.some(({ firstSeenAt }) => firstSeenAt === 1500)).toBe(true);
  expect(link.sessions.length + links.unlisted).toBe(count);
  expectNumbered(link);
});

it('is so when all links together have as many as are kept', () => {
  const links = new Links();
  const busy = Array.from({ length: 6 }, (_, i) => links.find('m:1', `r:${i}`, true));
  for (let i = 0; i < MAX_SESSIONS; i++) links.enter(busy[i % 6]!, session(i));
  const late = links.find('m:1', 'r:late', true);
  links.enter(late, session(1));
  // Nothing of its own could make room.
  expect([late.sessions.length, links.unlisted]).toEqual([0, 1]);
  links.enter(busy[0]!, session(MAX_SESSIONS));
  expect(busy[0]!.sessions.at(-1)!.firstSeenAt).toBe(MAX_SESSIONS);
  links.enter(late, session(2));
  expect(late.sessions.length).toBe(1);
  expectNumbered(busy[0]!);
});

it('none is dropped that is open', () => {
  const links = new Links();
  const link = links.find('m:1', 'r:1', true);
  for (let i = 0; i <= MAX_SESSIONS_PER_LINK; i++) links.enter(link, session(i, null));
  expect([link.sessions.length, links.unlisted]).toEqual([MAX_SESSIONS_PER_LINK, 1]);
});

it('the connections of a two-connection sync are found after sessions before them were forgotten', () => {
  const links = new Links();
  const link = links.find('m:1', 'r:1', true);
  const syncs = [sampleSync({ decision: 'DUALCHANNEL' })];
  const dual = (): [Session, Session] => {
    const main = { ...session(1), syncs };
    const rdb: Session = { ...session(1), channel: 'rdb' };
    links.enter(link, main);
    links.enter(link, rdb);
    return [main, rdb];
  };
  for (let i = 0; i < KEPT_FIRST_SESSIONS; i++) links.enter(link, session(i));
  const [gone, goneToo] = dual();
  for (let i = link.sessions.length; i < MAX_SESSIONS_PER_LINK - 2; i++) links.enter(link, session(i));
  const [kept, keptToo] = dual();
  expect(rdbSessionOf(gone)).toBe(goneToo);
  // Makes room: those behind the beginning go, others get their numbers.
  const [latest, latestToo] = dual();
  expect(link.sessions.includes(gone)).toBe(false);
  expect([rdbSessionOf(kept), rdbSessionOf(latest)]).toEqual([keptToo, latestToo]);
  expect([mainSessionOf(keptToo), mainSessionOf(latestToo)]).toEqual([kept, latest]);
  // The number of one that is gone is another one's by now.
  link.sessions[gone.number] = { ...keptToo };
  expect([rdbSessionOf(gone), mainSessionOf(goneToo)]).toEqual([null, null]);
});
