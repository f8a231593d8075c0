import { Analyzer } from '../analyzer.js';
import { MemorySource } from '../capture/byte-source.js';
import { openByteSource } from '../capture/open.js';
import { ReportFeed } from '../cli/report-feed.js';
import type { ReportModel } from '../report/html/model.js';

/** What the HTML report would show of a capture that is in memory. */
export async function reportModel(bytes: Uint8Array): Promise<ReportModel> {
  const feed = new ReportFeed('utc', undefined);
  const analyzer = new Analyzer({ onEvent: (event) => feed.event(event), observer: feed.observer });
  const reader = await openByteSource(new MemorySource(bytes), 'memory');
  for (let batch = await reader.next(); batch !== null; batch = await reader.next())
    analyzer.run(batch, 0, batch.count);
  await reader.close();
  analyzer.finish();
  return feed.model(analyzer.summary([reader.facts]), analyzer);
}
