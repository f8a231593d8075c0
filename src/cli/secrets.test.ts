import { describe, expect, it } from 'vitest';
import { everyOutput } from '../testing/every-output.js';
import { captureBytes, fixture } from '../testing/fixtures.js';

/** Passwords of a recorded capture; src/secrets.test.ts plants one in every place. */

/** The words behind AUTH in a capture, from its bytes alone. */
function passwordsIn(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString('latin1');
  return [...text.matchAll(/\r\nAUTH\r\n\$\d+\r\n([^\r]+)\r\n/gi)].map((match) => match[1]!);
}

describe('a recorded capture with passwords', () => {
  it('shows neither the right nor the wrong one', async () => {
    const { path } = fixture('auth-redis-5.0.14.pcap');
    expect([...new Set(passwordsIn(captureBytes(path)))]).toEqual(['s3cret pass', 'wrong']);
    const outputs = await everyOutput(path);
    expect(outputs.some(({ text }) => text.includes('AUTH'))).toBe(true);
    for (const { command, text, rest } of outputs) {
      expect(text + rest, command).not.toContain('s3cret');
      expect(text + rest, command).not.toMatch(/AUTH "?wrong/i);
    }
  }, 120_000);
});
