import { expect, it } from 'vitest';
import { compileFile } from '../compile.js';
import { AssertionFileError } from './errors.js';

/** Each mistake in a file is told with its line, its column, and words that help. */

const of = (assertion: string): string => `assertions:\n  a: ${assertion}\n`;

const MISTAKES: [kind: string, text: string, message: string][] = [
  ['an empty file', '', '1:1: the file is empty'],
  ['broken YAML', 'a: [', '1:5: flow sequence'],
  ['a tab', 'assertions:\n\ta: 1', '2:1: tabs are not allowed'],
  ['two documents', '--- 1\n--- 2', '2:1: the file holds several documents'],
  ['a list instead of a mapping', '- 1', '1:1: an assertion file must be a mapping'],
  [
    'an unknown key of the file',
    'asertions: {a: {expr: x}}',
    '1:1: unknown key "asertions"; did you mean "assertions"?',
  ],
  ['no assertions', 'captures: x', '1:1: "assertions" is missing'],
  ['an empty set of assertions', 'assertions: {}', '1:13: "assertions" is empty'],
  [
    'a name given twice',
    'assertions:\n  a: {expr: links.size() > 0}\n  a: {expr: x}',
    '3:3: map keys must be unique',
  ],
  ['a nameless assertion', 'assertions:\n  "": {expr: x}', '2:3: an assertion without a name'],
  ['an assertion of no kind', of('{description: x}'), '2:6: "a" asserts nothing'],
  [
    'an assertion of two kinds',
    of('{expr: x, pattern: {links: []}}'),
    '2:25: expr and pattern in one assertion',
  ],
  ['an unknown key', of('{exprs: x}'), '2:7: unknown key "exprs"; did you mean "expr"?'],
  [
    'an unknown severity',
    of('{severity: fatal, expr: x}'),
    '2:17: "severity" must be one of: error, warning',
  ],
  [
    'an unknown field',
    of('{expr: "links.all(l, l.fullResync == 0)"}'),
    '2:29: "expr": there is no field "fullResync"; did you mean "fullResyncs"?',
  ],
  [
    'an unknown name',
    of('{expr: link.size() == 1}'),
    '2:13: "expr": there is no "link" here; did you mean "links"?',
  ],
  [
    'a word that a field never has',
    of('{expr: \'links[0].sessions[0].phase == "onlin"\'}'),
    '2:44: "expr": it is never "onlin"; did you mean "online"?',
  ],
  [
    'an expression that breaks off',
    of('{expr: "links.size() =="}'),
    '2:29: "expr": unexpected token: the end of the expression',
  ],
  [
    'an expression that is a number',
    of('{expr: links.size()}'),
    '2:13: "expr": the expression must be true or false; this one is of type int',
  ],
  [
    'an expression about nothing',
    of('{expr: 1 == 1}'),
    '2:13: "expr": the expression reads nothing of the capture',
  ],
  [
    'an expression with a wrong when',
    of('{when: linx, expr: links.size() == 1}'),
    '2:13: "when": there is no "linx" here',
  ],
  [
    'an unknown unit',
    of('{pattern: {links: [{lag: {maxBytes: {max: 1XB}}}]}}'),
    '2:48: "max" must be a size such as 16384, 64kb or 1mb, not "1XB"',
  ],
  [
    'a range without a number',
    of('{pattern: {capture: {packets: {min: 5, max: 3}}}}'),
    '2:36: no number is in this range',
  ],
  ['an empty pattern', of('{pattern: {}}'), '2:16: "pattern" is empty: it asserts nothing'],
  [
    'an unknown event',
    of('{events: [{event: sync.decide}]}'),
    '2:24: there is no event "sync.decide"; did you mean "sync.decided"?',
  ],
  [
    'an event without its name',
    of('{events: [{decision: CONTINUE}]}'),
    '2:16: an event pattern needs "event"',
  ],
  [
    'an unknown field of an event',
    of('{events: [{event: sync.decided, decisio: X}]}'),
    '2:38: unknown key "decisio"; did you mean "decision"?',
  ],
  [
    'a time without its unit',
    of('{events: [{event: ack}], within: 5}'),
    '2:39: "within" must be a duration with its unit',
  ],
  [
    'a bound that goes with events',
    of('{expr: links.size() == 1, within: 5s}'),
    '2:40: "within" goes with events only',
  ],
  [
    'many aliases',
    'a: &a [1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]',
    '1:1: aliases put in more than 100 times',
  ],
  ['more than anybody wrote', `#${' '.repeat(512 * 1024)}`, '1:1: the file is longer than 512 KiB'],
  ['deep nesting', '['.repeat(100_000), '1:1: nested deeper than 100 levels'],
  ['a name that would be forgotten', 'assertions:\n  __proto__: {expr: x}', '2:3: no name for an assertion'],
];

it('are of many kinds', () => expect(MISTAKES.length).toBeGreaterThanOrEqual(30));

it('several of one file are told together, in order of their places', () => {
  const text =
    'capture: x\nassertions:\n  a: {exprs: x}\n  b: {expr: link.size() == 1}\n  c: {severity: bad, expr: y}\n';
  const told = [
    'rules.yaml:1:1: unknown key "capture"; did you mean "captures"?',
    'rules.yaml:3:7: unknown key "exprs"; did you mean "expr"?',
    'rules.yaml:5:17: "severity" must be one of: error, warning',
  ];
  expect(() => compileFile('rules.yaml', text)).toThrow(told.join('\n'));
});

it('of an expression in a block the line and the column are those of the file', () => {
  const text =
    'assertions:\n  a:\n    expr: |\n      links.size() == 1 &&\n        links.all(l, l.fullResync == 0)\n';
  expect(() => compileFile('rules.yaml', text)).toThrow(
    'rules.yaml:5:24: "expr": there is no field "fullResync"',
  );
});

for (const [kind, text, message] of MISTAKES)
  it(kind, () => {
    let error: unknown = null;
    try {
      compileFile('rules.yaml', text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(AssertionFileError);
    expect(message).toMatch(/^\d+:\d+: /);
    expect((error as Error).message.startsWith(`rules.yaml:${message}`), (error as Error).message).toBe(true);
  });
