import { describe, expect, it } from 'vitest';
import { seededRandom } from '../net/seeded-random.js';
import { History, IdSource, NO_REPLID } from './history.js';

const history = (): History => new History(new IdSource(seededRandom(7)));

describe('a replication history', () => {
  it('begins with a random id of 40 hex digits and no second one', () => {
    const { replid, replid2, secondOffset, offset } = history();
    expect(replid).toMatch(/^[0-9a-f]{40}$/);
    expect([replid2, secondOffset, offset]).toEqual([NO_REPLID, -1, 0]);
    expect(history().replid).toBe(replid);
  });

  it('keeps the old id as the second one when it shifts, up to the byte that comes next', () => {
    const it = history();
    const before = it.replid;
    it.offset = 500;
    it.shift();
    expect(it.replid).not.toBe(before);
    expect([it.replid2, it.secondOffset, it.offset]).toEqual([before, 501, 500]);
    it.shift();
    expect(it.replid2).not.toBe(before);
  });

  it('has no second id in a history of its own or in one that was taken over', () => {
    const it = history();
    it.shift();
    it.renew();
    expect([it.replid2, it.secondOffset]).toEqual([NO_REPLID, -1]);
    it.shift();
    it.adopt('a'.repeat(40), 77);
    expect([it.replid, it.offset, it.replid2, it.secondOffset]).toEqual(['a'.repeat(40), 77, NO_REPLID, -1]);
  });

  it('takes the id of the snapshot it starts from as the second one', () => {
    const it = history();
    const { replid } = it;
    it.restore('b'.repeat(40), 99);
    expect([it.replid, it.replid2, it.secondOffset, it.offset]).toEqual([replid, 'b'.repeat(40), 100, 99]);
  });
});

describe('ids', () => {
  it('show the next one without using it up, as a forked child draws the mark', () => {
    const ids = new IdSource(seededRandom(1));
    const mark = ids.peek();
    expect(ids.peek()).toBe(mark);
    expect(ids.take()).toBe(mark);
    expect(ids.peek()).not.toBe(mark);
  });
});
