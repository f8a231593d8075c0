import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../index.js';
import { EMBEDDED_FIXTURES } from '../../testing/embedded-fixtures.js';
import {
  START,
  sampleDocument,
  sampleHealthyLink,
  sampleTroubledLink,
} from '../../testing/sample-document.js';
import type { FindingDocument } from '../document.js';
import { notesOf } from '../notes.js';
import type { TextOptions } from '../options.js';
import { isoMicros } from '../time.js';
import { findingsText } from './findings-text.js';
import { packetFilter, tsharkCommand } from './packet-filter.js';
import { configSize } from './settings.js';
import { findingWords, WORDED_CODES } from './wording.js';

const options = (changes: Partial<TextOptions> = {}): TextOptions => ({
  width: 100,
  chalk: new Chalk({ level: 0 }),
  ascii: false,
  zone: 'utc',
  ...changes,
});

function sampleFinding(changes: Partial<FindingDocument> = {}): FindingDocument {
  return {
    severity: 'warning',
    code: 'acks-late',
    link: sampleHealthyLink().id,
    session: 1,
    at: isoMicros(START),
    message: 'a message',
    advice: 'an advice',
    packets: [3, 9],
    filter: 'tcp.port == 6380',
    evidence: {},
    ...changes,
  };
}

describe('the words of a finding', () => {
  it.each([...WORDED_CODES])('%s stand without a single number', (code) => {
    const { message, advice } = findingWords({ code, evidence: {} });
    expect(message.length).toBeGreaterThan(20);
    expect(`${message}${advice ?? ''}`).not.toMatch(/null|undefined|NaN|Infinity/);
  });

  it('show the arithmetic of a backlog', () => {
    const evidence = {
      missedBytes: 3_000_000,
      askedOffset: 38,
      masterOffset: 3_000_037,
      outageMs: 4_000,
      outageBytesPerSecond: 750_000,
      writeBytesPerSecond: 100_000,
      margin: 2,
      advisedBytes: 8 * 1024 * 1024,
    };
    const { message, advice } = findingWords({ code: 'backlog-overflow', evidence });
    expect(message).toContain('a backlog of 3,000,000 bytes');
    expect(message).toContain('4.0 s × 750 kB/s = 3.0 MB');
    expect(message).toContain('100 kB/s (× 4.0 s = 400 kB)');
    expect(advice).toMatch(/^CONFIG SET repl-backlog-size 8mb on the master: 3\.0 MB × 2 = 6\.0 MB /);
  });

  it('count what was not kept, and hold hostile texts on one safe line', () => {
    expect(findingWords({ code: 'drift', evidence: { further: 3 } }).message).toMatch(
      /\(and 3 times more\)$/,
    );
    const evidence = { command: 'a\n\u001b\u202e' };
    expect(findingWords({ code: 'big-command', evidence }).message).not.toMatch(/[\n\u001b\u202e]/);
  });

  it('give sizes as a configuration takes them', () => {
    expect([16_384, 1024 ** 2, 64 * 1024 ** 2, 2 * 1024 ** 3].map(configSize)).toEqual([
      '16384',
      '1mb',
      '64mb',
      '2gb',
    ]);
  });
});

describe('the list of findings', () => {
  const link = sampleTroubledLink();
  const document = sampleDocument([sampleHealthyLink(), link]);
  document.findings = [
    sampleFinding({ severity: 'info', code: 'big-command' }),
    sampleFinding({ code: 'lag-high' }),
    sampleFinding({ link: link.id, severity: 'error', code: 'drift', at: isoMicros(START + 5_000_000) }),
  ];

  it('is grouped by link, the worst one first', () => {
    const text = findingsText(document, options());
    const places = ['drift', 'lag-high', 'big-command'].map((code) => text.indexOf(code));
    expect(places.every((place) => place > 0)).toBe(true);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    expect(text).toContain('1 error\n');
    expect(text).toContain('1 warning, 1 note\n');
    expect(text).toMatch(/→ an advice/);
    expect(findingsText(document, options({ ascii: true }))).not.toMatch(/[^\n\x20-\x7e]/);
  });

  it('fits the width, but for the command that is there to be copied', () => {
    for (const width of [60, 80, 120])
      for (const line of findingsText(document, options({ width })).split('\n'))
        if (!line.includes('tshark -r')) expect(line.length).toBeLessThanOrEqual(width);
  });

  it('tells many of one kind by the first three and how many more, and --all of them', () => {
    const document = sampleDocument([sampleHealthyLink()]);
    const five = Array.from({ length: 5 }, (_, i) => sampleFinding({ at: isoMicros(START + i * 1_000_000) }));
    document.findings = [...five, sampleFinding({ code: 'drift' })];
    const count = (text: string): number => text.split('→ an advice').length - 1;
    const text = findingsText(document, options());
    expect(count(text)).toBe(4);
    expect(text).toMatch(/and 2 more of acks-late, \d\d:\d\d:\d\d\.\d{3} to [\d:.]+: --all shows them/);
    expect(count(findingsText(document, options(), true))).toBe(6);
    document.findings = five.slice(0, 4);
    expect(count(findingsText(document, options())), 'one more is shown rather than counted').toBe(4);
  });

  it('says so when there are none', () => {
    expect(findingsText(sampleDocument([sampleHealthyLink()]), options())).toMatch(/^no findings\n/);
  });

  it('is counted below tables and timelines, with the worst', () => {
    const notes = notesOf(document).filter(({ text }) => text.includes('findings'));
    expect(notes.length).toBe(1);
    expect(notes[0]).toMatchObject({ severity: 'error', advice: 'an advice' });
    expect(notes[0]!.text).toMatch(
      /1 error, 1 warning, 1 note \(psyncscope findings lists them\), the worst: drift:/,
    );
  });
});

describe('the command that shows the packets', () => {
  it('quotes what a shell would take apart, and merges several files', () => {
    const filter = 'tcp.port == 1';
    expect(tsharkCommand(['a.pcap'], false, filter)).toBe("tshark -r a.pcap -Y 'tcp.port == 1'");
    expect(tsharkCommand(["it's a.pcap"], false, filter)).toBe(
      "tshark -r 'it'\\''s a.pcap' -Y 'tcp.port == 1'",
    );
    expect(tsharkCommand(['a.pcap', 'b.pcap'], false, filter)).toMatch(
      /^mergecap -w - a.pcap b.pcap \| tshark -r - -Y/,
    );
    expect(tsharkCommand([], false, filter)).toBeNull();
    expect(tsharkCommand(['lo'], true, filter)).toBeNull();
  });

  it('names IPv6 addresses as such', () => {
    const session = { ...sampleHealthyLink().sessions[0]!, clientPort: 40_000 };
    const v6 = { ...session, link: { ...session.link, master: '[::1]:6379' } };
    expect(packetFilter([v6], [3])).toBe(
      'ipv6.addr == ::1 && tcp.port == 6379 && tcp.port in {40000} && frame.number == 3',
    );
  });

  const hasTshark = spawnSync('tshark', ['--version']).status === 0;

  it.skipIf(!hasTshark)('selects the packets of each finding of the scenarios', async () => {
    let looked = 0;
    for (const { pcapPath } of EMBEDDED_FIXTURES)
      for (const { code, filter, packets } of (await analyze(pcapPath)).findings) {
        const numbers = execFileSync(
          'tshark',
          ['-r', pcapPath, '-Y', filter!, '-T', 'fields', '-e', 'frame.number'],
          {
            encoding: 'utf8',
            stdio: ['ignore', 'pipe', 'ignore'],
          },
        );
        const shown = numbers.trim().split('\n').map(Number);
        expect(shown, `${pcapPath} ${code}`).toEqual(expect.arrayContaining(packets));
        looked++;
      }
    expect(looked).toBeGreaterThan(10);
  });

  it.skipIf(!hasTshark)('is one that a shell runs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'findings-'));
    const { pcapPath } = EMBEDDED_FIXTURES.find(({ scenario }) => scenario.name === 'drift')!;
    const path = join(folder, "it's a capture.pcap");
    writeFileSync(path, execFileSync('cat', [pcapPath]));
    const [finding] = (await analyze(path)).findings;
    const command = tsharkCommand([path], false, finding!.filter!)!;
    const lines = execFileSync('sh', ['-c', command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(lines.trim().split('\n').length).toBeGreaterThanOrEqual(finding!.packets.length);
    rmSync(folder, { recursive: true });
  });
});
