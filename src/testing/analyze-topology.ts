import type { Topology } from '../analysis/topology/model.js';
import { Analyzer } from '../analyzer.js';
import { MemorySource } from '../capture/byte-source.js';
import { readCaptures } from '../capture/merge.js';
import { openByteSource } from '../capture/open.js';
import { play } from '../embedded/scenarios/play.js';
import type { Scenario } from '../embedded/scenarios/scenario.js';
import { PcapWriter } from '../embedded/tap/pcap-file.js';

/** An analyzer that has taken in a recorded capture. */
export async function analyzed(path: string): Promise<Analyzer> {
  const analyzer = new Analyzer();
  await readCaptures([path], {}, (batch, from, to) => analyzer.run(batch, from, to));
  analyzer.finish();
  return analyzer;
}

/** The topology of a recorded capture. */
export async function topologyOf(path: string): Promise<Topology> {
  return (await analyzed(path)).topology();
}

/** The topology of a scenario, played on the simulated network. */
export async function topologyOfPlay(scenario: Scenario): Promise<Topology> {
  const pieces: Uint8Array[] = [];
  const frames = new PcapWriter((bytes) => pieces.push(bytes));
  await play(scenario, { live: false, seed: 1, frames });
  const analyzer = new Analyzer();
  const reader = await openByteSource(new MemorySource(Buffer.concat(pieces)), 'memory');
  for (let batch = await reader.next(); batch !== null; batch = await reader.next())
    analyzer.run(batch, 0, batch.count);
  await reader.close();
  analyzer.finish();
  return analyzer.topology();
}
