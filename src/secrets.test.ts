import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { everyOutput } from './testing/every-output.js';
import { examine } from './testing/fuzz/examine.js';
import { scrubbedBytes } from './testing/fuzz/scrubbed.js';
import { type Talk, talksCapture } from './testing/fuzz/talk-capture.js';
import { BEARERS, plantedSecrets } from './testing/planted-secrets.js';
import { resp } from './testing/talk.js';

/** A password of its own in every place where one may stand; none of them is in anything that is printed or written. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-planted-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Half a password is one too many. */
function shownIn(text: string, places: ReadonlyMap<string, string>): string[] {
  return [...places].filter(([, secret]) => text.includes(secret.slice(0, 8))).map(([place]) => place);
}

describe('passwords in every place', () => {
  it('are in no output of any command', async () => {
    const { capture, places } = plantedSecrets();
    expect(places.size).toBeGreaterThan(200);
    const path = join(folder, 'planted.pcap');
    writeFileSync(path, capture);
    const outputs = await everyOutput(path, { aofLink: ':7004' });
    for (const { command, text, rest, code } of outputs) {
      expect(shownIn(text + rest, places), command).toEqual([]);
      expect({ command, code: code === 0 || code === 1 }).toEqual({ command, code: true });
      expect(text.length, command).toBeGreaterThan(0);
    }
  }, 120_000);

  it.each([1448, 3])(
    'are in no model of live views, pages and checks, in segments of %i bytes',
    async (segment) => {
      const { capture, places } = plantedSecrets(segment);
      const secrets = [...places.values()].map((secret) => secret.slice(0, 8));
      const { complaints, links } = await examine(capture, { deep: true, secrets, isSound: false });
      expect(complaints).toEqual([]);
      expect(links).toBeGreaterThan(80);
    },
    120_000,
  );

  it('are not in a scrubbed capture either', async () => {
    for (const segment of [1448, 5]) {
      const { capture, places } = plantedSecrets(segment);
      const copy = await scrubbedBytes(capture, { keys: false, values: false, secret: Buffer.from('s') });
      expect(shownIn(Buffer.from(copy).toString('latin1'), places)).toEqual([]);
    }
  });
});

describe('passwords that are cut in two', () => {
  const secret = 'Sq7x999hunter';
  for (const [name, words] of BEARERS)
    it(`${name}, at every byte`, async () => {
      const request = resp(...words(secret));
      // A connection for each place to cut at.
      const talks = Array.from(request.slice(1), (_, i): Talk => {
        const says = [request.slice(0, i + 1), request.slice(i + 1), resp('PSYNC', '?', '-1')];
        return {
          ...{ client: '10.2.0.2', clientPort: 40_000 + i, server: '10.2.0.1', serverPort: 6379 },
          turns: says.map((text, turn) => ({ from: 0, bytes: Buffer.from(text), time: 1e15 + turn * 1000 })),
          ...{ hasSyn: true, end: 'open', endedBy: 0 },
        };
      });
      let sequence = 0;
      const next = (): number => {
        sequence += 0x1357_9bd1;
        return sequence;
      };
      const capture = talksCapture(talks, { segment: () => 2000, sequence: next });
      const { complaints, links } = await examine(capture, { secrets: [secret.slice(0, 8)] });
      expect(complaints).toEqual([]);
      expect(links).toBe(talks.length);
    });
});
