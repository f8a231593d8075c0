import { describe, expect, it } from 'vitest';
import { type Conversation, conversationsOf } from '../../testing/conversations.js';
import { replicationFixtures } from '../../testing/fixtures.js';
import { LinkStage } from '../../testing/link-stage.js';
import { RequestParser } from '../wire/request-parser.js';
import type { HandshakeStyle, ReplicaSettings } from './host.js';

/**
 * The recorded captures of real servers, played again: what the real master said is said to our replica, which has to say what the
 * real one said, byte by byte and in the same turns, from PING to the request for a sync.
 */

/** The style of the replicas in each capture, by the server that its name tells. */
const STYLES: Record<string, HandshakeStyle> = {
  '2.8.24': 'redis-2.8',
  '4.0.14': 'redis-4.0',
  '5.0.14': 'redis-5.0',
  '6.0.20': 'redis-5.0',
  '6.2.5': 'redis-6.2',
  '7.0.15': 'redis-7.2',
  '7.2.6': 'redis-7.2',
  '7.4.1': 'redis-7.2',
  '8.0.1': 'valkey-8.0',
};

/** Captures of an old or a foreign replica, of one without a handshake, or whose packets were cut. */
const OTHERS = /^(old-|mixed-|legacy-|midstream|start-mid|tls|notes-)|snap96/;

/** What a replica says from PING to its PSYNC, as the words of each request and as bytes; null for who is none. */
function handshakeIn({ turns }: Conversation): { requests: string[][]; text: string } | null {
  const requests: string[][] = [];
  let text = '';
  const parser: RequestParser = new RequestParser({
    command: (command, raw) => {
      requests.push(command.map((word) => Buffer.from(word).toString('latin1')));
      text += Buffer.from(raw).toString('latin1');
      if (requests.at(-1)?.[0] === 'PSYNC') parser.stop();
    },
    newline: () => {},
    broken: () => {},
  });
  for (const { from, bytes } of turns) if (from === 0) parser.feed(bytes);
  const isReplica = requests[0]?.[0] === 'PING' && requests.at(-1)?.[0] === 'PSYNC';
  return isReplica ? { requests, text } : null;
}

/** What the replica was set to, from what it said. */
function settingsOf(requests: string[][], style: HandshakeStyle): Partial<ReplicaSettings> {
  const after = (word: string): string | null => requests.find((request) => request[1] === word)?.[2] ?? null;
  return {
    style,
    listeningPort: Number(after('listening-port')),
    announceAddress: after('ip-address'),
    masterAuth: requests.find(([name]) => name === 'AUTH')?.at(-1) ?? null,
    twoConnections: requests.flat().includes('dual-channel'),
  };
}

/** Plays a conversation up to its PSYNC. @returns what our replica said and what the real one did; null when there is none. */
function play(conversation: Conversation, style: HandshakeStyle): { said: string; expected: string } | null {
  const handshake = handshakeIn(conversation);
  if (handshake === null) return null;
  const [, replid, offset, failover] = handshake.requests.at(-1)!;
  // What a 2.8 continues it has got from the same link before: that request is another test's.
  const expected =
    style === 'redis-2.8' && replid !== '?' ? handshake.text.replace(/PSYNC.*/s, '') : handshake.text;
  const stage = new LinkStage(settingsOf(handshake.requests, style), [[/./, null]]);
  stage.host.history = replid === '?' ? null : { replid: replid!, offset: Number(offset) - 1 };
  stage.host.failover = failover === 'FAILOVER';
  stage.link.start();
  stage.run(1_100);
  let heard = '';
  for (const { from, bytes } of conversation.turns) {
    if (from === 0) heard += bytes.toString('latin1');
    if (heard.length >= handshake.text.length) break;
    // A reply is given when all that the real replica had written by then is there: it waits no longer than that one.
    if (from === 1 && !stage.connection.text.startsWith(heard)) break;
    if (from === 1) stage.connection.say(bytes);
    stage.run(1);
  }
  return { said: stage.connection.text.slice(0, expected.length), expected };
}

describe('handshakes of real replicas', () => {
  const counts = new Map<HandshakeStyle, number>();

  for (const { name, path } of replicationFixtures()) {
    const version = /-(\d+\.\d+\.\d+)\./.exec(name)?.[1] ?? '';
    const style = STYLES[version];
    if (style === undefined || OTHERS.test(name)) continue;
    it(name, async () => {
      for (const conversation of await conversationsOf(path)) {
        const played = conversation.whole ? play(conversation, style) : null;
        if (played === null) continue;
        expect(played.said).toBe(played.expected);
        counts.set(style, (counts.get(style) ?? 0) + 1);
      }
    });
  }

  it('were there, of all the styles that were recorded', () => {
    expect([...counts.keys()].sort()).toEqual([...new Set(Object.values(STYLES))].sort());
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(50);
  });
});
