import { describe, expect, it } from 'vitest';
import type { ReplicationEvent } from '../replication/events.js';
import type { Session } from '../replication/model.js';
import { addSession, START, sampleLink, samplePayload, sampleSync } from '../testing/sample-document.js';
import { LiveTraces, MAX_OPEN_TRACES, MAX_WAITING_FINDINGS } from './live-traces.js';
import type { SpanFacts } from './span.js';

type Kind = 'connection.opened' | 'connection.closed';

function event(session: Session, kind: Kind): ReplicationEvent {
  return { event: kind, link: session.link, session, time: START, packet: 1 };
}

function finding(session: Session, at: number): ReplicationEvent {
  const about = { severity: 'warning', code: 'big-command', packets: [7], evidence: {} } as const;
  return { event: 'finding', link: session.link, session, time: at, at, packet: 7, ...about, packets: [7] };
}

function started(): { sent: SpanFacts[]; traces: LiveTraces; session: Session } {
  const sent: SpanFacts[] = [];
  const traces = new LiveTraces((span) => sent.push(span));
  const session = addSession(sampleLink(), {
    phase: 'online',
    syncs: [sampleSync()],
    payload: samplePayload(),
    onlineAt: START + 64_000,
  });
  traces.event(event(session, 'connection.opened'));
  return { sent, traces, session };
}

const names = (spans: readonly SpanFacts[]): string[] => spans.map(({ name }) => name);

describe('a span', () => {
  it('is sent at the second settle after its news, once', () => {
    const { sent, traces } = started();
    traces.settle();
    expect(sent).toEqual([]);
    traces.settle();
    expect(names(sent)).toEqual(['handshake', 'decision', 'wait', 'payload', 'load']);
    traces.settle();
    traces.settle();
    expect(sent).toHaveLength(5);
    traces.finish(START + 90_000_000);
    expect(names(sent.slice(5))).toEqual(['online', 'replication sync']);
    traces.finish(START + 90_000_000);
    expect(sent).toHaveLength(7);
  });

  it('has the findings that came right behind it', () => {
    const { sent, traces, session } = started();
    traces.settle();
    traces.event(finding(session, START + 63_000));
    traces.settle();
    expect(sent).toEqual([]);
    traces.settle();
    expect(sent.find(({ name }) => name === 'payload')!.events).toEqual([
      {
        name: 'psyncscope.finding',
        at: START + 63_000,
        attributes: expect.objectContaining({
          'psyncscope.finding.code': 'big-command',
          'psyncscope.finding.packets': [7],
        }) as unknown,
      },
    ]);
  });

  it('that is sent leaves later findings to the root, and the root to a span of theirs', () => {
    const { sent, traces, session } = started();
    for (let i = 0; i < 2; i++) traces.settle();
    traces.event(finding(session, START + 63_000));
    for (let i = 0; i < 2; i++) traces.settle();
    expect(sent).toHaveLength(5);
    Object.assign(session, { closedAt: START + 80_000_000 });
    traces.event(event(session, 'connection.closed'));
    for (let i = 0; i < 2; i++) traces.settle();
    const root = sent.at(-1)!;
    expect(root.events.map(({ at }) => at)).toEqual([START + 63_000]);
    traces.event(finding(session, START + 80_500_000));
    expect(sent.at(-1)).toMatchObject({
      name: 'finding',
      traceId: root.traceId,
      parentSpanId: root.spanId,
      start: START + 80_500_000,
    });
    traces.finish(START + 90_000_000);
    expect(sent).toHaveLength(8);
  });

  it('of the loading is sent when the first ACK came, whatever else happens', () => {
    const { sent, traces, session } = started();
    session.payload!.loadedAt = null;
    for (let i = 0; i < 4; i++) traces.settle();
    expect(names(sent)).toEqual(['handshake', 'decision', 'wait', 'payload']);
    session.payload!.loadedAt = START + 870_100;
    for (let i = 0; i < 2; i++) traces.settle();
    expect(names(sent)).toEqual(['handshake', 'decision', 'wait', 'payload', 'load']);
  });
});

describe('limits', () => {
  it('beyond so many sessions the oldest is ended', () => {
    const { sent, traces } = started();
    for (let i = 0; i < MAX_OPEN_TRACES; i++) {
      const link = sampleLink({ master: `10.0.${i >> 8}.${i & 255}:6379` });
      traces.event(event(addSession(link), 'connection.opened'));
    }
    expect(names(sent)).toEqual([
      'handshake',
      'decision',
      'wait',
      'payload',
      'load',
      'online',
      'replication sync',
    ]);
  });

  it('beyond so many findings of a session further ones are spans of their own', () => {
    const { sent, traces, session } = started();
    for (let i = 0; i <= MAX_WAITING_FINDINGS; i++) traces.event(finding(session, START + i));
    expect(names(sent)).toEqual(['finding']);
    traces.finish(START + 90_000_000);
    expect(sent.flatMap(({ events }) => events)).toHaveLength(MAX_WAITING_FINDINGS + 1);
  });
});
