import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Parser } from 'tap-parser';
import { describe, expect, it } from 'vitest';
import { compileExpression, evaluateWithin } from './check/cel/expression.js';
import { starterFile } from './check/init.js';
import { compare } from './check/pattern/compare.js';
import { SUMMARY_SHAPE } from './check/summary-shape.js';
import {
  AssertionFileError,
  analyze,
  check,
  checkSummary,
  checkText,
  ExpressionError,
  UnreadableAssertions,
} from './index.js';
import { xmlText } from './report/check/junit.js';
import { tapReport } from './report/check/tap.js';
import { fixture, publicFixtures, replicationFixtures } from './testing/fixtures.js';
import { strangeFields } from './testing/strange-fields.js';

const MISSED = fixture('backlog-overflow-redis-7.2.6.pcap').path;

function rules(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'psyncscope-check-')), 'rules.yaml');
  writeFileSync(path, text);
  return path;
}

describe('every recorded capture', () => {
  const others = ['findings', 'embedded'].flatMap((part) => {
    const path = fileURLToPath(new URL(`../fixtures/${part}/`, import.meta.url));
    return readdirSync(path)
      .filter((name) => /\.pcap(\.gz)?$/.test(name))
      .map((name) => ({ name: `${part}/${name}`, path: path + name }));
  });

  for (const { name, path } of [...replicationFixtures(), ...others])
    it(name, async () => {
      const document = await analyze(path);
      expect(strangeFields(SUMMARY_SHAPE, document, '')).toEqual([]);
      const report = await check(path, {
        files: [rules(starterFile(document, [path]))],
        expressions: [
          `links.size() == ${document.links.length} && findings.size() == ${document.findings.length}`,
        ],
      });
      // Without a link there is nothing to check, and that is no pass.
      expect(report.passed, checkText(report)).toBe(document.links.length > 0);
    });
});

describe('a failure', () => {
  it('tells the values that an expression met, the link, the session and its timeline', async () => {
    const report = await check(MISSED, { limits: { maxFullResyncs: 1 } });
    const text = checkText(report);
    expect(report.passed).toBe(false);
    expect(text).toContain('links[0].fullResyncs is 2');
    expect(text).toContain('127.0.0.1:18050<-127.0.0.1:18051, session 2');
    expect(text).toContain('backlog miss: 113,520 bytes back');
    expect(text).toContain('psyncscope timeline');
  });

  it('of a sequence of events tells how far it came, and what came instead', async () => {
    const file = rules(
      'assertions:\n  back:\n    events:\n      - event: connection.closed\n      - {event: sync.decided, decision: CONTINUE, within: 5s}\n',
    );
    const report = await check(MISSED, { files: [file] });
    expect(report.subjects[0]!.results[0]!.failures[0]!.message).toMatch(
      /event 2 of 2\) did not come after connection.closed.*its decision is "FULLRESYNC", not "CONTINUE"/,
    );
  });
});

describe('the library', () => {
  it('takes the captures that the files name', async () => {
    const file = rules(`captures: ${MISSED}\nassertions:\n  a: {expr: links.size() == 1}\n`);
    const report = await check(null, { files: [file] });
    expect(report).toMatchObject({ passed: true, subjects: [{ links: 1 }] });
  });

  it('checks a summary that is there already, but no events of it', async () => {
    const document = await analyze(MISSED);
    const report = await checkSummary(document, { limits: { maxFullResyncs: 1 } });
    expect(checkText(report)).toContain('links[0].fullResyncs is 2');
    expect((await checkSummary(document, { limits: { maxFullResyncs: 2 } })).passed).toBe(true);
    const file = rules('assertions:\n  a: {events: [{event: ack}]}\n');
    await expect(checkSummary(document, { files: [file] })).rejects.toThrow('needs the capture');
  });

  it('counts warnings when told to, and takes the filters of the analyzer', async () => {
    const file = rules('assertions:\n  a: {severity: warning, expr: links.size() == 2}\n');
    expect((await check(MISSED, { files: [file] })).passed).toBe(true);
    expect((await check(MISSED, { files: [file] }, { failOn: 'warning' })).passed).toBe(false);
    const elsewhere = await check(MISSED, { limits: { noGaps: true } }, { ports: [9] });
    expect(elsewhere.passed).toBe(false);
  });

  it('throws for assertions that cannot be used, and reports captures that cannot be read', async () => {
    await expect(check(MISSED, { expressions: ['links.size('] })).rejects.toThrow(ExpressionError);
    await expect(check(MISSED, { files: ['/nowhere.yaml'] })).rejects.toThrow(UnreadableAssertions);
    await expect(check(MISSED, { files: [rules('a: 1')] })).rejects.toThrow(AssertionFileError);
    const report = await check(rules('x'), { limits: { noGaps: true } });
    expect(report).toMatchObject({ passed: false, counts: { errors: 1 } });
  });
});

describe('nothing to check is never a pass', () => {
  it('a capture without a link', async () => {
    const report = await check(publicFixtures()[0]!, { expressions: ['links.all(l, false || l.id != "")'] });
    expect(report.passed).toBe(false);
    expect(checkText(report)).toContain('no replication link found');
  });

  it('a glob that matches nothing', async () => {
    const report = await check('/nowhere/*.pcap', { expressions: ['links.size() == 1'] });
    expect(report.passed).toBe(false);
    expect(checkText(report)).toContain('no capture matched /nowhere/*.pcap');
  });

  it('a filter that leaves no link, a link that is not there, and only skipped assertions', async () => {
    const filtered = 'links.filter(l, l.id == "x").all(l, l.fullResyncs == 0)';
    expect((await check(MISSED, { expressions: [filtered] })).passed).toBe(false);
    const absent = rules('assertions:\n  a: {link: ":9", expr: links.size() > 0}\n');
    expect(checkText(await check(MISSED, { files: [absent] }))).toContain(`no link's id contains ":9"`);
    const skipped = rules('assertions:\n  a: {when: links.size() > 5, expr: links.size() > 0}\n');
    expect((await check(MISSED, { files: [skipped] })).passed).toBe(false);
  });

  it('a value that is not known', () => {
    const pattern = { links: [{ lag: { maxBytes: { max: '1mb' } } }] };
    const mismatches = compare(pattern, SUMMARY_SHAPE, { links: [{ lag: { maxBytes: null } }] }, '');
    expect(mismatches.map(({ path }) => path)).toEqual(['links[0].lag.maxBytes']);
  });
});

it('an evaluation that would take for ever is ended', () => {
  const slow = compileExpression('links.all(a, links.all(b, links.all(c, a.id != "x")))');
  const links = Array.from({ length: 5000 }, (_, index) => ({ id: String(index) }));
  expect(() => evaluateWithin(() => slow.evaluate({ links } as never), 300)).toThrow(/took longer than/);
});

it('TAP is what a TAP parser reads: failures, warnings as TODO, skipped ones', async () => {
  const file = rules(
    'assertions:\n  "good # one": {expr: links.size() == 1}\n  bad: {expr: links.size() == 2}\n  warn: {severity: warning, expr: links.size() == 2}\n  skip: {when: links.size() == 2, expr: links.size() == 2}\n',
  );
  const tests = Parser.parse(tapReport(await check(MISSED, { files: [file] }), 'utc'))
    .filter(([kind]) => kind === 'assert')
    .map(([, test]) => test as { ok: boolean; todo: unknown; skip: unknown });
  expect(tests.map(({ ok }) => ok)).toEqual([true, false, false, true]);
  expect(Boolean(tests[2]!.todo)).toBe(true);
  expect(Boolean(tests[3]!.skip)).toBe(true);
});

it('XML holds no character that XML cannot hold, nor a mark of its own', () => {
  expect(xmlText('<a b="c">&\x00\x1b\u202e')).toBe('&lt;a b=&quot;c&quot;&gt;&amp;\ufffd\ufffd\ufffd');
});
