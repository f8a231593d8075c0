import { PacketDecoder } from '../packet/decoder.js';
import { TcpSegment } from '../packet/segment.js';
import { TcpTracker } from '../tcp/tracker.js';
import type { Direction } from '../tcp/types.js';
import { captureBytes } from './fixtures.js';
import { packetsOf } from './reframe.js';

/** What was said on a connection of a capture, in order; from: 0 the side that opened it, 1 the other. */
export interface Conversation {
  readonly turns: { from: Direction; bytes: Buffer; time: number }[];
  /** The capture has its SYN and lost nothing of it. */
  whole: boolean;
}

/** The conversations of a capture file. */
export async function conversationsOf(path: string): Promise<Conversation[]> {
  const conversations: Conversation[] = [];
  const tracker = new TcpTracker({
    open: (connection) => {
      const conversation: Conversation = { turns: [], whole: !connection.midstream };
      conversations.push(conversation);
      return {
        data: (from, bytes, start, end, _position, time) => {
          conversation.turns.push({ from, bytes: Buffer.from(bytes.subarray(start, end)), time });
        },
        gap: () => {
          conversation.whole = false;
        },
        closed: () => {},
      };
    },
  });
  const decoder = new PacketDecoder();
  const segment = new TcpSegment();
  const packets = await packetsOf(captureBytes(path));
  packets.forEach(({ data, originalLength, linkType, time }, i) => {
    if (decoder.decode(data, 0, data.length, originalLength, linkType, time, segment))
      tracker.segment(segment, time, i + 1);
  });
  tracker.finish(packets.at(-1)?.time ?? 0);
  return conversations;
}
