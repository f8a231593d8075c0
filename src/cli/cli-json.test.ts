import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CONTRACT_EVENTS } from '../testing/contract-events.js';
import { shapeProblems } from '../testing/document-shape.js';
import { fixture, publicFixtures, replicationFixtures } from '../testing/fixtures.js';
import { runCli } from '../testing/run-cli.js';

/** Machine-readable output, as other programs rely on it: docs/output-contract.md. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-json-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CAPTURE = fixture('backlog-overflow-redis-7.2.6.pcap').path;
const EVENTS = new Set<string>(CONTRACT_EVENTS);
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

interface EventLine {
  schema: string;
  time: string;
  event: string;
  link?: string;
  from?: string;
}

function events(ndjson: string): EventLine[] {
  return ndjson
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as EventLine);
}

/** One capture of each family is enough: what is in the lines does not depend on the server's version. */
const SAMPLE = [
  'auth-redis-5.0.14.pcap',
  'backlog-overflow-redis-7.2.6.pcap',
  'dual-channel-valkey-8.0.1.pcap',
  'failover-chain-redis-6.2.5.pcap',
  'lagging-replica-redis-6.2.5.pcap',
  'midstream-redis-7.0.15.pcap',
  'any-device-redis-6.2.5.snap96.pcap',
  'tls-redis-7.0.15.pcap',
  'veth-lossy-redis-7.0.15.pcap',
];

describe('event lines', () => {
  for (const command of ['replay', 'timeline'])
    for (const name of SAMPLE)
      it(`${command} --json ${name}`, async () => {
        const { code, stdout } = await runCli([command, '--json', fixture(name).path]);
        expect(code).toBe(0);
        for (const event of events(stdout)) {
          expect(event.schema).toBe('psyncscope.event/1');
          expect(event.time).toMatch(TIME);
          expect(EVENTS, event.event).toContain(event.event);
          expect(event.event).not.toBe('stream.command');
          if (event.event !== 'encrypted') expect(event.link).toMatch(/.+<-.+/);
        }
      });

  it('are the same from replay and timeline', async () => {
    const [replay, timeline] = await Promise.all([
      runCli(['replay', '--json', CAPTURE]),
      runCli(['timeline', '--format', 'json', CAPTURE]),
    ]);
    expect(timeline.stdout).toBe(replay.stdout);
  });

  it('hold every command with --commands', async () => {
    const { stdout } = await runCli(['replay', '--json', '--commands', CAPTURE]);
    const { stdout: summary } = await runCli(['summary', '--json', CAPTURE]);
    const commands = events(stdout).filter(
      ({ event, from }) => event === 'stream.command' && from === 'master',
    );
    const sessions: { stream: { commands: number } }[] = JSON.parse(summary).links[0].sessions;
    expect(commands.length).toBe(sessions.reduce((sum, { stream }) => sum + stream.commands, 0));
  });

  it('tell of each ACK that the summary counts', async () => {
    const { stdout } = await runCli(['replay', '--json', CAPTURE]);
    const { stdout: summary } = await runCli(['summary', '--json', CAPTURE]);
    const sessions: { acks: { count: number } }[] = JSON.parse(summary).links[0].sessions;
    expect(events(stdout).filter(({ event }) => event === 'ack').length).toBe(
      sessions.reduce((sum, { acks }) => sum + acks.count, 0),
    );
  });
});

describe('the summary document', () => {
  const paths = [...replicationFixtures().map(({ path }) => path), ...publicFixtures().slice(0, 3)];
  it('has the keys of the contract, for every capture', async () => {
    // All captures in one call would be one story; a few at a time keep the number of processes down.
    for (let i = 0; i < paths.length; i += 8) {
      const { code, stdout } = await runCli(['summary', '--json', ...paths.slice(i, i + 8)]);
      expect(code).toBe(0);
      const document = JSON.parse(stdout);
      expect(document.schema).toBe('psyncscope.summary/1');
      expect(shapeProblems(document)).toEqual([]);
    }
  });

  it('is what --format json prints and --summary writes', async () => {
    const path = join(folder, 'summary.json');
    const [flag, format, written] = await Promise.all([
      runCli(['summary', '--json', CAPTURE]),
      runCli(['summary', '--format', 'json', CAPTURE]),
      runCli(['replay', '-q', '--summary', path, CAPTURE]),
    ]);
    expect(format.stdout).toBe(flag.stdout);
    expect(written).toMatchObject({ code: 0, stdout: '' });
    expect(readFileSync(path, 'utf8')).toBe(flag.stdout);
  });

  it('can be had besides the events', async () => {
    const path = join(folder, 'besides.json');
    const { stdout } = await runCli(['replay', '--json', '--summary', path, CAPTURE]);
    expect(events(stdout).length).toBeGreaterThan(10);
    expect(JSON.parse(readFileSync(path, 'utf8')).links).toHaveLength(1);
  });

  it('says that nothing was found as a document, too', async () => {
    const { code, stdout, stderr } = await runCli(['summary', '--json', publicFixtures()[0]!]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ links: [], findings: [] });
  });
});
