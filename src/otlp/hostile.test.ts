import { describe, expect, it } from 'vitest';
import { traced } from '../testing/otlp-spans.js';
import { plantedDisplay } from '../testing/planted-display.js';
import { plantedSecrets } from '../testing/planted-secrets.js';

/** All that spans say of captures made to do harm. */
async function saidOf(capture: Uint8Array): Promise<{ said: string; spans: number }> {
  const { file, live } = await traced(capture);
  return { said: JSON.stringify([...file, ...live]), spans: file.length };
}

describe('spans', () => {
  it('hold no password, wherever one stands', async () => {
    const { capture, places } = plantedSecrets();
    const { said, spans } = await saidOf(capture);
    expect(spans).toBeGreaterThan(200);
    expect(
      [...places].filter(([, secret]) => said.includes(secret.slice(0, 8))).map(([place]) => place),
    ).toEqual([]);
  });

  it('hold nothing that a terminal or a page obeys', async () => {
    const { said } = await saidOf(plantedDisplay());
    expect(said).toContain('EVIL');
    // JSON writes the backslashes of our escapes twice, and controls with one.
    expect(said.replaceAll('\\\\', '')).not.toMatch(/\\u|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });
});
