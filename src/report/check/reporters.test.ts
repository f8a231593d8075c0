import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Chalk } from 'chalk';
import fc from 'fast-check';
import { Parser } from 'tap-parser';
import { describe, expect, it } from 'vitest';
import { SAMPLE_STATUSES, sampleReport } from '../../testing/sample-report.js';
import { displayWidth } from '../width.js';
import { nameText } from './failure-lines.js';
import { githubReport } from './github.js';
import { humanReport } from './human.js';
import { junitReport } from './junit.js';
import { tapReport } from './tap.js';

/** Reports with every status, whose texts are what a hostile file name, assertion or server may hold. */
const HOSTILE: Record<string, string> = {
  'plain words': 'links of the capture',
  'marks of XML': '</failure><testcase name="x"/> & "quoted" \'too\' ]]> <!-- --> <![CDATA[',
  'marks of TAP': 'x # SKIP it # TODO \n1..0\nok 9 - forged\nBail out!\n  ---\n  ...',
  'marks of GitHub': '100%\r\n::error file=x::forged\n##[error]forged %0A, a: b',
  'escape sequences': '\x1b[2J\x1b]0;title\x07\x9b31m\x00\x08',
  'turned and hidden text': '\u202egnp.exe\u200b\u2028\u{e0041}',
  'lone surrogates': '\ud800 and \udfff',
  'wide and combining characters': `漢字${'e\u0301'.repeat(40)}👩‍👩‍👧`,
  'one very long word': 'x'.repeat(5000),
  'many words': 'word '.repeat(2000),
  backslashes: 'C:\\dir\\#1\\',
  nothing: ' ',
};

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const hasXmllint = spawnSync('xmllint', ['--version']).status === 0;

function lint(xml: string): string {
  const { status, stderr } = spawnSync(
    'xmllint',
    ['--noout', '--schema', `${ROOT}src/testing/junit.xsd`, '-'],
    {
      input: xml,
      encoding: 'utf8',
    },
  );
  return status === 0 ? 'valid' : stderr;
}

/** The value of an XPath expression. */
function xpath(xml: string, expression: string): string {
  return execFileSync('xmllint', ['--xpath', expression, '-'], { input: xml, encoding: 'utf8' }).trim();
}

describe('JUnit XML', () => {
  for (const [kind, text] of Object.entries(HOSTILE))
    it.skipIf(!hasXmllint)(`is valid by the schema: ${kind}`, () => {
      const xml = junitReport(sampleReport(text), 'utc');
      expect(lint(xml)).toBe('valid');
      expect(xpath(xml, 'count(//testcase)')).toBe('5');
      expect(
        xpath(xml, 'concat(count(//failure), count(//error), count(//skipped), count(//system-out))'),
      ).toBe('1111');
    });

  it.skipIf(!hasXmllint)('the schema refuses what is no JUnit XML', () => {
    const xml = junitReport(sampleReport('x'), 'utc');
    expect(lint(xml.replace('tests="5"', 'tests="five"'))).toContain("attribute 'tests'");
    expect(lint(xml.replaceAll('<failure', '<failed').replaceAll('</failure', '</failed'))).toContain(
      'failed',
    );
  });

  it.skipIf(!hasXmllint)('counts, names and places', () => {
    const xml = junitReport(sampleReport('a & b'), 'utc');
    expect(xml).toContain(
      '<testsuites name="psyncscope check" tests="5" failures="1" errors="1" skipped="1">',
    );
    expect(xpath(xml, 'string(//testsuite/@timestamp)')).toBe('2026-11-21T04:40:35');
    expect(xpath(xml, 'string(//testcase[2]/@name)')).toBe('a & b');
    expect(xpath(xml, 'concat(//testcase[2]/@file, ":", //testcase[2]/@line)')).toBe('a & b:7');
    expect(xpath(xml, 'string(//failure/@message)')).toBe('a & b');
    expect(xpath(xml, 'string(//failure)')).toContain('look closer: psyncscope timeline a & b\n');
    expect(xpath(xml, 'string(//failure)')).toContain('and 3 more');
    expect(xpath(xml, 'string(//system-out)')).toMatch(/^warning: asserted: a & b/);
  });

  it.skipIf(!hasXmllint)('a warning that counts is a failure', () => {
    const xml = junitReport(sampleReport('x', 'warning'), 'utc');
    expect(xml).toContain('failures="2" errors="1" skipped="1"');
    expect(lint(xml)).toBe('valid');
  });
});

interface TestPoint {
  ok: boolean;
  id: number;
  name: string;
  todo?: string | boolean;
  skip?: string | boolean;
  diag?: Record<string, unknown>;
}

function tapPoints(text: string): { points: TestPoint[]; strange: unknown[] } {
  const parsed = Parser.parse(text) as [string, unknown][];
  const points = parsed.filter(([kind]) => kind === 'assert').map(([, point]) => point as TestPoint);
  const known = new Set(['version', 'plan', 'assert', 'complete', 'finish', 'close']);
  return { points, strange: parsed.filter(([kind]) => !known.has(kind)) };
}

describe('TAP', () => {
  for (const [kind, text] of Object.entries(HOSTILE))
    it(`is what a TAP parser reads: ${kind}`, () => {
      const { points, strange } = tapPoints(tapReport(sampleReport(text), 'utc'));
      expect(strange).toEqual([]);
      expect(points.map(({ ok, id }) => [ok, id])).toEqual(
        SAMPLE_STATUSES.map((status, index) => [status === 'passed' || status === 'skipped', index + 1]),
      );
      expect(points.map(({ todo }) => Boolean(todo))).toEqual([false, false, true, false, false]);
      expect(points.map(({ skip }) => Boolean(skip))).toEqual([false, false, false, true, false]);
      expect(points[1]!.diag!.severity).toBe('error');
      expect(points[1]!.diag!.at).toEqual({ file: nameText(text), line: 7 });
    });

  it('whatever the names are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        const { points, strange } = tapPoints(tapReport(sampleReport(text), 'utc'));
        expect(strange).toEqual([]);
        expect(points.map(({ ok }) => ok)).toEqual([true, false, false, true, false]);
        expect(points.map(({ todo, skip }) => Boolean(todo) || Boolean(skip))).toEqual([
          false,
          false,
          true,
          true,
          false,
        ]);
      }),
    );
  });
});

/** What GitHub's runner makes of a workflow command: actions/runner, src/Runner.Common/ActionCommand.cs. */
function runnerReads(line: string): { command: string; properties: Record<string, string>; data: string } {
  const match = /^::(\w+)(?: ([^:]*))?::(.*)$/.exec(line);
  if (match === null) throw new Error(`no workflow command: ${line}`);
  const undo = (text: string): string =>
    text
      .replaceAll('%0D', '\r')
      .replaceAll('%0A', '\n')
      .replaceAll('%3A', ':')
      .replaceAll('%2C', ',')
      .replaceAll('%25', '%');
  const properties = (match[2] ?? '')
    .split(',')
    .filter((part) => part !== '')
    .map((part) => [part.slice(0, part.indexOf('=')), undo(part.slice(part.indexOf('=') + 1))] as const);
  return {
    command: match[1]!,
    properties: Object.fromEntries(properties),
    data: match[3]!.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%'),
  };
}

describe('GitHub', () => {
  for (const [kind, text] of Object.entries(HOSTILE))
    it(`one command for each that failed, and one for the whole: ${kind}`, () => {
      const read = githubReport(sampleReport(text), 'utc').split('\n').map(runnerReads);
      expect(read.map(({ command }) => command)).toEqual(['error', 'warning', 'error', 'notice']);
      const [error] = read;
      expect(Object.keys(error!.properties)).toEqual(['file', 'line', 'title']);
      expect(error!.properties.title).toBe(`${nameText(text)} (${nameText(text)})`);
      expect(error!.data).toContain('\n  look closer: psyncscope timeline');
      expect(read[3]!.data).toBe('1 passed, 2 failed, 1 warnings, 1 skipped');
    });

  it('escapes per cent signs, line ends, and in properties colons and commas', () => {
    const lines = githubReport(sampleReport('100%, a: b'), 'utc').split('\n');
    expect(lines[0]).toMatch(
      /^::error file=100%25%2C a%3A b,line=7,title=100%25%2C a%3A b \(100%25%2C a%3A b\)::100%25, a: b%0Aasserted: /,
    );
  });
});

describe('for people', () => {
  const render = (text: string, ascii: boolean): string =>
    humanReport(sampleReport(text), { width: 80, chalk: new Chalk({ level: 0 }), ascii, zone: 'utc' });

  for (const [kind, text] of Object.entries(HOSTILE))
    it(`fits 80 columns and moves no cursor: ${kind}`, () => {
      for (const ascii of [false, true]) {
        const shown = render(text, ascii);
        // A command to be copied is not cut.
        const lines = shown.split('\n').filter((line) => !/^ {6}[→>] |^ {10}\S/.test(line));
        expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(80);
        expect(shown).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028]/);
        if (ascii && /^[\x00-\x7f]*$/.test(text)) expect(shown).toMatch(/^[\x00-\x7f]*$/);
      }
    });

  it('tells the story of a session once, and findings that were not told yet', () => {
    const report = sampleReport('X');
    const [, , warned] = report.subjects[0]!.results;
    warned!.failures[0]!.findings.push({ severity: 'error', code: 'drift', message: 'Y', advice: null });
    const shown = humanReport(report, {
      width: 80,
      chalk: new Chalk({ level: 0 }),
      ascii: false,
      zone: 'utc',
    });
    expect(shown.match(/├ PSYNC/g)).toHaveLength(1);
    expect(shown.match(/warning {2}backlog-overflow: X/g)).toHaveLength(1);
    expect(shown.slice(shown.indexOf('  ! X'))).toContain(
      ['      the session shown above: backlog-overflow', '      error  drift: Y', ''].join('\n'),
    );
  });

  it('a line for each, why it failed, where, what the analysis says, and what to run', () => {
    const shown = render('X', false);
    expect(shown).toContain(
      [
        'X',
        '  1 link, 507 packets, 9.6 s',
        '  ✓ X',
        '  ✗ X   X:7',
        '      X',
        '      X',
        '      X, session 2, 04:40:39.625, packet 351',
        '',
        '      session 2   04:40:39.624 → end of capture',
        '      ├ PSYNC          0.5 ms',
        '',
        '      warning  backlog-overflow: X',
        '               → X',
        '',
        '      → psyncscope timeline X',
        '',
        '      X',
        '      X, session 2, 04:40:39.625, packet 351',
        '      and 3 more',
        '',
        '  ! X   X:7',
      ].join('\n'),
    );
    expect(shown.replace(/\s+/g, ' ')).toContain(
      '5 results on 1 capture: 1 passed, 1 failed, 1 capture not readable, 1 warning, 1 skipped.',
    );
  });
});
