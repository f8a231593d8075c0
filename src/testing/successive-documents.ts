import { Analyzer } from '../analyzer.js';
import { MemorySource } from '../capture/byte-source.js';
import { openByteSource } from '../capture/open.js';
import type { SummaryDocument } from '../report/document.js';
import { captureBytes } from './fixtures.js';

/** What a live view is given while a capture runs: the summary each `stepUs` of packet time, and once more at the end. */
export async function successiveDocuments(
  path: string,
  stepUs: number,
): Promise<{ document: SummaryDocument; now: number }[]> {
  const analyzer = new Analyzer();
  const reader = await openByteSource(new MemorySource(captureBytes(path)), path);
  const looks: { document: SummaryDocument; now: number }[] = [];
  const look = () => {
    const now = analyzer.lastTime ?? 0;
    looks.push({ document: structuredClone(analyzer.summary([reader.facts])), now });
  };
  let next = 0;
  for (let batch = await reader.next(); batch !== null; batch = await reader.next())
    for (let i = 0; i < batch.count; i++) {
      analyzer.run(batch, i, i + 1);
      if (batch.time[i]! < next) continue;
      look();
      next = batch.time[i]! + stepUs;
    }
  await reader.close();
  analyzer.finish();
  look();
  return looks;
}
