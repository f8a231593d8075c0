import { beforeAll, describe, expect, it } from 'vitest';
import { analyze } from '../index.js';
import type { ResultDocument } from '../report/check/check-document.js';
import type { LinkDocument, SummaryDocument } from '../report/document.js';
import { fixture } from '../testing/fixtures.js';
import { compareWithBaseline, METRIC_NAMES, type Tolerances } from './baseline.js';

/** `--baseline`: decisions exactly, numbers by ratio, and what got better is no news. */

let OLD: SummaryDocument;
beforeAll(async () => {
  OLD = await analyze(fixture('backlog-overflow-redis-7.2.6.pcap').path);
});

type Change = (link: LinkDocument, document: SummaryDocument) => void;

function changed(change: Change): SummaryDocument {
  const document = structuredClone(OLD);
  change(document.links[0]!, document);
  return document;
}

function compare(document: SummaryDocument, tolerances: Tolerances = {}, before = OLD): ResultDocument[] {
  return compareWithBaseline(before, { document, zone: 'utc', command: null }, tolerances);
}

const messages = (results: ResultDocument[]): string[] =>
  results.flatMap(({ failures }) => failures.map(({ message }) => message));

/** Sets a number by its path within an object. */
function set(target: unknown, path: string, value: number | null): void {
  const names = path.split('.');
  const last = names.pop()!;
  let object = target as Record<string, unknown>;
  for (const name of names) object = object[name] as Record<string, unknown>;
  object[last] = value;
}

describe('compared with a baseline', () => {
  it('the same is as good: a result a link, and one for the findings', () => {
    const results = compare(changed(() => {}));
    expect(results.map(({ name, status }) => [name, status])).toEqual([
      ['as in the baseline: 127.0.0.1:18050<-127.0.0.1:18051', 'passed'],
      ['no finding that the baseline has not', 'passed'],
    ]);
  });

  const WORSE: [what: string, change: Change, told: string][] = [
    [
      'another decision',
      (link) => {
        link.sessions[1]!.syncs[0]!.decision = 'CONTINUE';
        link.sessions[1]!.syncs[0]!.cause = 'continued';
      },
      'decision 2 was FULLRESYNC (backlog-miss), is CONTINUE (continued)',
    ],
    [
      'another cause of it',
      (link) => {
        link.sessions[1]!.syncs[0]!.cause = 'replid-mismatch';
      },
      'decision 2 was FULLRESYNC (backlog-miss), is FULLRESYNC (replid-mismatch)',
    ],
    [
      'one decision less',
      (link) => void link.sessions[1]!.syncs.pop(),
      'decision 2 was FULLRESYNC (backlog-miss), is not made',
    ],
    [
      'one more',
      (link) => void link.sessions[1]!.syncs.push({ ...link.sessions[0]!.syncs[0]! }),
      'decision 3 was not made, is FULLRESYNC (first-sync)',
    ],
    ['more full resyncs', (link) => set(link, 'fullResyncs', 3), 'links[0].fullResyncs was 2, is 3'],
    ['more partial ones', (link) => set(link, 'partialResyncs', 1), 'links[0].partialResyncs was 0, is 1'],
    ['more refusals', (link) => set(link, 'refusedSyncs', 1), 'links[0].refusedSyncs was 0, is 1'],
    ['more reconnects', (link) => set(link, 'reconnects', 2), 'links[0].reconnects was 1, is 2'],
    [
      'a lag above tolerance and floor',
      (link) => set(link, 'lag.maxBytes', 100_000),
      'links[0].lag.maxBytes was 6850, is 100000, 14.6 times as much; 2 times are tolerated',
    ],
    [
      'what was nothing',
      (link) => set(link.sessions[0], 'loss.missingBytes', 5),
      'links[0].loss.missingBytes was 0, is 5; 2 times are tolerated',
    ],
    [
      'what was known and is not',
      (link) => set(link, 'lag.maxMs', null),
      'links[0].lag.maxMs was 918.103, is not known from this capture',
    ],
    [
      'a slower transfer',
      (link) => set(link.sessions[1], 'payload.transferMs', 5000),
      'links[0].payload.transferMs was',
    ],
    [
      'a finding that was not',
      (_, document) =>
        void document.findings.push({ ...document.findings[0]!, code: 'drift', severity: 'error' }),
      'error: drift: ',
    ],
    [
      'a link that is new',
      (link, document) => void document.links.push({ ...link, id: 'a<-b' }),
      'this link is not in the baseline',
    ],
    ['a link that is gone', (_, document) => void document.links.pop(), 'this link is gone'],
  ];
  for (const [what, change, told] of WORSE)
    it(`${what} is worse`, () => {
      const found = messages(compare(changed(change)));
      expect(found).toHaveLength(1);
      expect(found[0]).toContain(told);
    });

  const AS_GOOD: [what: string, change: Change][] = [
    ['fewer reconnects', (link) => set(link, 'reconnects', 0)],
    ['a lag that is less', (link) => set(link, 'lag.maxMs', 1)],
    ['a lag below the floor, whatever its ratio', (link) => set(link, 'lag.maxBytes', 65_536)],
    ['twice the time', (link) => set(link, 'lag.maxMs', 918.103 * 2)],
    ['what is known now', (link) => set(link, 'behind.maxMs', 0)],
    ['a finding that is gone', (_, document) => void document.findings.pop()],
    [
      'a note',
      (_, document) => void document.findings.push({ ...document.findings[0]!, code: 'x', severity: 'info' }),
    ],
    [
      'another port of the same link',
      (link) => {
        link.id = '127.0.0.1:7000<-127.0.0.1:7001';
      },
    ],
  ];
  for (const [what, change] of AS_GOOD)
    it(`${what} is no news`, () => expect(messages(compare(changed(change)))).toEqual([]));

  it('tolerances: of one metric, of all others', () => {
    const slow = changed((link) => {
      set(link, 'lag.maxMs', 918.103 * 3);
      set(link.sessions[1], 'payload.loadMs', 8100);
    });
    const told = (tolerances: Tolerances): string[] =>
      messages(compare(slow, tolerances)).map((message) => message.split(' ')[0]!);
    expect(told({})).toEqual(['links[0].lag.maxMs', 'links[0].payload.loadMs']);
    expect(told({ '*': 20 })).toEqual([]);
    expect(told({ 'lag.maxMs': 4 })).toEqual(['links[0].payload.loadMs']);
    expect(told({ '*': 20, 'lag.maxMs': 1 })).toEqual(['links[0].lag.maxMs']);
  });

  it('every metric is there in a document', () => {
    const worse = changed((link) => {
      for (const name of METRIC_NAMES) {
        if (name.startsWith('payload') || name.startsWith('loss')) set(link.sessions[1], name, 1e9);
        else set(link, name, 1e9);
      }
    });
    const [result] = compare(worse);
    expect(result!.failureCount).toBe(METRIC_NAMES.length);
    expect(result!.failures).toHaveLength(5);
  });

  it('a failure is told with its place', () => {
    const [result] = compare(changed((link) => set(link, 'fullResyncs', 3)));
    expect(result!.failures[0]).toMatchObject({
      values: [{ path: 'links[0].fullResyncs', value: 3 }],
      session: 2,
      findings: [{ code: 'backlog-overflow' }],
    });
    expect(result!.failures[0]!.timeline.join('\n')).toContain('backlog miss');
  });
});
