import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { captureFilter } from './filter.js';
import { frameLength } from './frame-length.js';
import { quotable, shellWord } from './problems.js';
import { dumpcap, tcpdump } from './programs.js';
import { StderrLines } from './stderr-lines.js';
import { WallClock } from './wall-clock.js';

describe('captureFilter', () => {
  it('puts the ports behind the own expression, and only TCP without either', () => {
    expect(captureFilter([], '')).toBe('tcp');
    expect(captureFilter([6379, 6380], ' ')).toBe('tcp port 6379 or tcp port 6380');
    expect(captureFilter([6379], 'vlan 5 or host a')).toBe('(vlan 5 or host a) and (tcp port 6379)');
  });
});

describe('WallClock', () => {
  it('has microseconds, comes nearer to the true time, and follows when the clock is set', () => {
    let trueTime = 1_700_000_000_000.9;
    let set = 0;
    const clock = new WallClock(
      () => Math.floor(trueTime + set),
      () => trueTime - 1_700_000_000_000 + 5,
    );
    expect(Math.abs(clock.now() - trueTime * 1000)).toBeLessThanOrEqual(1000);
    trueTime += 0.101;
    expect(Math.abs(clock.now() - trueTime * 1000)).toBeLessThanOrEqual(2);
    trueTime += 0.5;
    expect(Math.abs(clock.now() - trueTime * 1000)).toBeLessThanOrEqual(2);
    for (const step of [3_600_000, -7_200_000]) {
      set += step;
      expect(Math.abs(clock.now() - (trueTime + set) * 1000)).toBeLessThanOrEqual(1001);
    }
  });
});

describe('frameLength', () => {
  const frame = (linkBytes: number, ...ip: number[]) => {
    const bytes = new Uint8Array(65_535);
    bytes.set(ip, linkBytes);
    return bytes;
  };

  it('is what the IP header says', () => {
    expect(frameLength(frame(14, 0x45, 0, 0xff, 0xff), 1)).toBe(65_549);
    expect(frameLength(frame(16, 0x45, 0, 0xff, 0xff), 113)).toBe(65_551);
    expect(frameLength(frame(14, 0x60, 0, 0, 0, 0xff, 0xff), 1)).toBe(65_589);
    expect(frameLength(frame(0, 0x45, 0, 0x10, 0), 101)).toBe(4096);
  });

  it('is one more than there is where the header does not tell', () => {
    expect(frameLength(frame(14, 0x60), 1)).toBe(65_536);
    expect(frameLength(frame(14, 0x15, 0, 1, 1), 1)).toBe(65_536);
    expect(frameLength(frame(14, 0x45, 0, 1, 1), 999)).toBe(65_536);
    expect(frameLength(new Uint8Array(3), 1)).toBe(4);
  });
});

describe('what a child says', () => {
  it('is kept by lines, bounded, without what is no complaint', async () => {
    const lines: string[] = [];
    const stream = Readable.from([
      'tcpdump: list',
      'ening on lo\ntcpdump: one\r\n',
      'x'.repeat(1e6),
      '\nlast',
    ]);
    const said = new StderrLines(stream, /listening on/, (line) => lines.push(line));
    await new Promise((resolve) => stream.on('close', resolve));
    expect(lines).toEqual(['tcpdump: listening on lo', 'tcpdump: one', 'x'.repeat(1000), 'last']);
    expect(said.complaints).toBe(`one\n${'x'.repeat(1000)}\nlast`);
  });

  it('keeps the last lines only', async () => {
    const stream = Readable.from(Array.from({ length: 500 }, (_, i) => `line ${i}\n`));
    const said = new StderrLines(stream, /never/, () => {});
    await new Promise((resolve) => stream.on('close', resolve));
    expect(said.complaints.split('\n')).toHaveLength(20);
    expect(said.complaints).toMatch(/^line 480\n[\s\S]*line 499$/);
  });

  it('is quoted in one printable line', () => {
    expect(quotable('a\x1b[31m\nb\u202e')).toBe('a [31m b');
    expect(quotable('y'.repeat(10_000))).toBe(`${'y'.repeat(600)}…`);
    expect(shellWord('/usr/bin/dumpcap')).toBe('/usr/bin/dumpcap');
    expect(shellWord("a'b $(c)")).toBe("'a'\\''b $(c)'");
  });

  it('tells drops', () => {
    const all = '5 packets captured, 9 packets received by filter, 4 packets dropped by kernel';
    expect(tcpdump('').readDrops(`tcpdump: ${all}`)).toEqual({ kernel: 4, interface: 0 });
    expect(tcpdump('').readDrops(`${all}, 2 packets dropped by interface`)).toEqual({
      kernel: 4,
      interface: 2,
    });
    expect(tcpdump('').readDrops('1 packet dropped by interface')).toEqual({ interface: 1 });
    expect(tcpdump('').readDrops('5 packets captured')).toBeNull();
    const line =
      "Packets received/dropped on interface 'lo': 6/9 (pcap:5/dumpcap:3/flushed:1/ps_ifdrop:7) (40.0%)";
    expect(dumpcap('').readDrops(line)).toEqual({ kernel: 9, interface: 7 });
    expect(dumpcap('').readDrops('Packets captured: 6')).toBeNull();
  });

  it('is understood', () => {
    const about = { interface: 'eth9', filter: 'tcp prt 1' };
    const kinds = {
      "eth9: You don't have permission to perform this capture on that device": 'no-permission',
      "Invalid capture filter \"x\" for interface 'lo'.\n\nThat string isn't a valid capture filter (unknown host 'x').":
        'bad-filter',
      "can't parse filter expression: syntax error": 'bad-filter',
      'syntax error in filter expression: syntax error': 'bad-filter',
      'eth9: No such device exists\n(No such device exists)': 'no-such-interface',
      'pcap_loop: The interface disappeared': 'interface-down',
      'The network adapter "va" is no longer attached; the capture has stopped.': 'interface-down',
      'eth9: That device is not up': 'interface-down',
    };
    for (const [said, kind] of Object.entries(kinds))
      expect(tcpdump('/x/tcpdump').explain(said, about)?.kind, said).toBe(kind);
    expect(tcpdump('/x/tcpdump').explain('pcap_loop: out of memory', about)).toBeNull();
  });
});
