import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Analyzer } from '../analyzer.js';
import { readCaptures } from '../capture/merge.js';
import { readArguments } from '../resp/arguments.js';
import { joinBytes, writePcapng, writePcapngBlock } from '../testing/capture-writer.js';
import { captureBytes, fixture, replicationFixtures } from '../testing/fixtures.js';
import { packetsOf } from '../testing/reframe.js';
import { scrub } from './scrub.js';

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-scrub-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => void vi.spyOn(process.stderr, 'write').mockReturnValue(true));

const EMBEDDED = fileURLToPath(new URL('../../fixtures/embedded/', import.meta.url));
const captures = [
  ...replicationFixtures().map(({ path }) => path),
  ...readdirSync(EMBEDDED)
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => EMBEDDED + name),
];

async function scrubbed(
  input: string,
  redact?: 'keys' | 'values' | 'all',
  name = 'clean.pcap',
): Promise<string> {
  const output = join(folder, name);
  await scrub({ input, output, redact, redactWith: redact && 'tests' });
  return output;
}

/** What the analyzer says of a capture, and the keys and values in it that are worth a look. */
async function lookAt(path: string) {
  const data = new Set<string>();
  const note = (bytes: Uint8Array): void => {
    const text = Buffer.from(bytes).toString('latin1');
    if (text.length >= LEAST_TELLING && text.length < 200 && !OVERWRITTEN.test(text)) data.add(text);
  };
  const analyzer = new Analyzer({
    observer: {
      payload: () => ({ key: ({ key }) => note(key), end: () => {} }),
      stream: () => ({
        command: ({ name, parts }) => {
          if (STRUCTURE.has(name)) return;
          const bytes = Buffer.concat(parts);
          const { ranges } = readArguments(bytes, 0, bytes.length, 50);
          for (let i = 2; i < ranges.length; i += 2) note(bytes.subarray(ranges[i], ranges[i + 1]));
        },
        missing: () => {},
      }),
    },
  });
  const facts = await readCaptures([path], {}, (batch, from, to) => analyzer.run(batch, from, to));
  analyzer.finish(facts);
  return { summary: analyzer.summary(facts), data };
}

/** Shorter words occur by chance. */
const LEAST_TELLING = 8;
/** A value that looks like an overwritten one before it is. */
const OVERWRITTEN = /^x+$/;
const STRUCTURE = new Set(['PING', 'SELECT', 'MULTI', 'EXEC', 'REPLCONF', 'SCRIPT', 'FUNCTION']);

/** What scrubbing changes on purpose: the payload's bytes, names and scripts in it. */
const CHANGED = new Set(['sha256', 'sources', 'biggestKeys', 'lua']);
const withoutChanged = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (name, each) => (CHANGED.has(name) ? undefined : each)));

/** Packets whose TCP checksum is wrong. */
function badChecksums(path: string): number {
  const args = [
    '-o',
    'tcp.check_checksum:TRUE',
    '-Y',
    'tcp.checksum.status==0',
    '-T',
    'fields',
    '-e',
    'frame.number',
  ];
  return (
    execFileSync('tshark', ['-r', path, ...args], { encoding: 'utf8', stdio: 'pipe' }).split('\n').length - 1
  );
}

describe('keys and values', () => {
  for (const path of captures)
    it(`of ${basename(path)} are gone, and the rest says the same`, async () => {
      const output = await scrubbed(path, 'all');
      const before = await lookAt(path);
      const after = await lookAt(output);
      // Where it is not known what bytes are, they are overwritten, and what the analyzer guesses of them differs.
      const isGuess = /snap96|start-mid-rdb/.test(path);
      if (!isGuess) expect(withoutChanged(after.summary)).toEqual(withoutChanged(before.summary));
      const bytes = readFileSync(output).toString('latin1');
      expect([...before.data].filter((text) => bytes.includes(text))).toEqual([]);
    });

  it('keep their lengths; packets their times, sizes and sound checksums', async () => {
    const path = `${EMBEDDED}tour.pcap`;
    const output = await scrubbed(path, 'all');
    const [before, after] = await Promise.all([path, output].map((each) => packetsOf(captureBytes(each))));
    const shape = (packets: typeof before) =>
      packets!.map(({ time, data, originalLength }) => [time, data.length, originalLength]);
    expect(shape(after)).toEqual(shape(before));
    expect(badChecksums(path)).toBe(0);
    expect(badChecksums(output)).toBe(0);
    expect(readFileSync(output)).not.toEqual(readFileSync(path));
  });

  it('hides keys alone, the same one always by the same letters', async () => {
    const path = `${EMBEDDED}tour.pcap`;
    const [first, second] = [
      await lookAt(await scrubbed(path, 'keys')),
      await lookAt(await scrubbed(path, 'keys')),
    ];
    expect(second.data).toEqual(first.data);
    const { data } = await lookAt(path);
    const kept = [...data].filter((text) => first.data.has(text));
    expect(kept).toContain('welcome ada');
    expect(kept).not.toContain('queue:mail');
  });
});

describe('passwords alone', () => {
  it('of a recorded capture: nothing but they and their checksums are changed', async () => {
    const { path } = fixture('auth-redis-5.0.14.pcap');
    const output = await scrubbed(path);
    const before = Buffer.from(captureBytes(path));
    const after = readFileSync(output);
    expect(before.includes('s3cret pass')).toBe(true);
    expect(after.includes('s3cret')).toBe(false);
    expect(after.length).toBe(before.length);
    const different = before.filter((byte, i) => byte !== after[i]).length;
    expect(different).toBeLessThanOrEqual(6 * ('s3cret pass'.length + 2));
    const [one, other] = [await lookAt(path), await lookAt(output)];
    expect({ ...other.summary, capture: null }).toEqual({ ...one.summary, capture: null });
  });

  it('does not touch a capture without any', async () => {
    const { path } = fixture('backlog-overflow-redis-7.2.6.pcap');
    expect(readFileSync(await scrubbed(path))).toEqual(Buffer.from(captureBytes(path)));
  });

  it('of pcapng, with the keys of TLS sessions', async () => {
    const { path } = fixture('auth-redis-5.0.14.pcap');
    const packets = await packetsOf(captureBytes(path));
    const keyLog = Buffer.concat([
      Buffer.from('4b534c54', 'hex'),
      Buffer.alloc(4),
      Buffer.from('CLIENT_RANDOM 00'),
    ]);
    const file = joinBytes(
      writePcapng(packets, { interfaces: [{ linkType: packets[0]!.linkType }] }),
      writePcapngBlock(0x0a, keyLog),
    );
    const input = join(folder, 'in.pcapng');
    writeFileSync(input, file);
    const output = await scrubbed(input, undefined, 'out.pcapng.gz');
    const after = gunzipSync(readFileSync(output));
    expect(after.length).toBe(file.length);
    expect(after.includes('CLIENT_RANDOM')).toBe(false);
    expect(after.includes('s3cret')).toBe(false);
  });
});

describe('files', () => {
  it.each([
    ['standard input', { input: '-', output: 'x' }, /name one/],
    ['its own input', { input: captures[0]!, output: captures[0]! }, /another file/],
    ['a file that is not there', { input: '/nowhere', output: 'x' }, /no such file/],
    ['a folder that is not there', { input: captures[0]!, output: '/nowhere/x.pcap' }, /cannot be written/],
    [
      'a text for pseudonyms without any',
      { input: captures[0]!, output: 'x', redactWith: 'y' },
      /--redact keys/,
    ],
  ])('refuses %s', async (_, args, message) => {
    await expect(scrub({ redact: undefined, redactWith: undefined, ...args })).rejects.toThrow(message);
  });

  it('leaves out a record that is cut short, and nothing half-written behind', async () => {
    const { path } = fixture('auth-redis-5.0.14.pcap');
    const input = join(folder, 'cut.pcap');
    writeFileSync(input, captureBytes(path).subarray(0, 5001));
    const output = await scrubbed(input, undefined, 'of-cut.pcap');
    const { summary } = await lookAt(output);
    expect(summary.capture.complete).toBe(true);
    expect(readdirSync(folder).filter((name) => name.includes('.part'))).toEqual([]);
    expect(existsSync('/nowhere')).toBe(false);
  });
});
