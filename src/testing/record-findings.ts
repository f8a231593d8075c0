import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FindingsStage } from './findings-stage.js';
import { FINDING_STORIES } from './findings-stories.js';

/** Records fixtures/findings anew, or the stories that are named: `npx tsx src/testing/record-findings.ts [NAME…]`. As root. */

const FOLDER = fileURLToPath(new URL('../../fixtures/findings/', import.meta.url));

mkdirSync(FOLDER, { recursive: true });
const wanted = process.argv.slice(2);
for (const [name, story] of Object.entries(FINDING_STORIES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const stage = new FindingsStage();
  try {
    await story(stage);
    await stage.save(`${FOLDER}${name}-redis-7.0.15.pcap.gz`);
    process.stderr.write(`${name}\n`);
  } finally {
    await stage.close();
  }
}
