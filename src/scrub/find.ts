import { Analyzer } from '../analyzer.js';
import type { PacketBatch } from '../capture/types.js';
import { PacketDecoder } from '../packet/decoder.js';
import { TcpSegment } from '../packet/segment.js';
import { TcpTracker } from '../tcp/tracker.js';
import { SecretFinder } from './finder.js';
import type { Policy } from './policy.js';

/** Takes packets [from, to) of a batch, in the order of their capture. */
type OnPackets = (batch: PacketBatch, from: number, to: number) => unknown;

/**
 * Looks through a capture, twice, for what is to be overwritten.
 * @param read reads it from its beginning.
 * @throws TooManyPatches, and what `read` throws.
 */
export async function findSecrets(
  read: (onPackets: OnPackets) => Promise<unknown>,
  policy: Policy,
): Promise<SecretFinder> {
  // Which connections that were joined in the middle are links shows only behind their first ACK.
  const analyzer = new Analyzer({ biggestKeys: 0 });
  await read((batch, from, to) => analyzer.run(batch, from, to));
  analyzer.finish();
  const joined = analyzer.links().flatMap(({ sessions }) => sessions.filter((each) => each.joinedMidstream));
  const finder = new SecretFinder(policy, joined);
  const tracker = new TcpTracker({ open: (connection) => finder.open(connection) });
  const decoder = new PacketDecoder();
  const segment = new TcpSegment();
  let last = 0;
  await read(({ bytes, start, end, originalLength, linkType, time }, from, to) => {
    for (let i = from; i < to; i++) {
      finder.packet++;
      last = time[i]!;
      if (decoder.decode(bytes, start[i]!, end[i]!, originalLength[i]!, linkType[i]!, last, segment))
        tracker.segment(segment, last, finder.packet);
    }
  });
  tracker.finish(last);
  return finder;
}
