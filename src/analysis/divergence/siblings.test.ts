import { describe, expect, it } from 'vitest';
import type { Link, Session } from '../../replication/model.js';
import { addSession, sampleLink } from '../../testing/sample-document.js';
import { seededBytes } from '../../testing/seeded-bytes.js';
import { BLOCK_BYTES, MAX_BLOCKS, MAX_PAIRS } from './limits.js';
import type { SiblingStream } from './sibling-stream.js';
import { Siblings } from './siblings.js';

const REPLID = 'a'.repeat(40);
const HISTORY = seededBytes(40 * BLOCK_BYTES, 1);

function session(link: Link): Session {
  return addSession(link);
}

function links(count: number): Session[] {
  return Array.from({ length: count }, (_, i) => session(sampleLink({ id: `m<-r${i}` })));
}

/** Feeds the history's bytes at offsets [from, to) in pieces of at most `piece`. The byte at offset n is HISTORY[n]. */
function feed(stream: SiblingStream, from: number, to: number, piece = 1448, bytes = HISTORY): void {
  for (let at = from; at < to; at += piece)
    stream.data(bytes, at, Math.min(to, at + piece), at, at, Math.floor(at / piece));
}

describe('two links of one history', () => {
  const bothFrom = (a: number, b: number, to: number, piece: [number, number] = [1448, 7]) => {
    const siblings = new Siblings();
    const [one, other] = links(2).map((each) => siblings.follow(each, REPLID, () => true));
    feed(one!, a, to, piece[0]);
    feed(other!, b, to, piece[1]);
    return siblings.pairs();
  };

  it('are equal over every byte when they began at the same offset, however the bytes came', () => {
    for (const piece of [1, 7, 1448, 4096, 65_536, 200_000] as const) {
      const [pair] = bothFrom(1001, 1001, 100_000, [1448, piece]);
      expect(pair).toMatchObject({ replid: REPLID, equalBytes: 98_999, differingBytes: 0, first: null });
    }
  });

  it('are compared from the next block on when they began at different offsets', () => {
    const [pair] = bothFrom(1001, 9000, 100_000);
    const from = Math.ceil(9000 / BLOCK_BYTES) * BLOCK_BYTES;
    expect(pair).toMatchObject({ equalBytes: 100_000 - from, first: null });
  });

  it('have nothing to compare where they do not overlap', () => {
    const siblings = new Siblings();
    const [one, other] = links(2).map((each) => siblings.follow(each, REPLID, () => true));
    feed(one!, 1, 50_000);
    feed(other!, 60_000, 90_000);
    expect(siblings.pairs()).toEqual([]);
  });

  it('a block with a hole is not compared, what is around it is', () => {
    const siblings = new Siblings();
    const [one, other] = links(2).map((each) => siblings.follow(each, REPLID, () => true));
    feed(one!, 0, 10 * BLOCK_BYTES);
    feed(other!, 0, 2 * BLOCK_BYTES + 100);
    feed(other!, 2 * BLOCK_BYTES + 101, 10 * BLOCK_BYTES);
    expect(siblings.pairs()[0]).toMatchObject({ equalBytes: 9 * BLOCK_BYTES, first: null });
  });

  it('the first block that differs is named, with its sessions and packets', () => {
    const siblings = new Siblings();
    const sessions = links(2);
    const [one, other] = sessions.map((each) => siblings.follow(each, REPLID, () => true));
    const tampered = Uint8Array.from(HISTORY);
    tampered[5 * BLOCK_BYTES + 17] = HISTORY[5 * BLOCK_BYTES + 17]! ^ 1;
    tampered[9 * BLOCK_BYTES] = HISTORY[9 * BLOCK_BYTES]! ^ 0x80;
    feed(one!, 0, 20 * BLOCK_BYTES, 1000);
    feed(other!, 0, 20 * BLOCK_BYTES, 500, tampered);
    const [pair] = siblings.pairs();
    expect(pair).toMatchObject({ equalBytes: 18 * BLOCK_BYTES, differingBytes: 2 * BLOCK_BYTES });
    expect(pair!.first).toMatchObject({ from: 5 * BLOCK_BYTES, to: 6 * BLOCK_BYTES - 1 });
    expect(pair!.first!.sessions).toEqual(sessions);
    // The packet with the block's last byte, in pieces of 1000 and of 500.
    const last = 6 * BLOCK_BYTES - 1;
    expect(pair!.first!.packets).toEqual([Math.floor(last / 1000), Math.floor(last / 500)]);
  });

  it('one byte more or less makes every block differ: offsets are what is compared', () => {
    const siblings = new Siblings();
    const [one, other] = links(2).map((each) => siblings.follow(each, REPLID, () => true));
    feed(one!, 0, 5 * BLOCK_BYTES);
    other!.data(HISTORY, 1, 5 * BLOCK_BYTES + 1, 0, 0, 1);
    expect(siblings.pairs()[0]).toMatchObject({ equalBytes: 0, differingBytes: 5 * BLOCK_BYTES });
  });

  it('a connection whose bytes were captured in two versions proves nothing', () => {
    const siblings = new Siblings();
    const [one, other] = links(2).map((each, i) => siblings.follow(each, REPLID, () => i === 0));
    feed(one!, 0, 3 * BLOCK_BYTES);
    feed(other!, 0, 3 * BLOCK_BYTES, 999, Uint8Array.from(HISTORY).fill(0, 0, 10));
    expect(siblings.pairs()[0]).toMatchObject({
      equalBytes: 2 * BLOCK_BYTES,
      differingBytes: 0,
      first: null,
    });
  });
});

describe('who is compared with whom', () => {
  it('nobody while there is one link, however often it reconnects', () => {
    const siblings = new Siblings();
    const link = sampleLink();
    for (let i = 0; i < 3; i++)
      feed(
        siblings.follow(session(link), REPLID, () => true),
        0,
        50_000,
      );
    expect(siblings.pairs()).toEqual([]);
  });

  it('each two of three links, and none of another history', () => {
    const siblings = new Siblings();
    const three = links(4).map((each, i) =>
      siblings.follow(each, i < 3 ? REPLID : 'b'.repeat(40), () => true),
    );
    for (const stream of three) feed(stream, 0, 8 * BLOCK_BYTES);
    expect(siblings.pairs().map(({ equalBytes }) => equalBytes)).toEqual(Array(3).fill(8 * BLOCK_BYTES));
  });

  it('what a link was sent before it had a sibling is not known', () => {
    const siblings = new Siblings();
    const [first, second] = links(2);
    const one = siblings.follow(first!, REPLID, () => true);
    feed(one, 0, 20_000);
    const other = siblings.follow(second!, REPLID, () => true);
    feed(one, 20_000, 60_000);
    feed(other, 0, 60_000);
    const from = Math.ceil(20_000 / BLOCK_BYTES) * BLOCK_BYTES;
    expect(siblings.pairs()[0]).toMatchObject({ equalBytes: 60_000 - from, first: null });
  });

  it('a sibling further behind than what is remembered is not compared, and not found to differ', () => {
    const siblings = new Siblings();
    const [one, other] = links(2).map((each) => siblings.follow(each, REPLID, () => true));
    const span = HISTORY.length;
    const spans = Math.ceil((MAX_BLOCKS * BLOCK_BYTES) / span) + 2;
    const endless = (stream: SiblingStream, count: number) => {
      for (let i = 0; i < count; i++) stream.data(HISTORY, 0, span, i * span, i, i);
    };
    endless(one!, spans);
    endless(other!, spans);
    const [pair] = siblings.pairs();
    expect(pair).toMatchObject({ equalBytes: MAX_BLOCKS * BLOCK_BYTES, differingBytes: 0 });
  });

  it('pairs are bounded', () => {
    const siblings = new Siblings();
    const many = links(60).map((each) => siblings.follow(each, REPLID, () => true));
    for (const stream of many) feed(stream, 0, BLOCK_BYTES);
    expect(siblings.pairs().length).toBe(MAX_PAIRS);
  });
});
