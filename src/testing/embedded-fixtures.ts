import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SCENARIOS } from '../embedded/scenarios/index.js';
import { play } from '../embedded/scenarios/play.js';
import type { Scenario } from '../embedded/scenarios/scenario.js';
import { PcapWriter } from '../embedded/tap/pcap-file.js';
import { analyze, type SummaryDocument } from '../index.js';

/** fixtures/embedded: the scenarios of the demonstration as captures, with the summary of each. `npm run fixtures` makes them. */

const FOLDER = fileURLToPath(new URL('../../fixtures/embedded/', import.meta.url));

const SEED = 1;

export interface EmbeddedFixture {
  readonly scenario: Scenario;
  readonly pcapPath: string;
  readonly summaryPath: string;
}

export const EMBEDDED_FIXTURES: readonly EmbeddedFixture[] = SCENARIOS.map((scenario) => ({
  scenario,
  pcapPath: `${FOLDER}${scenario.name}.pcap`,
  summaryPath: `${FOLDER}${scenario.name}.summary.json`,
}));

/** The capture of a scenario, made anew. */
export async function makeCapture(scenario: Scenario): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  await play(scenario, { live: false, seed: SEED, frames: new PcapWriter((bytes) => pieces.push(bytes)) });
  return Buffer.concat(pieces);
}

/** The summary of a fixture's capture, without the path that it was read from. */
export async function summarise({ scenario, pcapPath }: EmbeddedFixture): Promise<SummaryDocument> {
  const document = await analyze(pcapPath);
  document.capture.sources = [`${scenario.name}.pcap`];
  return document;
}

export function storedSummary({ summaryPath }: EmbeddedFixture): unknown {
  return JSON.parse(readFileSync(summaryPath, 'utf8'));
}

export async function writeFixtures(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  for (const each of EMBEDDED_FIXTURES) {
    writeFileSync(each.pcapPath, await makeCapture(each.scenario));
    writeFileSync(each.summaryPath, `${JSON.stringify(await summarise(each), null, 1)}\n`);
  }
}
