import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_THRESHOLDS } from './analysis/findings/thresholds.js';
import { Metrics } from './report/live/metrics.js';
import { LIVE_NOW, liveDocument } from './testing/sample-live.js';

/** docs/prometheus: rules that Prometheus reads, that say what they should, and that rest on what is served. */

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const FOLDER = `${ROOT}docs/prometheus/`;

interface Rule {
  record?: string;
  alert?: string;
  expr: string;
  for?: string;
  labels?: { severity: string };
  annotations?: { summary: string; runbook_url: string };
}

interface RuleTests {
  tests: { alert_rule_test?: { alertname: string; exp_alerts: unknown[] }[] }[];
}

const read = (name: string): string => readFileSync(FOLDER + name, 'utf8');
const text = read('psyncscope.rules.yml');
const rules = (parse(text) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
const alerts = rules.filter((rule) => rule.alert !== undefined);

const promtool = (...args: string[]): string =>
  execFileSync('promtool', args, { cwd: FOLDER, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const installed = spawnSync('promtool', ['--version']).status === 0;

describe.skipIf(!installed)('promtool', () => {
  it('reads the rules and the configurations', () => {
    expect(promtool('check', 'rules', 'psyncscope.rules.yml')).toContain(
      `SUCCESS: ${rules.length} rules found`,
    );
    for (const name of ['prometheus.yml', 'federation.yml'])
      expect(promtool('check', 'config', name)).toContain(`SUCCESS: ${name} is valid`);
  });

  it('finds that the rules tell what they should', () => {
    expect(promtool('test', 'rules', 'psyncscope.rules.test.yml')).toContain('SUCCESS');
  });
});

describe('the alerts', () => {
  it('are each told in a test', () => {
    const told = (parse(read('psyncscope.rules.test.yml')) as RuleTests).tests
      .flatMap((test) => test.alert_rule_test ?? [])
      .filter((test) => test.exp_alerts.length > 0)
      .map((test) => test.alertname);
    expect([...new Set(told)].sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  });

  it('stand in docs/fleet.md, with what they wait for', () => {
    const rows = [
      ...readFileSync(`${ROOT}docs/fleet.md`, 'utf8').matchAll(/^\| (Psync\w+) \|.*\| ([^|]*)\|$/gm),
    ];
    const waits = (wait = ''): string => wait.replace(/(\d+)m$/, '$1 min').replace(/(\d+)s$/, '$1 s');
    expect(rows.map(([, name, wait]) => [name, wait!.trim()])).toEqual(
      alerts.map((rule) => [rule.alert, waits(rule.for)]),
    );
  });

  it('have a severity, a summary, and a page that is there', () => {
    const codes = readdirSync(`${ROOT}docs/findings`).map((name) => name.replace('.md', ''));
    for (const { alert, labels, annotations } of alerts) {
      expect(['warning', 'critical'], alert).toContain(labels?.severity);
      expect(annotations?.summary, alert).toMatch(/\{\{ \$labels\.\w+ \}\}/);
      const pages = codes.map((code) => annotations!.runbook_url.replace('{{ $labels.code }}', code));
      expect(
        pages.filter((page) => !existsSync(ROOT + page)),
        alert,
      ).toEqual([]);
    }
  });

  it('call lag what the findings call lag', () => {
    expect(text).toContain(`psyncscope_lag_seconds > ${DEFAULT_THRESHOLDS.lagMs / 1000} and`);
    expect(text).toContain(`psyncscope_ack_age_seconds > ${DEFAULT_THRESHOLDS.ackSilenceMs / 1000} and`);
  });
});

describe('the rules', () => {
  it('rest on metrics and labels that are served, or on records of their own', async () => {
    const metrics = new Metrics({ version: '1', nodeVersion: 'v20', backend: 'tcpdump' });
    const document = liveDocument(LIVE_NOW);
    document.capture.kernelDrops = 0;
    metrics.update(document, LIVE_NOW);
    const expressions = rules.map(({ expr }) => expr).join('\n');
    const served = new Set(metrics.names);
    const named = new Set([...expressions.matchAll(/(?<![:\w])psyncscope_\w+/g)].map(([name]) => name));
    expect([...named].filter((name) => !served.has(name))).toEqual([]);
    expect(named.size).toBeGreaterThan(12);
    const records = new Set(rules.map(({ record }) => record));
    const used = [...expressions.matchAll(/\w+:psyncscope_\w+:\w+/g)].map(([name]) => name);
    expect(used.filter((name) => !records.has(name))).toEqual([]);
    const labels = new Set(
      [...expressions.matchAll(/(?:on|by) \(([^)]+)\)/g)].flatMap(([, list]) => list!.split(', ')),
    );
    const lines = await metrics.text();
    for (const label of [...labels].filter((name) => name !== 'job' && name !== 'instance'))
      expect(lines).toContain(`${label}="`);
  });
});
