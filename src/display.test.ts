import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Parser } from 'tap-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Analyzer } from './analyzer.js';
import { MemorySource } from './capture/byte-source.js';
import { openByteSource } from './capture/open.js';
import { type CommandOutput, everyOutput, type Form } from './testing/every-output.js';
import { LiveConsumer } from './testing/fuzz/consumers.js';
import { examine } from './testing/fuzz/examine.js';
import { plantedDisplay } from './testing/planted-display.js';

/** Text of strangers that does harm where it is shown as it is, in every place and in every output. */

/** What may not reach a terminal, nor any other output as it is; U+FFFD: bytes that were no UTF-8 came through. */
const UNSAFE = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffd]/u;
/** Of a file's name everything but a slash and a NUL may be. */
const FILE_NAME = 'EVIL\x1b[31m\r\n\u202e"<script>|`$(EVIL)`.pcap';
/** Strings as JSON, DOT and JavaScript have them. */
const QUOTED = /"(?:[^"\\\n]|\\.)*"/g;
const XML =
  /^(?:<\?xml[^<>]*\?>|<\/?[a-z]+(?: [a-z]+="[^"<]*")*\/?>|[^<>&]|&(?:lt|gt|amp|quot|apos);|&#\d+;)*$/;
const METRIC =
  /^psyncscope_[a-z_]+(?:\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*\})? (?:[-+.\de]+|NaN)$/;

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-display-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('hostile text in every place', () => {
  let outputs: CommandOutput[];
  beforeAll(async () => {
    const path = join(folder, FILE_NAME);
    writeFileSync(path, plantedDisplay());
    outputs = await everyOutput(path, { aofLink: ':7000', but: (command) => command === 'check --init' });
  }, 120_000);

  const of = (form: Form, command = ''): CommandOutput[] =>
    outputs.filter((each) => each.form === form && each.command.includes(command));

  it('is shown', () => {
    const silent = outputs.filter(({ text }) => !text.includes('EVIL')).map(({ command }) => command);
    expect(silent).toEqual([]);
    for (const { command, code } of outputs) expect([0, 1], command).toContain(code);
  });

  it('brings no control, format character, lone surrogate or broken UTF-8 anywhere', () => {
    for (const { command, form, text, rest } of outputs) {
      if (form !== 'aof') expect(UNSAFE.exec(text)?.[0], command).toBeUndefined();
      expect(UNSAFE.exec(rest)?.[0], command).toBeUndefined();
    }
  });

  it('leaves JSON what it is, by line and as a whole', () => {
    for (const { text } of of('json')) expect(() => JSON.parse(text)).not.toThrow();
    for (const { text } of of('lines'))
      for (const line of text.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('adds no column, no markup and no heading to Markdown', () => {
    for (const { text } of of('markdown')) {
      let columns: number | null = null;
      let isFenced = false;
      for (const line of text.split('\n')) {
        if (line.startsWith('```')) isFenced = !isFenced;
        if (isFenced) continue;
        const bars = line.startsWith('|') ? line.match(/(?<!\\)\|/g)!.length : null;
        if (columns !== null && bars !== null) expect(bars, line).toBe(columns);
        columns = bars;
        expect(line).not.toMatch(/^\s*#+ EVIL/);
        expect(line.replace(/`[^`]*`/g, '').replace(/\\./g, '')).not.toMatch(
          /<(script|b|!--)|\]\(javascript/,
        );
      }
    }
  });

  it('stays within the quotes of DOT and Mermaid', () => {
    for (const { command, text } of [...of('dot'), ...of('mermaid')])
      expect(text.replace(QUOTED, ''), command).not.toMatch(/EVIL|"/);
  });

  it('stays text in JUnit, and within its line in TAP and GitHub annotations', () => {
    for (const { text } of of('xml')) expect(text).toMatch(XML);
    const [tap] = of('text', 'tap');
    const results = Parser.parse(tap!.text).filter(([event]) => event === 'assert' || event === 'bailout');
    expect(results).toHaveLength(Number(/^1\.\.(\d+)$/m.exec(tap!.text)![1]));
    const [github] = of('text', 'github');
    const annotations = github!.text.split('\n').filter((line) => line.startsWith('::'));
    expect(annotations.length).toBeGreaterThan(0);
    for (const line of annotations) expect(line).toMatch(/^::(error|warning|notice) [a-z]+=[^:]/);
  });

  it('is data in the page: two scripts, both ours, and a model that is JSON', () => {
    const [page] = of('html');
    const html = page!.text.slice(0, page!.text.indexOf('</html>'));
    expect(html.match(/<script\b/g)).toHaveLength(2);
    const model = /<script type="application\/json" id="model">([^<]*)<\/script>/.exec(html)!;
    expect(JSON.stringify(JSON.parse(model[1]!))).toContain('EVIL');
    const around = html.replace(model[0], '').replace(/<title>[^<]*<\/title>/, '');
    expect(around).not.toContain('EVIL');
  });

  it('stays within the quotes of Prometheus labels, and off the screen of --top', async () => {
    const bytes = plantedDisplay();
    expect((await examine(bytes, { deep: true })).complaints).toEqual([]);
    const live = new LiveConsumer((): Analyzer => analyzer);
    const analyzer = new Analyzer({ onEvent: (event) => live.event(event) });
    const reader = await openByteSource(new MemorySource(bytes), FILE_NAME);
    for (let batch = await reader.next(); batch !== null; batch = await reader.next())
      analyzer.run(batch, 0, batch.count);
    analyzer.finish();
    const metrics = (await live.show()).texts.at(-1)!;
    expect(metrics).toContain('EVIL');
    for (const line of metrics.split('\n')) if (!/^(#.*)?$/.test(line)) expect(line).toMatch(METRIC);
  });
});
