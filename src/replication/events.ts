import type { Finding, LagFacts, Link, Payload, Session, Sync } from './model.js';

interface Base {
  /** Packet time, µs since the epoch. */
  time: number;
  /** Number of the packet, from 1. */
  packet: number;
}

interface OfSession extends Base {
  link: Link;
  session: Session;
}

/** Facts as they happen. `event` values and their meaning are those of the output contract. */
export type ReplicationEvent =
  | (OfSession & { event: 'connection.opened' | 'connection.joined' | 'connection.closed' })
  /** A request of the replica before the stream; `words` are upper-cased name and arguments, secrets left out. */
  | (OfSession & { event: 'handshake.command'; words: string[] })
  /** The master's answer, as one line with its type byte. */
  | (OfSession & { event: 'handshake.reply'; reply: string; to: string })
  | (OfSession & { event: 'sync.requested' | 'sync.decided'; sync: Sync })
  | (OfSession & { event: 'payload.started' | 'payload.finished'; payload: Payload })
  | (OfSession & { event: 'stream.started'; start: number | null })
  | (OfSession & {
      event: 'stream.command';
      from: 'master' | 'replica';
      /** Name and leading arguments as bytes, copied; cut to the tracker's limits. */
      args: Uint8Array[];
      /** Arguments of the command, name included; more than `args` when some were not kept. */
      argCount: number;
      /** Bytes of the whole command on the wire. */
      bytes: number;
      /** Offset of its last byte; for an ACK the acknowledged one. */
      offset: number | null;
      /** For an ACK: bytes sent and not yet acknowledged right after it. */
      lagBytes: number | null;
    })
  | (OfSession & { event: 'stream.keepalive'; from: 'master' | 'replica' })
  | (OfSession & {
      event: 'ack';
      offset: number;
      fsyncOffset: number | null;
      lagBytes: number | null;
      lagMs: number | null;
      behindBytes: number | null;
      /** Age of the oldest byte not yet acknowledged right after it. */
      behindMs: number | null;
      /** Offset of the last stream byte sent by then. */
      sentOffset: number | null;
    })
  | (OfSession & { event: 'getack' })
  | (OfSession & { event: 'lag.high' | 'lag.recovered'; lag: LagFacts })
  | (OfSession & { event: 'gap'; from: 'master' | 'replica'; missingBytes: number })
  | (OfSession & { event: 'resync'; skippedBytes: number })
  /** Its time is when it was known; `at`: when it came about, µs. */
  | (OfSession & { event: 'finding'; at: number } & Finding)
  /** A TLS connection: nothing of it can be read. Endpoints as `address:port`, server first. */
  | (Base & { event: 'encrypted'; master: string; client: string });

/** What is worth knowing of a stream's commands without an event for each of them. */
export type StreamNotice = OfSession & {
  /** big-command: one of `amount` bytes. deletes: another `amount` single keys were deleted, outside of transactions. */
  notice: 'big-command' | 'deletes';
  /** Its name in upper case. */
  name: string;
  amount: number;
  /** Replication offset of its last byte. */
  offset: number | null;
};
