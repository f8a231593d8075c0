import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Session } from '../../replication/model.js';
import { fixture, replicationFixtures } from '../../testing/fixtures.js';
import { addSession, START, sampleLink, sampleSync } from '../../testing/sample-document.js';
import { busyLink, LIVE_NOW, liveDocument, liveLinks } from '../../testing/sample-live.js';
import { successiveDocuments } from '../../testing/successive-documents.js';
import { GONE_AFTER_US } from './link-state.js';
import { MAX_METRIC_LINKS, Metrics } from './metrics.js';

const DASHBOARD = new URL('../../../docs/grafana-dashboard.json', import.meta.url);
const BUILD = { version: '1.2.3', nodeVersion: 'v20.0.0', backend: 'tcpdump' };

/** Series by name and labels, as in the text. */
async function series(metrics: Metrics): Promise<Map<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

async function seriesOf(now = LIVE_NOW, links = liveLinks(now)): Promise<Map<string, number>> {
  const metrics = new Metrics(BUILD);
  metrics.update(liveDocument(now, links), now);
  return series(metrics);
}

function counters(text: string): Set<string> {
  return new Set([...text.matchAll(/^# TYPE (\S+) counter$/gm)].map((match) => match[1]!));
}

describe('metrics', () => {
  const ends = 'master="10.20.0.7:6379",replica="10.20.0.10:6379"';

  it('tell of a link what the document tells', async () => {
    const found = await seriesOf();
    const of = (name: string, labels = '') => found.get(`psyncscope_${name}{${ends}${labels}}`);
    expect(of('lag_bytes')).toBe(16_080_000);
    expect(of('lag_seconds')).toBeCloseTo(12.38, 6);
    expect(of('ack_age_seconds')).toBeCloseTo(12.38, 6);
    expect(of('master_repl_offset')).toBe(7_579_706_800_000);
    expect(of('slave_repl_offset')).toBe(7_579_690_720_000);
    expect(of('master_link_up')).toBe(1);
    expect(of('replica_port_announced')).toBe(1);
    expect(of('link_phase', ',phase="online"')).toBe(1);
    expect(of('link_phase', ',phase="closed"')).toBe(0);
    expect(of('payload_last_wait_seconds')).toBeCloseTo(0.0611, 6);
    expect(of('stream_bytes_total')).toBe(562_800_000);
    expect(
      found.get(`psyncscope_sync_decisions_total{${ends},decision="FULLRESYNC",cause="first-sync"}`),
    ).toBe(1);
    expect(found.get(`psyncscope_payload_checksums_total{${ends},checksum="valid"}`)).toBe(1);
  });

  it('tell nothing that is not known', async () => {
    const found = await seriesOf();
    const of = (name: string) =>
      found.get(`psyncscope_${name}{master="10.20.0.7:6379",replica="10.20.0.9:6379"}`);
    expect(of('lag_bytes')).toBeUndefined();
    expect(of('master_repl_offset')).toBeUndefined();
    expect(of('master_sync_in_progress')).toBe(1);
    const without = new Metrics(BUILD);
    const document = liveDocument(LIVE_NOW);
    document.capture.kernelDrops = null;
    without.update(document, LIVE_NOW);
    expect(await without.text()).not.toContain('kernel_drops');
    document.capture.kernelDrops = 7;
    without.update(document, LIVE_NOW);
    expect((await series(without)).get('psyncscope_capture_kernel_drops_total')).toBe(7);
  });

  it('have the ends of a link apart, under the labels of redis_exporter', async () => {
    const text = [...(await seriesOf()).keys()].find(
      (key) => key.startsWith('psyncscope_link_info') && key.includes('fd00'),
    );
    expect(text).toContain('master_host="fd00::10",master_port="6379",slave_ip="fd00::22",slave_port="6379"');
    expect(text).toContain('master_replid="15b88be2');
  });

  it('count as INFO does', async () => {
    const link = sampleLink();
    const again: Partial<Session> = {
      syncs: [sampleSync({ replid: 'a'.repeat(40), offset: 7, cause: 'backlog-miss' })],
    };
    for (const session of [{ syncs: [sampleSync()] }, again, again]) addSession(link, session);
    const found = await seriesOf(LIVE_NOW, [link]);
    const ofLink = (name: string) =>
      found.get(`psyncscope_${name}{master="127.0.0.1:6380",replica="127.0.0.1:6381"}`);
    expect(ofLink('replica_resyncs_full_total')).toBe(3);
    expect(ofLink('replica_partial_resync_denied_total')).toBe(2);
    expect(ofLink('replica_partial_resync_accepted_total')).toBe(0);
    expect(ofLink('reconnects_total')).toBe(2);
  });

  it('never go down where they are counters, whatever the document says', async () => {
    const totals = fc.array(fc.nat(1e6), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(totals, async (list) => {
        const metrics = new Metrics(BUILD);
        let highest = 0;
        for (const bytes of list) {
          const link = busyLink(
            { master: 'a:1', replica: 'b:2' },
            { now: LIVE_NOW, bytes, lagBytes: 0, ackAgeMs: 1 },
          );
          metrics.update(liveDocument(LIVE_NOW, [link]), LIVE_NOW);
          highest = Math.max(highest, bytes);
          const found = await series(metrics);
          expect(found.get('psyncscope_stream_bytes_total{master="a:1",replica="b:2"}')).toBe(highest);
        }
      }),
      { numRuns: 20 },
    );
  });

  it.each(['auth-redis-5.0.14.pcap', 'dual-channel-valkey-8.0.1.pcap', 'veth-lossy-redis-7.0.15.pcap'])(
    'of a capture under way end at what the whole one tells, and only rise: %s',
    async (name) => {
      const metrics = new Metrics(BUILD);
      const looks = await successiveDocuments(fixture(name).path, 500_000);
      let before = new Map<string, number>();
      for (const { document, now } of looks) {
        metrics.update(document, now);
        const found = await series(metrics);
        const rising = counters(await metrics.text());
        for (const [key, value] of before)
          if (rising.has(key.replace(/\{.*/, '')) && found.has(key))
            expect(found.get(key), key).toBeGreaterThanOrEqual(value);
        before = found;
      }
      const last = looks.at(-1)!;
      const whole = new Metrics(BUILD);
      whole.update(last.document, last.now);
      expect(before).toEqual(await series(whole));
    },
  );

  it('are bounded: links beyond the limit are counted', async () => {
    const links = Array.from({ length: MAX_METRIC_LINKS + 4 }, (_, i) =>
      busyLink({ master: 'a:1', replica: `b:${i}` }, { now: LIVE_NOW, bytes: 1, lagBytes: 0, ackAgeMs: 1 }),
    );
    const found = await seriesOf(LIVE_NOW, links);
    expect(found.get('psyncscope_links')).toBe(MAX_METRIC_LINKS + 4);
    expect(found.get('psyncscope_links_left_out')).toBe(4);
    expect([...found.keys()].filter((key) => key.startsWith('psyncscope_lag_bytes'))).toHaveLength(
      MAX_METRIC_LINKS,
    );
  });

  it('forget a link that is gone', async () => {
    const metrics = new Metrics(BUILD);
    const links = liveLinks(LIVE_NOW);
    metrics.update(liveDocument(LIVE_NOW, links), LIVE_NOW);
    expect(await metrics.text()).toContain('fd00');
    metrics.update(liveDocument(LIVE_NOW, links), LIVE_NOW + GONE_AFTER_US);
    const text = await metrics.text();
    expect(text).not.toContain('fd00');
    expect(text).toContain('10.20.0.10');
  });

  it('do not mix two links up, whatever a replica announces', async () => {
    const names = ['b:1', 'b:1"} 7\npsyncscope_links 9', 'b:1,master:x', 'b:1\\n'];
    const links = names.map((replica, i) =>
      busyLink({ master: 'a:1', replica }, { now: LIVE_NOW, bytes: i + 1, lagBytes: 0, ackAgeMs: 1 }),
    );
    const found = await seriesOf(LIVE_NOW, links);
    const bytes = [...found].filter(([key]) => key.startsWith('psyncscope_stream_bytes_total'));
    expect(bytes.map(([, value]) => value)).toEqual([1, 2, 3, 4]);
    expect(found.get('psyncscope_links')).toBe(4);
  });

  it('tell of findings and of our own defects', async () => {
    const metrics = new Metrics(BUILD);
    const document = liveDocument(LIVE_NOW);
    const finding = {
      severity: 'error',
      code: 'rdb-aux-mismatch',
      link: null,
      session: null,
      at: null,
      message: '',
      advice: null,
      packets: [],
      filter: null,
      evidence: {},
    } as const;
    document.findings = [
      { ...finding, packets: [] },
      { ...finding, packets: [] },
    ];
    metrics.update(document, LIVE_NOW, { internalErrors: 2 });
    const found = await series(metrics);
    expect(found.get('psyncscope_findings_total{code="rdb-aux-mismatch",severity="error"}')).toBe(2);
    expect(found.get('psyncscope_internal_errors_total')).toBe(2);
    expect(found.get('psyncscope_build_info{version="1.2.3",node_version="v20.0.0",backend="tcpdump"}')).toBe(
      1,
    );
  });

  it('tell of the connection that packets come over, where there is one', async () => {
    const metrics = new Metrics(BUILD);
    const document = liveDocument(LIVE_NOW);
    const told = async () => {
      const all = await series(metrics);
      const name = 'psyncscope_capture_connect';
      return [all.get(`${name}ed`), all.get(`${name}ions_lost_total`)];
    };
    metrics.update(document, LIVE_NOW);
    expect(await told()).toEqual([undefined, undefined]);
    metrics.update(document, LIVE_NOW, { internalErrors: 0, connection: { lost: 2, isOut: true } });
    expect(await told()).toEqual([0, 2]);
    metrics.update(document, LIVE_NOW, { internalErrors: 0, connection: { lost: 2, isOut: false } });
    expect(await told()).toEqual([1, 2]);
  });

  it('have values that are numbers, of every recorded capture', async () => {
    for (const { path } of replicationFixtures()) {
      const metrics = new Metrics(BUILD);
      for (const { document, now } of await successiveDocuments(path, 60_000_000))
        metrics.update(document, now);
      expect([...(await series(metrics)).values()].every(Number.isFinite)).toBe(true);
    }
  });
});

const promtool = spawnSync('promtool', ['--version']).status === 0;

describe.skipIf(!promtool)('promtool', () => {
  it('has no complaint', async () => {
    const metrics = new Metrics(BUILD);
    metrics.update(liveDocument(START), LIVE_NOW);
    metrics.update(liveDocument(LIVE_NOW), LIVE_NOW);
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: await metrics.text(),
    });
    expect(String(stdout) + String(stderr)).toBe('');
    expect(status).toBe(0);
  });
});

describe('docs/grafana-dashboard.json', () => {
  const dashboard = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as {
    panels: { id: number; gridPos: { x: number; w: number }; targets: { expr: string }[] }[];
    templating: { list: { name: string; definition?: string }[] };
  };
  const metrics = new Metrics(BUILD);
  metrics.update(liveDocument(LIVE_NOW), LIVE_NOW);

  it('names metrics that there are', () => {
    const text = JSON.stringify(dashboard);
    const named = new Set([...text.matchAll(/psyncscope_\w+/g)].map((match) => match[0]));
    expect(named.size).toBeGreaterThan(12);
    expect([...named].filter((name) => !metrics.names.includes(name))).toEqual([]);
  });

  it('names labels that there are, and variables of its own', async () => {
    const text = await metrics.text();
    const expressions = dashboard.panels.flatMap((panel) => panel.targets.map((target) => target.expr));
    const labels = expressions.flatMap((each) => [...each.matchAll(/(\w+)=~/g)].map((match) => match[1]!));
    for (const label of new Set(labels)) if (label !== 'instance') expect(text).toContain(`${label}="`);
    const known = [...dashboard.templating.list.map((each) => each.name), '__rate_interval', '__interval'];
    const used = expressions.flatMap((each) => [...each.matchAll(/\$\{?(\w+)/g)].map((match) => match[1]!));
    expect([...new Set(used)].filter((name) => !known.includes(name))).toEqual([]);
  });

  it.skipIf(!promtool)('has expressions that Prometheus reads', () => {
    const folder = mkdtempSync(join(tmpdir(), 'psyncscope-rules-'));
    const rules = dashboard.panels
      .flatMap((panel) => panel.targets.map((target) => target.expr))
      .map((expr, i) => ({
        record: `panel:${i}`,
        expr: expr.replace(/\$__\w+/g, '5m').replace(/\$\{?\w+\}?/g, '.+'),
      }));
    const path = join(folder, 'rules.yml');
    // JSON is YAML.
    writeFileSync(path, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    const { stdout, stderr } = spawnSync('promtool', ['check', 'rules', path]);
    rmSync(folder, { recursive: true });
    expect(String(stderr)).toBe('');
    expect(String(stdout)).toContain(`SUCCESS: ${rules.length} rules found`);
    expect(rules.length).toBeGreaterThan(15);
  });

  it('has panels of their own places', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map((panel) => panel.id)).size).toBe(panels.length);
    expect(panels.every(({ gridPos }) => gridPos.x + gridPos.w <= 24)).toBe(true);
  });
});
