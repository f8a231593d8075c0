import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SummaryDocument } from '../../report/document.js';
import { parseMicros } from '../../report/time.js';
import { fixture } from '../../testing/fixtures.js';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../../testing/otlp-receiver.js';
import { freePort } from '../../testing/redis-server.js';
import { type CliResult, runCli } from '../../testing/run-cli.js';

/** `--otlp` of commands that read files, against a receiver that decodes with OpenTelemetry's own definitions. */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FULL = fixture('backlog-overflow-redis-7.2.6.pcap').path;
const BOTH = fixture('dual-channel-valkey-8.0.1.pcap').path;
/** No second try: tests do not wait for a collector. */
const IMPATIENT = { OTEL_EXPORTER_OTLP_TIMEOUT: '300' };

/** One for each test, or for all of a `describe`. */
let receiver: OtlpReceiver;
const open = async (): Promise<void> => {
  receiver = await startOtlpReceiver();
};
const close = (): Promise<void> => receiver.close();

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-otlp-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** ns since the epoch, as OTLP has them. */
function nanos(iso: string): string {
  return `${BigInt(parseMicros(iso)) * 1000n}`;
}

const named = (name: string): ReceivedSpan[] => receiver.spans.filter((span) => span.name === name);

/** The one point of this name, with these attributes. */
function point(name: string, attributes: Record<string, string> = {}): unknown {
  const found = receiver.points.filter(
    (each) =>
      each.name === name &&
      Object.entries(attributes).every(([key, value]) => each.attributes[key] === value),
  );
  expect(found).toHaveLength(1);
  return found[0];
}

describe('summary --otlp', () => {
  let result: CliResult;
  let document: SummaryDocument;
  beforeAll(async () => {
    await open();
    const env = {
      OTEL_SERVICE_NAME: 'eu-1',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20t0ken',
    };
    result = await runCli(['summary', '--json', '--otlp', receiver.url, FULL], { env });
    document = JSON.parse(result.stdout) as SummaryDocument;
  });
  afterAll(close);

  it('sends each sync as a trace, with the times of the document to the nanosecond', () => {
    expect([result.code, result.stderr]).toEqual([0, '']);
    const { links } = document;
    const [session] = links[0]!.sessions;
    const [sync] = session!.syncs;
    const root = named('replication sync').find(
      ({ attributes }) => attributes['psyncscope.session.number'] === 1,
    )!;
    const spans = receiver.spans.filter(({ traceId }) => traceId === root.traceId);
    const times = Object.fromEntries(
      spans.map(({ name, startTimeUnixNano, endTimeUnixNano }) => [
        name,
        [startTimeUnixNano, endTimeUnixNano],
      ]),
    );
    const { startedAt, finishedAt } = session!.payload!;
    expect(times).toEqual({
      handshake: [nanos(session!.openedAt!), nanos(sync!.requestedAt)],
      decision: [nanos(sync!.requestedAt), nanos(sync!.decidedAt!)],
      wait: [nanos(sync!.decidedAt!), nanos(startedAt!)],
      payload: [nanos(startedAt!), nanos(finishedAt!)],
      load: [nanos(finishedAt!), nanos(session!.acks.firstAt!)],
      online: [nanos(session!.onlineAt!), nanos(session!.closedAt!)],
      'replication sync': [nanos(session!.openedAt!), nanos(session!.closedAt!)],
    });
    for (const span of spans) expect(span.parentSpanId).toBe(span === root ? '' : root.spanId);
    expect(root.attributes).toMatchObject({ 'server.port': 18050, 'psyncscope.sync.kind': 'full' });
    expect(receiver.requests).toEqual([
      'POST /v1/traces application/x-protobuf',
      'POST /v1/metrics application/x-protobuf',
    ]);
  });

  it('sends findings as events, and metrics with the meaning and the names of --metrics as of the last packet', () => {
    const { links, capture, findings } = document;
    const [link] = links;
    const [found] = findings;
    const [decision] = named('decision').filter(({ events }) => events.length > 0);
    expect(decision!.events).toEqual([
      {
        name: 'psyncscope.finding',
        timeUnixNano: nanos(found!.at!),
        attributes: {
          'psyncscope.finding.code': 'backlog-overflow',
          'psyncscope.finding.severity': 'warning',
          'psyncscope.finding.message': found!.message,
          'psyncscope.finding.advice': found!.advice,
          'psyncscope.finding.packets': found!.packets,
        },
      },
    ]);
    const ends = { master: link!.master, replica: link!.replica };
    const asOf = { timeUnixNano: nanos(capture.lastTime!) };
    const since = { startTimeUnixNano: nanos(capture.firstTime!) };
    expect(point('psyncscope.lag_max_bytes', ends)).toMatchObject({
      ...asOf,
      kind: 'gauge',
      unit: 'By',
      value: link!.lag.maxBytes,
    });
    expect(point('psyncscope.lag_max_seconds', ends)).toMatchObject({
      kind: 'gauge',
      unit: 's',
      value: link!.lag.maxMs! / 1000,
    });
    expect(point('psyncscope.master_repl_offset', ends)).toMatchObject({
      kind: 'gauge',
      unit: '',
      value: 127_128,
    });
    expect(point('psyncscope.capture_packets')).toMatchObject({
      ...asOf,
      ...since,
      kind: 'sum',
      isMonotonic: true,
      value: capture.packets,
    });
    expect(point('psyncscope.findings', { code: 'backlog-overflow' })).toMatchObject({
      kind: 'sum',
      value: 1,
    });
    expect(point('psyncscope.sync_decisions', { ...ends, cause: 'backlog-miss' })).toMatchObject({
      kind: 'sum',
      value: 1,
    });
    // Names, as what makes Prometheus names of them has it, are those of --metrics.
    for (const { name, unit, kind } of receiver.points) {
      if (unit !== '') expect(name).toMatch(unit === 'By' ? /_bytes$/ : /_seconds$/);
      if (kind === 'sum') expect(name).not.toMatch(/_total$/);
    }
  });

  it('says who sends, and with which token, as OTEL_ variables have it, and nothing of keys', () => {
    expect(receiver.tokens).toEqual(['Bearer t0ken', 'Bearer t0ken']);
    for (const resource of receiver.resources)
      expect(resource).toMatchObject({
        'service.name': 'eu-1',
        'deployment.environment.name': 'test',
        'telemetry.sdk.language': 'nodejs',
      });
    const payloads = document.links.flatMap(({ sessions }) => sessions.map(({ payload }) => payload));
    const keys = payloads.flatMap(
      (payload) => payload?.rdb?.biggestKeys?.byBytes.map(({ key }) => key) ?? [],
    );
    expect(keys.length).toBeGreaterThan(10);
    const said = JSON.stringify([receiver.spans, receiver.points]);
    expect(keys.filter((key) => said.includes(key!))).toEqual([]);
  });
});

describe('replay --otlp', () => {
  beforeEach(open);
  afterEach(close);

  it('sends what summary sends: a capture has the same traces each time', async () => {
    expect((await runCli(['summary', '--otlp', receiver.url, BOTH])).code).toBe(0);
    const first = receiver.spans.splice(0);
    const { code, stdout } = await runCli(['replay', '--otlp', receiver.url, BOTH]);
    expect(code).toBe(0);
    expect(stdout).toContain('DUALCHANNEL');
    expect(receiver.spans).toEqual(first);
    expect(named('rdb channel')).toHaveLength(1);
  });
});

describe('a collector that', () => {
  beforeEach(open);
  afterEach(close);

  const printsAll = ({ stdout }: CliResult): void => expect(stdout).toContain('2/0/0');

  it('is away: all is printed, then what is wrong, exit code 3', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const result = await runCli(['summary', '--otlp', url, FULL], { env: IMPATIENT });
    printsAll(result);
    expect(result.code).toBe(3);
    expect(result.stderr).toContain(`--otlp ${url}: connect ECONNREFUSED`);
    expect(result.stderr).toContain('→ nothing listens there: collectors take OTLP over HTTP at port 4318');
  });

  it('answers with an error is told of, and not asked again', async () => {
    receiver.status = 500;
    const result = await runCli(['summary', '--otlp', receiver.url, FULL], { env: IMPATIENT });
    printsAll(result);
    expect(result.code).toBe(3);
    expect(result.stderr).toContain('it answers 500 Internal Server Error');
    expect(receiver.requests).toHaveLength(1);
  });
});

describe('a collector that takes a part', () => {
  beforeEach(open);
  afterEach(close);

  it('is quoted, and nothing has failed', async () => {
    receiver.rejects = { rejectedDataPoints: 3, errorMessage: 'too old' };
    const { code, stderr } = await runCli(['summary', '--otlp', receiver.url, FULL]);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^psyncscope: --otlp \S+: it took a part only: .*"rejectedDataPoints":3.*too old.*\n$/,
    );
  });
});

describe('typed wrongly', () => {
  it.each([
    ['replay', ['--otlp', 'localhost:4318', FULL], '--otlp: not a URL of http or https'],
    ['sniff', ['--otlp', 'localhost:4318'], '--otlp: not a URL of http or https'],
    ['summary', ['--json', '--jobs', '--otlp', 'http://127.0.0.1:1', FULL], 'leave out --otlp'],
  ])('is a usage error of %s', async (command, args, told) => {
    const { code, stderr } = await runCli([command, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(told);
  });
});

describe('the packages', () => {
  beforeEach(open);
  afterEach(close);

  const away = join(folder, 'away');
  const project = join(folder, 'project');
  for (const part of ['bin', 'package.json', 'dist/bundle/psyncscope.cjs'])
    cpSync(join(ROOT, part), join(away, part), { recursive: true });
  mkdirSync(project);

  /** Runs the bundle where no package is beside it. */
  function runAway(cwd: string): Promise<CliResult> {
    const args = [join(away, 'bin/psyncscope.js'), 'summary', '--otlp', receiver.url, FULL];
    return new Promise((resolve) => {
      execFile(process.execPath, args, { cwd, encoding: 'utf8' }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  }

  it('that are missing: the command that installs them, exit code 3, before anything is read', async () => {
    const { code, stdout, stderr } = await runAway(project);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('--otlp needs packages that are not installed: @opentelemetry/api');
    const { peerDependencies } = (await import('../../../package.json', { with: { type: 'json' } })).default;
    const words = Object.entries(peerDependencies).map(([name, range]) => `${name}@${range}`);
    expect(stderr).toMatch(/→ npm install (@opentelemetry\/\S+ ?)+\n/);
    for (const word of words) expect(stderr).toContain(word);
  });

  it('are found in the project that it is called in', async () => {
    mkdirSync(join(project, 'node_modules'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules/@opentelemetry'), join(project, 'node_modules/@opentelemetry'));
    expect(await runAway(project)).toMatchObject({ code: 0, stderr: '' });
    expect(named('replication sync')).toHaveLength(2);
  });

  it('of another version are refused', async () => {
    const old = join(folder, 'old');
    const api = join(old, 'node_modules/@opentelemetry/api');
    mkdirSync(api, { recursive: true });
    writeFileSync(join(api, 'package.json'), '{"version":"2.0.1"}');
    expect((await runAway(old)).stderr).toContain(
      '--otlp needs @opentelemetry/api 1.9, and 2.0.1 is installed',
    );
  });
});
