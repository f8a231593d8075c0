import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SECOND } from '../../embedded/net/clock.js';
import { capturedNodes } from '../../testing/captured-nodes.js';
import { captureBytes } from '../../testing/fixtures.js';
import { reportModel } from '../../testing/report-model.js';
import { MAX_LINK_POINTS } from './limits.js';
import type { BriefItem, LinkView, PhaseKind, ReportModel } from './model.js';
import { awayFrom } from './outage.js';

const recorded = (name: string): Promise<ReportModel> =>
  reportModel(captureBytes(`fixtures/findings/${name}-redis-7.0.15.pcap.gz`));

function briefText({ brief }: ReportModel, name: BriefItem['name']): string {
  return brief.find((item) => item.name === name)?.text ?? '';
}

/** A master with so many replicas, each attached for some seconds. */
function starOf(replicas: number): Uint8Array {
  const { nodes, run, capture } = capturedNodes(replicas + 1);
  for (const replica of nodes.slice(1)) replica.call(['REPLICAOF', '10.0.0.1', '6379'], 0);
  run(3 * SECOND);
  return capture();
}

describe('what the report says first', () => {
  it('of a failover: by whose order, who followed how, and what only the old master held', async () => {
    const model = await recorded('sentinel-failover');
    expect(model.verdict.headline).toBe(
      '127.0.0.1:18217 took over as master at 16:34:10.212; the old master needed a full sync to come back',
    );
    expect(briefText(model, 'When')).toMatch(
      /^by SLAVEOF NO ONE, sent by Sentinel .*; 127\.0\.0\.1:18215, .* nothing for 1\.9 s$/,
    );
    expect(briefText(model, 'Back')).toBe(
      '127.0.0.1:18216 after 1.0 s by a partial resync; 127.0.0.1:18215, the old master, after 12.2 s by a full sync',
    );
    expect(briefText(model, 'Cost')).toMatch(/^3,970 B .*; 1 full sync, 798 B of payload$/);
    expect(model.moments).toEqual([{ at: model.brief[0]!.at, text: '127.0.0.1:18217 promoted' }]);
    const [before, end] = model.topology;
    expect(before!.nodes.find(({ name }) => name.endsWith('18217'))!.lines).toContain(
      'takes over at 16:34:10.212',
    );
    expect(end!.nodes.map(({ name, lines }) => `${name} ${lines[0]}`)).toEqual([
      '127.0.0.1:18217 took over at 16:34:10.212',
      expect.stringMatching(/^127\.0\.0\.1:18216 ae9f397f… at /),
      '127.0.0.1:18215 master until 16:34:22.427',
    ]);
  });

  it('of a loop: what to set, which stands in another finding, and its sentences as one', async () => {
    const model = await recorded('resync-loop');
    expect(briefText(model, 'Do')).toMatch(/^CONFIG SET client-output-buffer-limit "replica /);
    expect(briefText(model, 'Why')).toMatch(/the master cuts the transfers off: .*repl-timeout$/);
    expect(briefText(model, 'Cost')).toMatch(/^15 full syncs, 1\.4 MB of payload; online only 4\.\d s after/);
    expect(model.story).toHaveLength(2);
    expect(model.story[1]!.text).toMatch(/ \(the first of 14 alike, the last at 12:40:32\.145\)$/);
  });

  it('of a backlog that is too short: how long the replica was away', async () => {
    const model = await reportModel(captureBytes('fixtures/captures/backlog-overflow-redis-7.2.6.pcap.gz'));
    expect(briefText(model, 'Cost')).toMatch(/^2 full syncs, .*; its replica was not online for 1\.9 s$/);
    expect(briefText(model, 'Do')).toMatch(/^CONFIG SET repl-backlog-size 1mb on the master/);
  });

  it('of a capture without links: that there is nothing to judge', async () => {
    const model = await reportModel(captureBytes('fixtures/captures/tls-redis-7.0.15.pcap.gz'));
    expect(model.verdict).toMatchObject({ tone: 'warn', headline: 'No replication link in this capture' });
    expect(model.brief).toEqual([]);
  });
});

describe('many replicas that do well', () => {
  it('are one box and one sentence', async () => {
    const model = await reportModel(starOf(12));
    expect(model.links).toHaveLength(12);
    const [only] = model.topology;
    expect(only!.nodes.map(({ name }) => name)).toEqual(['10.0.0.1:6379', '12 replicas']);
    expect(only!.nodes[1]!.lines.at(-1)).toBe('and 9 more, all under Links');
    expect(model.leftOut.nodes).toBe(0);
    expect(model.story).toHaveLength(1);
    expect(model.story[0]!.text).toContain('(the first of 12 alike, ');
  });

  it('are drawn one by one where they are few', async () => {
    const model = await reportModel(starOf(3));
    expect(model.topology[0]!.nodes).toHaveLength(4);
    expect(model.story).toHaveLength(3);
  });
});

describe('charts of a long capture', () => {
  it('have as many points as the page has room for, and keep the peak', async () => {
    const { nodes, run, capture } = capturedNodes(2);
    const [master, replica] = nodes;
    replica!.call(['REPLICAOF', '10.0.0.1', '6379'], 0);
    for (let second = 0; second < 1500; second++) {
      run(SECOND);
      master!.call(['SET', 'key', 'x'.repeat(second === 700 ? 90_000 : 10)], 0);
    }
    const { links, document } = await reportModel(capture());
    const { t, lagMax, lagMin, starts } = links[0]!.course!;
    expect(t.length).toBeLessThanOrEqual(MAX_LINK_POINTS);
    expect(t.length).toBeGreaterThan(MAX_LINK_POINTS / 4);
    expect(starts).toEqual([0]);
    expect(t).toEqual([...t].sort((a, b) => a - b));
    const peak = Math.max(...lagMax);
    expect(peak).toBeGreaterThan(90_000);
    // It was not acknowledged in one step or two; all others know nothing of it.
    expect(lagMax.filter((bytes) => bytes > 1000).length).toBeLessThanOrEqual(2);
    expect(Math.min(...lagMin)).toBe(0);
    const told = JSON.parse(gunzipSync(Buffer.from(document!.gzip, 'base64')).toString('utf8'));
    expect(told.links[0].lag.maxBytes).toBe(peak);
  });
});

describe('how long a replica was away', () => {
  const link = (
    ...sessions: [from: number, online: number | null, to: number, isOpen?: boolean][]
  ): LinkView =>
    ({
      sessionsLeftOut: 0,
      sessions: sessions.map(([from, online, to, isOpen]) => ({
        from,
        to,
        openStart: false,
        openEnd: isOpen === true,
        phases: [
          { kind: 'handshake' as PhaseKind, from, to: online ?? to },
          ...(online === null ? [] : [{ kind: 'online' as PhaseKind, from: online, to }]),
        ],
      })),
    }) as unknown as LinkView;

  it('counts from its first moment online, over all of its masters', () => {
    const [one, other] = [link([0, 10, 100]), link([150, 170, 200], [260, 280, 400, true])];
    expect(awayFrom([other, one], 400)).toEqual({ untilOnline: 0, between: 70 + 80, atEnd: false });
  });

  it('counts up to the end where it did not come back', () => {
    expect(awayFrom([link([0, null, 5], [8, 10, 100], [120, null, 130])], 400)).toEqual({
      untilOnline: 10,
      between: 300,
      atEnd: true,
    });
  });

  it('is not known of one that never came online, or where sessions are missing', () => {
    expect(awayFrom([link([0, null, 100])], 400)).toBeNull();
    expect(awayFrom([{ ...link([0, 10, 100]), sessionsLeftOut: 3 }], 400)).toBeNull();
  });
});
