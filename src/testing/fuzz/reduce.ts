import { writePcap } from '../capture-writer.js';
import { type FramedPacket, packetsOf } from '../reframe.js';

/** Tries at most: each runs the whole analysis. */
const MOST_TRIES = 400;

/**
 * The fewest packets of a capture that still fail, found by leaving out ever smaller runs of them; the capture itself where its packets
 * cannot be read or the failure is one of the file.
 * @param fails says whether these bytes show the failure.
 */
export async function reduced(
  bytes: Uint8Array,
  fails: (bytes: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let packets: FramedPacket[];
  try {
    packets = await packetsOf(bytes);
  } catch {
    return bytes;
  }
  const write = (some: readonly FramedPacket[]): Uint8Array =>
    writePcap(some, { linkType: packets[0]?.linkType ?? 1 });
  if (packets.length === 0 || !(await fails(write(packets)))) return bytes;
  let tries = 0;
  for (let run = packets.length >> 1; run >= 1 && tries < MOST_TRIES; run >>= 1) {
    for (let at = 0; at < packets.length && tries < MOST_TRIES; tries++) {
      const without = packets.toSpliced(at, run);
      if (without.length > 0 && (await fails(write(without)))) packets = without;
      else at += run;
    }
  }
  return write(packets);
}
