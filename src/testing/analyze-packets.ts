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

/** A command of a master's stream as it was told. */
export interface ToldCommand {
  /** Replication offset of its last byte. */
  readonly offset: number;
  readonly bytes: number;
}

export interface Analysis {
  readonly links: readonly Link[];
  readonly acks: readonly ToldAck[];
  /** Those whose offset is known, in their order. */
  readonly commands: ReadonlyMap<Session, readonly ToldCommand[]>;
  readonly document: SummaryDocument;
  readonly internalErrors: readonly string[];
}

/** Analyses packets that are in memory. */
export function analyzePackets(packets: readonly NumberedPacket[]): Analysis {
  const acks: ToldAck[] = [];
  const commands = new Map<Session, ToldCommand[]>();
  const analyzer = new Analyzer({
    commands: true,
    onEvent: (event) => {
      if (event.event === 'ack')
        acks.push({ session: event.session, offset: event.offset, packet: event.packet });
      else if (event.event === 'stream.command' && event.from === 'master' && event.offset !== null) {
        const told = commands.get(event.session) ?? [];
        commands.set(event.session, told);
        told.push({ offset: event.offset, bytes: event.bytes });
      }
    },
  });
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
  return { links: analyzer.links(), acks, commands, document, internalErrors: analyzer.internalErrors };
}
