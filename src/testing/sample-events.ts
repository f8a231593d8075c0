import type { ReplicationEvent } from '../replication/events.js';
import type { Session } from '../replication/model.js';
import { addSession, START, sampleHealthyLink, sampleLink } from './sample-document.js';

/** A short run of events over the healthy sample link, one of each kind, in the order a capture would give them. */

export function words(...texts: string[]): Uint8Array[] {
  return texts.map((text) => new TextEncoder().encode(text));
}

export function sampleCommand(
  session: Session,
  args: Uint8Array[],
  changes: Partial<Extract<ReplicationEvent, { event: 'stream.command' }>> = {},
): Extract<ReplicationEvent, { event: 'stream.command' }> {
  return {
    link: session.link,
    session,
    time: START + 1_363_004,
    packet: 30,
    event: 'stream.command',
    from: 'master',
    args,
    argCount: args.length,
    bytes: 35,
    offset: 5770,
    lagBytes: null,
    ...changes,
  };
}

export function sampleEvents(): ReplicationEvent[] {
  const link = sampleHealthyLink();
  const session = link.sessions[0]!;
  const sync = session.syncs[0]!;
  const payload = session.payload!;
  const at = (offset: number, packet: number) => ({ link, session, time: START + offset, packet });
  const other = addSession(
    sampleLink({
      id: '10.0.0.5:7000<-10.0.0.6:7000',
      master: '10.0.0.5:7000',
      replica: '10.0.0.6:7000',
    }),
  );
  return [
    { ...at(0, 1), event: 'connection.opened' },
    { ...at(100, 4), event: 'handshake.command', words: ['PING'] },
    { ...at(200, 5), event: 'handshake.reply', reply: '+PONG', to: 'PING' },
    { ...at(250, 6), event: 'handshake.command', words: ['REPLCONF', 'listening-port', '6381'] },
    { ...at(260, 7), event: 'handshake.reply', reply: '-ERR unknown command', to: 'REPLCONF listening-port' },
    { ...at(400, 12), event: 'sync.requested', sync },
    { ...at(900, 13), event: 'sync.decided', sync },
    { ...at(20_000, 13), event: 'stream.keepalive', from: 'master' },
    { ...at(1_020_000, 14), event: 'stream.keepalive', from: 'master' },
    { link: other.link, session: other, time: START + 1_021_000, packet: 14, event: 'connection.joined' },
    { ...at(2_020_000, 14), event: 'stream.keepalive', from: 'master' },
    { ...at(62_000, 14), event: 'payload.started', payload },
    { ...at(64_000, 15), event: 'payload.finished', payload },
    { ...at(64_000, 15), event: 'stream.started', start: 0 },
    sampleCommand(session, words('REPLCONF', 'ACK', '5735'), {
      from: 'replica',
      time: START + 1_001_123,
      offset: 5735,
      lagBytes: 0,
    }),
    sampleCommand(session, words('set', 'key-b', 'key-a')),
    sampleCommand(session, words('set', 'key with "blanks"', '\r\n\u001b[31m', 'x'.repeat(300)), {
      bytes: 1_234_567,
    }),
    sampleCommand(session, [...words('hset', 'h'), Uint8Array.of(0xff, 0x41)], { argCount: 22 }),
    {
      ...at(1_002_000, 31),
      event: 'ack',
      offset: 5770,
      fsyncOffset: null,
      lagBytes: 35,
      lagMs: 638.8695,
      behindBytes: 0,
      behindMs: 0,
      sentOffset: 5770,
    },
    { ...at(1_003_000, 32), event: 'getack' },
    { ...at(35_000_000, 40), event: 'lag.high', lag: { ...session.lag, lastBytes: 110_000, lastMs: 1500 } },
    { ...at(36_200_000, 41), event: 'lag.recovered', lag: session.lag },
    { ...at(40_000_000, 42), event: 'gap', from: 'master', missingBytes: 1460 },
    { ...at(40_000_100, 43), event: 'resync', skippedBytes: 12 },
    { ...at(66_471_000, 50), event: 'connection.closed' },
    {
      time: START + 67_000_000,
      packet: 51,
      event: 'encrypted',
      master: '127.0.0.1:6390',
      client: '127.0.0.1:50123',
    },
  ];
}
