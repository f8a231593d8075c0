import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { analyze } from '../../index.js';
import { ASSERTION_SCHEMA_PATH, assertionSchemaText } from '../../testing/assertion-schema.js';
import { fixture, replicationFixtures } from '../../testing/fixtures.js';
import { schemaProblems } from '../../testing/json-schema.js';
import { compileFile } from '../compile.js';
import { starterFile } from '../init.js';
import { parseBytes, parseMs } from '../units.js';

/** schema/assertions.schema.json, which editors use, against the program's own reading of assertion files. */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TEXT = readFileSync(ASSERTION_SCHEMA_PATH, 'utf8');
const SCHEMA = JSON.parse(TEXT) as { definitions: Record<string, object> };

const judge = (text: string): string[] => schemaProblems(SCHEMA, parse(text) as unknown);
const definition = (name: string): object => ({
  definitions: SCHEMA.definitions,
  ...SCHEMA.definitions[name],
});

it('is made of the schema that reads the files (npm run schema)', () => {
  expect(TEXT).toBe(assertionSchemaText());
});

it('is in the package, where a starter file says that it is', async () => {
  const packed = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT, encoding: 'utf8' }),
  ) as { files: { path: string }[] }[];
  const { path } = fixture('partial-resync-redis-7.2.6.pcap');
  const named = /\$schema=\.\/node_modules\/psyncscope\/(\S+)/.exec(starterFile(await analyze(path), [path]));
  expect(packed[0]!.files.map((file) => file.path)).toContain(named?.[1]);
});

it('is as small as an editor may like it', () => {
  expect(TEXT.length).toBeLessThan(256 * 1024);
});

describe('takes what the program takes:', () => {
  it('every starter file', async () => {
    for (const { path } of replicationFixtures())
      expect(judge(starterFile(await analyze(path), [path])), path).toEqual([]);
  });

  it('every kind of assertion, with all its keys', () => {
    const text = `
captures: [a/*.pcap, b.pcapng]
assertions:
  expression: {expr: links.size() == 1, severity: warning, when: capture.packets > 5, link: ":1", description: x}
  pattern:
    pattern:
      capture: {packets: {min: 1, not: 7}, complete: true, format: pcap}
      links:
        some: {id: {like: "*:6379<-*"}, lag: {maxBytes: {max: 1mb}, maxMs: {below: 2s}}, sessions: {size: {above: 1}}}
        none: {fullResyncs: {oneOf: [3, 4]}, replica: {not: null}}
      findings: []
      siblings: null
  events:
    events: [{event: connection.closed, closedBy: {oneOf: [master, replica]}}, {event: ack, within: 500ms, lagBytes: 64kb}]
    within: 2m
    never: true
`;
    expect(judge(text)).toEqual([]);
    expect(compileFile('all.yaml', text).assertions).toHaveLength(3);
  });
});

describe('takes what docs and examples show:', () => {
  const page = readFileSync(`${ROOT}docs/check.md`, 'utf8');
  const shown = [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)]
    .map(([, text]) => text!)
    .filter((text) => text.includes('assertions:\n'));
  const example = readFileSync(`${ROOT}examples/partial-resync/replication.yaml`, 'utf8');

  it('there are some', () => expect(shown.length).toBeGreaterThanOrEqual(2));

  for (const text of [...shown, example])
    it(text.split('\n')[0]!, () => {
      expect(judge(text)).toEqual([]);
      expect(compileFile('shown.yaml', text).assertions.length).toBeGreaterThanOrEqual(2);
    });
});

describe('refuses what the program refuses:', () => {
  const of = (assertion: string): string => `assertions:\n  a: ${assertion}\n`;
  const REFUSED: [kind: string, text: string, problem: string][] = [
    ['no mapping', '- 1', ': type'],
    ['no assertions', 'captures: x', ': required'],
    [
      'an unknown key of the file',
      'assertion: {}\nassertions: {a: {expr: x}}',
      '/assertion: additionalProperties',
    ],
    ['an empty set', 'assertions: {}', '/assertions: minProperties'],
    [
      'a nameless assertion',
      'assertions: {"": {expr: links.size() > 0}}',
      '/assertions/ (its name): minLength',
    ],
    ['an assertion of no kind', of('{description: x}'), '/assertions/a: oneOf'],
    ['one of two kinds', of('{expr: links.size() > 0, pattern: {links: []}}'), '/assertions/a: oneOf'],
    ['an unknown key', of('{expr: links.size() > 0, exprs: x}'), '/assertions/a/exprs: additionalProperties'],
    ['an unknown severity', of('{severity: fatal, expr: links.size() > 0}'), '/assertions/a/severity: enum'],
    ['a bound without events', of('{expr: links.size() > 0, within: 5s}'), '/assertions/a: dependencies'],
    ['a time without its unit', of('{events: [{event: ack}], within: "5"}'), '/assertions/a/within: pattern'],
    ['an unknown event', of('{events: [{event: sync.decide}]}'), '/assertions/a/events/0: oneOf'],
    [
      'an unknown field of an event',
      of('{events: [{event: ack, offse: 1}]}'),
      '/assertions/a/events/0: oneOf',
    ],
    ['an empty pattern', of('{pattern: {}}'), '/assertions/a/pattern: anyOf'],
    ['an unknown field', of('{pattern: {links: [{fullResync: 1}]}}'), '/assertions/a/pattern: anyOf'],
    ['an unknown unit', of('{pattern: {capture: {bytes: 1XB}}}'), '/assertions/a/pattern: anyOf'],
    [
      'a unit that a count has not',
      of('{pattern: {capture: {packets: 1kb}}}'),
      '/assertions/a/pattern: anyOf',
    ],
    ['a word a field never has', of('{pattern: {capture: {format: pcapn}}}'), '/assertions/a/pattern: anyOf'],
  ];
  for (const [kind, text, problem] of REFUSED)
    it(kind, () => {
      expect(judge(text)).toContain(problem);
      expect(() => compileFile('rules.yaml', text)).toThrow();
    });
});

it('reads amounts as the program does', () => {
  const amounts = [
    '1',
    '1kb',
    '1KB',
    '1 MiB',
    '1.5gb',
    '1xb',
    'kb',
    '-1',
    '1e3',
    '5s',
    '5 S',
    '2min',
    '250µs',
    '',
    '1.',
    '.5',
  ];
  for (const text of amounts) {
    expect(schemaProblems(definition('size'), text).length === 0, text).toBe(parseBytes(text) !== null);
    expect(schemaProblems(definition('span'), text).length === 0, text).toBe(parseMs(text) !== null);
  }
});
