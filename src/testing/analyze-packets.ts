import { Analyzer } from '../analyzer.js';
import { BatchBuffer } from '../capture/batch.js';
import type { Link, Session } from '../replication/model.js';
import type { SummaryDocument } from '../report/document.js';
import type { NumberedPacket } from './damage.js';

/** An acknowledgement as it was told. */
export interface ToldAck {
  readonly session: Session;
  readonly offset: number;
  /** Number of its packet among those that were analysed. */
  readonly packet: number;
}

export interface Analysis {
  readonly links: readonly Link[];
  readonly acks: readonly ToldAck[];
  readonly document: SummaryDocument;
  readonly internalErrors: readonly string[];
}

/** Analyses packets that are in memory. `acks` are told only when asked for. */
export function analyzePackets(packets: readonly NumberedPacket[], wantAcks = false): Analysis {
  const acks: ToldAck[] = [];
  const analyzer = new Analyzer(
    wantAcks
      ? {
          onEvent: (event) => {
            if (event.event === 'ack')
              acks.push({ session: event.session, offset: event.offset, packet: event.packet });
          },
        }
      : {},
  );
  const batch = new BatchBuffer();
  batch.count = 1;
  for (const { time, data, originalLength, linkType } of packets) {
    batch.bytes = data;
    batch.end[0] = data.length;
    batch.originalLength[0] = originalLength;
    batch.linkType[0] = linkType;
    batch.time[0] = time;
    analyzer.run(batch, 0, 1);
  }
  analyzer.finish();
  const document = analyzer.summary([]);
  return { links: analyzer.links(), acks, document, internalErrors: analyzer.internalErrors };
}
