import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture } from './testing/fixtures.js';
import { type OtlpReceiver, startOtlpReceiver } from './testing/otlp-receiver.js';
import { traced } from './testing/otlp-spans.js';
import { traceTree } from './testing/otlp-tree.js';
import { runCli } from './testing/run-cli.js';

/** docs/opentelemetry.md: its example is what is sent, and its tables name what is sent and nothing else. */

const PAGE = readFileSync(fileURLToPath(new URL('../docs/opentelemetry.md', import.meta.url)), 'utf8');

/** The fenced block behind a comment. */
function pasted(comment: string): string {
  const from = PAGE.indexOf(`<!-- ${comment}: `);
  const [, text] = /```\w*\n([\s\S]*?)\n```/.exec(PAGE.slice(from))!;
  return text!;
}

describe('the example', () => {
  let receiver: OtlpReceiver;
  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    await runCli(['summary', '--otlp', receiver.url, fixture('backlog-overflow-redis-7.2.6.pcap').path]);
  });
  afterAll(() => receiver.close());

  const rootOf = (session: number) =>
    receiver.spans.find(
      ({ parentSpanId, attributes }) =>
        parentSpanId === '' && attributes['psyncscope.session.number'] === session,
    )!;

  it('is the trace that is sent', () => {
    expect(traceTree(receiver.spans, rootOf(2).traceId).join('\n')).toBe(pasted('spans of session 2'));
  });

  it('has the attributes that are sent', () => {
    expect(JSON.stringify(rootOf(2).attributes, null, 2)).toBe(pasted('attributes of session 2'));
  });
});

/** Captures in which each attribute comes up. */
const CAPTURES = [
  'backlog-overflow-redis-7.2.6.pcap',
  'aborted-transfer-redis-7.2.6.pcap',
  'dual-channel-valkey-8.0.1.pcap',
  'failover-chain-redis-6.2.5.pcap',
  'loading-nomasterlink-redis-6.2.5.pcap',
  'replica-restart-redis-4.0.14.pcap',
  'master-restart-rdb-redis-7.2.6.pcap',
];

it('the tables name all spans and attributes, and no others', async () => {
  const all = await Promise.all(CAPTURES.map((name) => traced(fixture(name).path)));
  const spans = all.flatMap(({ file, live }) => [...file, ...live]);
  const attributes = spans.flatMap((span) => [
    ...Object.keys(span.attributes),
    ...span.events.flatMap((event) => Object.keys(event.attributes)),
  ]);
  const rows = PAGE.split('\n').filter((line) => line.startsWith('| `'));
  const firstCells = rows.flatMap((row) =>
    [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
  );
  const described = new Set(firstCells);
  const sent = new Set([...attributes, ...spans.map(({ name }) => name)]);
  expect([...sent].filter((name) => !described.has(name))).toEqual([]);
  // What needs a replica that announces an address, a capture that joins late or a finding that comes late.
  const rare = ['psyncscope.handshake.announced_address', 'replication session', 'finding'];
  expect([...described].filter((name) => !sent.has(name) && !rare.includes(name))).toEqual([]);
});
