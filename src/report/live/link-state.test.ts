import { describe, expect, it } from 'vitest';
import { analyze } from '../../index.js';
import type { Session } from '../../replication/model.js';
import { fixture } from '../../testing/fixtures.js';
import {
  addSession,
  NO_LAG,
  START,
  sampleLink,
  samplePayload,
  sampleSync,
} from '../../testing/sample-document.js';
import { linkDocument } from '../summary.js';
import { isoMicros } from '../time.js';
import { GONE_AFTER_US, isGone, linkState, SILENT_AFTER_US } from './link-state.js';

const SECOND = 1_000_000;
const NOW = START + 100 * SECOND;
const acks = { count: 3, firstAt: NOW - 3 * SECOND, lastAt: NOW - 400_000, maxIntervalMs: 1001 };
const online: Partial<Session> = { phase: 'online', onlineAt: START + SECOND, acks };
const closed: Partial<Session> = { closedAt: NOW - SECOND, closedBy: 'replica', closedHow: 'fin' };

function document(...sessions: Partial<Session>[]) {
  const link = sampleLink();
  for (const session of sessions) addSession(link, session);
  return linkDocument(link);
}

function state(...sessions: Partial<Session>[]) {
  return linkState(document(...sessions), isoMicros(NOW), NOW);
}

describe('phase', () => {
  const legacy = sampleSync({ command: 'SYNC', decision: 'SYNC' });
  const refused = sampleSync({ decision: 'REFUSED' });
  const noAcks = { count: 0, firstAt: null, lastAt: null, maxIntervalMs: null };
  it.each<[string, Partial<Session>[], string]>([
    ['no session', [], 'closed'],
    ['as far as the session is', [{ phase: 'waiting' }], 'waiting'],
    ['online', [online], 'online'],
    ['closed', [{ ...online, ...closed }], 'closed'],
    ['refused, even when it closed', [{ ...closed, phase: 'handshake', syncs: [refused] }], 'refused'],
    ['open again', [{ ...online, ...closed }, { phase: 'handshake' }], 'handshake'],
    ['loading', [{ ...online, acks: noAcks, syncs: [sampleSync()], payload: samplePayload() }], 'loading'],
    ['loaded', [{ ...online, syncs: [sampleSync()], payload: samplePayload() }], 'online'],
    [
      'SYNC: perhaps too old to acknowledge',
      [{ ...online, acks: noAcks, syncs: [legacy], payload: samplePayload() }],
      'online',
    ],
    [
      'two connections: the payload is under way',
      [online, { channel: 'rdb', phase: 'transfer' }],
      'transfer',
    ],
    [
      'two connections: the payload is through',
      [online, { channel: 'rdb', phase: 'transfer', ...closed }],
      'online',
    ],
  ])('%s', (_, sessions, expected) => {
    expect(state(...sessions).phase).toBe(expected);
  });
});

describe('now', () => {
  const lagging = { ...online, lag: { ...NO_LAG, lastBytes: 500, lastMs: 2000, maxBytes: 500, maxMs: 2000 } };

  it('an ACK ages', () => expect(state(online).ackAgeMs).toBe(400));

  it('lag ages on after the last packet, unless there is none', () => {
    const at = (link: ReturnType<typeof document>) => linkState(link, isoMicros(NOW - 3 * SECOND), NOW).lagMs;
    expect(at(document(lagging))).toBe(5000);
    expect(at(document({ ...online, lag: { ...NO_LAG, lastBytes: 0, lastMs: 0 } }))).toBe(0);
    expect(at(document(online))).toBeNull();
  });

  it('is never before the packets', () => {
    expect(linkState(document(online), isoMicros(NOW), NOW - SECOND).ackAgeMs).toBe(0);
  });

  it('a closed link has no lag and no ACK to wait for', () => {
    expect(state({ ...lagging, ...closed })).toMatchObject({ lagBytes: null, lagMs: null, ackAgeMs: null });
  });

  it('totals are those of all sessions', async () => {
    const { links, capture } = await analyze(fixture('veth-lossy-redis-7.0.15.pcap').path);
    const link = links[0]!;
    const found = linkState(link, capture.lastTime, NOW);
    expect(link.sessions).toHaveLength(2);
    expect(found.streamBytes).toBe(link.sessions[0]!.stream.bytes + link.sessions[1]!.stream.bytes);
    expect(found.payloadBytes).toBe(link.sessions[0]!.payload!.bytes);
    expect(found.masterOffset).toBe(link.sessions[1]!.offsets.end);
  });
});

describe('gone', () => {
  it.each<[string, Partial<Session>[], number, boolean]>([
    ['no session', [], 0, true],
    ['just closed', [{ ...online, ...closed }], GONE_AFTER_US - SECOND, false],
    ['closed long ago', [{ ...online, ...closed }], GONE_AFTER_US, true],
    ['silent for a while', [online], SILENT_AFTER_US - SECOND, false],
    ['silent for long', [online], SILENT_AFTER_US, true],
    ['never acknowledged', [{ phase: 'transfer' }], 100 * SILENT_AFTER_US, false],
  ])('%s', (_, sessions, later, expected) => {
    expect(isGone(document(...sessions), NOW + later)).toBe(expected);
  });
});
