import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type WrittenPacket, writePcap } from '../testing/capture-writer.js';
import { captureBytes, fixture } from '../testing/fixtures.js';
import { ethernet, ipv4, tcp } from '../testing/packet-builder.js';
import { runCli } from '../testing/run-cli.js';
import { resp } from '../testing/talk.js';

/** Passwords that a capture holds appear in nothing that is printed or written. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-secrets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OUTPUTS = [
  ['replay', '--commands', '--acks'],
  ['replay', '--commands', '--json'],
  ['timeline', '--all'],
  ['timeline', '--format', 'markdown'],
  ['timeline', '--json'],
  ['summary'],
  ['summary', '--json'],
  ['summary', '--format', 'markdown'],
];

/** Everything the program can print of a capture. */
async function everyOutput(path: string): Promise<string> {
  const runs = OUTPUTS.map((args) => runCli([...args, path], { env: { COLUMNS: '200' } }));
  return (await Promise.all(runs)).map(({ stdout, stderr }) => stdout + stderr).join('\n');
}

/** The words behind AUTH in a capture, from its bytes alone. */
function passwordsIn(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString('latin1');
  return [...text.matchAll(/\r\nAUTH\r\n\$\d+\r\n([^\r]+)\r\n/gi)].map((match) => match[1]!);
}

describe('a recorded capture with passwords', () => {
  it('right and wrong ones', async () => {
    const { path } = fixture('auth-redis-5.0.14.pcap');
    const passwords = new Set(passwordsIn(captureBytes(path)));
    expect([...passwords]).toEqual(['s3cret pass', 'wrong']);
    const output = await everyOutput(path);
    expect(output).toContain('AUTH');
    expect(output).not.toContain('s3cret');
    expect(output).not.toMatch(/AUTH "?wrong/i);
  });
});

interface Line {
  from: 'replica' | 'master';
  text: string;
}

/** A capture of one connection on which these are said, a segment each. */
function talk(name: string, lines: Line[]): string {
  const next = { replica: 1001, master: 5001 };
  const packets: WrittenPacket[] = [];
  const send = (from: Line['from'], flags: number, text: string) => {
    const back = from === 'replica' ? 'master' : 'replica';
    const ports =
      from === 'replica'
        ? { sourcePort: 40_000, destinationPort: 6379 }
        : { sourcePort: 6379, destinationPort: 40_000 };
    const addresses =
      from === 'replica'
        ? { source: '10.0.0.2', destination: '10.0.0.1' }
        : { source: '10.0.0.1', destination: '10.0.0.2' };
    const segment = tcp({
      ...ports,
      sequence: next[from],
      acknowledgment: next[back],
      flags,
      payload: Buffer.from(text, 'latin1'),
    });
    packets.push({
      time: 1_700_000_000_000_000 + packets.length * 1000,
      data: ethernet(ipv4(segment, addresses)),
    });
    next[from] += text.length;
  };
  const SYN = 2;
  const ACK = 16;
  next.replica--;
  send('replica', SYN, '');
  next.replica++;
  next.master--;
  send('master', SYN | ACK, '');
  next.master++;
  for (const { from, text } of lines) send(from, ACK, text);
  const path = join(folder, name);
  writeFileSync(path, writePcap(packets));
  return path;
}

const replica = (text: string): Line => ({ from: 'replica', text });
const master = (text: string): Line => ({ from: 'master', text });

describe('handshakes with a password', () => {
  const cases: [string, Line[]][] = [
    [
      'an AUTH that the master renamed away and quotes',
      [
        replica(resp('AUTH', 'hunter2')),
        master('-ERR unknown command `AUTH`, with args beginning with: `hunter2`, \r\n'),
      ],
    ],
    ['inline', [replica('AUTH hunter2\r\n'), master('+OK\r\n')]],
    ['inline with a user', [replica('AUTH replica hunter2\r\n'), master('+OK\r\n')]],
    ['an array', [replica(resp('AUTH', 'hunter2')), master('+OK\r\n')]],
    ['an array in lower case', [replica(resp('auth', 'replica', 'hunter2')), master('+OK\r\n')]],
    ['HELLO', [replica(resp('HELLO', '3', 'AUTH', 'default', 'hunter2')), master('+OK\r\n')]],
    [
      'cut by segments',
      ['*2\r\n$4\r\nAU', 'TH\r\n$7\r\nhun', 'ter2\r\n'].map(replica).concat(master('+OK\r\n')),
    ],
    ['pipelined', [replica(resp('AUTH', 'hunter2') + resp('PING')), master('+OK\r\n+PONG\r\n')]],
    ['rejected', [replica(resp('AUTH', 'hunter2')), master('-WRONGPASS invalid username-password pair\r\n')]],
  ];
  for (const [what, lines] of cases)
    it(what, async () => {
      const path = talk(`${what.replaceAll(' ', '-')}.pcap`, [
        ...lines,
        replica(resp('REPLCONF', 'listening-port', '6380')),
        master('+OK\r\n'),
        replica(resp('PSYNC', '?', '-1')),
        master(`+FULLRESYNC ${'a'.repeat(40)} 0\r\n`),
      ]);
      const output = await everyOutput(path);
      expect(output).toContain('FULLRESYNC');
      expect(output).not.toContain('hunter2');
      expect(output).not.toMatch(/hun\b|ter2/);
    });
});
