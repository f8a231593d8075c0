import { ACK, FIN, RST, SYN, TcpSegment } from '../packet/segment.js';
import type { TcpCounters } from '../tcp/counters.js';
import type { TcpLimits } from '../tcp/limits.js';
import { TcpTracker } from '../tcp/tracker.js';
import type { ConnectionInfo, Direction, StreamConsumer } from '../tcp/types.js';

/** One captured packet of a test. */
export interface Row {
  /** Who sends: the client (port 1000) or the server (port 6379). */
  from: Direction;
  /** Client port, when a test has several connections. */
  port?: number;
  seq: number;
  data?: string | Uint8Array;
  /** Given: the ACK flag is set. */
  ack?: number;
  /** Letters of S, F, R. */
  flags?: string;
  window?: number;
  /** Time in µs; without it, 100 µs after the row before. */
  at?: number;
  /** Without it, each packet has its own. */
  ipId?: number;
  /** Only so many payload bytes were captured. */
  snap?: number;
}

const HEADROOM = 3;
const FLAGS: Record<string, number> = { S: SYN, F: FIN, R: RST };

/** The segment of a row; the payload does not begin at index 0 of its bytes, as in a real packet. */
export function segmentOf(row: Row, id = 1): TcpSegment {
  const segment = new TcpSegment();
  const data = typeof row.data === 'string' ? new TextEncoder().encode(row.data) : row.data;
  const length = data?.length ?? 0;
  const captured = Math.min(length, row.snap ?? length);
  segment.bytes = new Uint8Array(HEADROOM + captured + 2).fill(0x2e);
  if (data) segment.bytes.set(data.subarray(0, captured), HEADROOM);
  segment.payloadStart = HEADROOM;
  segment.payloadEnd = HEADROOM + captured;
  segment.payloadLength = length;
  const client = row.from === 0;
  segment.source2 = 0xffff;
  segment.destination2 = 0xffff;
  segment.source3 = client ? 0x7f000001 : 0x0a000001;
  segment.destination3 = client ? 0x0a000001 : 0x7f000001;
  segment.sourcePort = client ? (row.port ?? 1000) : 6379;
  segment.destinationPort = client ? 6379 : (row.port ?? 1000);
  segment.sequence = row.seq >>> 0;
  segment.acknowledgment = (row.ack ?? 0) >>> 0;
  for (const letter of row.flags ?? '') segment.flags |= FLAGS[letter]!;
  if (row.ack !== undefined) segment.flags |= ACK;
  segment.window = row.window ?? 512;
  segment.ipId = row.ipId ?? id;
  return segment;
}

/** Throws unless the calls of one connection keep the contract of StreamConsumer. */
export class Checker implements StreamConsumer {
  readonly position: [number, number] = [0, 0];
  readonly jumpAllowed: [boolean, boolean] = [false, false];
  private over = false;

  data(direction: Direction, bytes: Uint8Array, start: number, end: number, position: number): void {
    if (start < 0 || end > bytes.length)
      throw new Error(`span ${start}-${end} outside ${bytes.length} bytes`);
    this.advance(direction, position, end - start);
  }

  gap(direction: Direction, position: number, length: number): void {
    this.advance(direction, position, length);
  }

  closed(): void {
    if (this.over) throw new Error('closed twice');
    this.over = true;
  }

  private advance(direction: Direction, position: number, length: number): void {
    if (this.over) throw new Error('called after closed');
    if (length <= 0) throw new Error(`empty call at ${position}`);
    const expected = this.position[direction];
    const jumps = this.jumpAllowed[direction] && position > expected;
    if (position !== expected && !jumps) throw new Error(`at ${position}, expected ${expected}`);
    this.jumpAllowed[direction] = false;
    this.position[direction] = position + length;
  }
}

/** What a play showed. */
export interface Played {
  /** `0@5 text`, `0@9 gap 4`, `closed`; behind a `#2 ` for the second connection, and so on. */
  log: string[];
  /** `time/packet` of each line of the log, time relative to the start. */
  times: string[];
  /** Segment starts, as positions of direction 0. */
  starts: number[];
  connections: ConnectionInfo[];
  counters: TcpCounters;
  tracker: TcpTracker;
  /** Log lines before `finish`. */
  before: number;
}

export interface PlayOptions {
  limits?: Partial<TcpLimits>;
  /** Called before each data call returns. */
  onData?: (connection: ConnectionInfo, direction: Direction, position: number, checker: Checker) => void;
  onOpen?: (connection: ConnectionInfo) => void;
  /** Called after each row, with its index. */
  afterRow?: (index: number, connections: ConnectionInfo[], checkers: Checker[]) => void;
}

/** Plays packets through a tracker and ends it. */
export function play(rows: readonly Row[], options: PlayOptions = {}): Played {
  const log: string[] = [];
  const times: string[] = [];
  const starts: number[] = [];
  const connections: ConnectionInfo[] = [];
  const checkers: Checker[] = [];
  const open = (connection: ConnectionInfo): StreamConsumer => {
    connections.push(connection);
    const checker = new Checker();
    checkers.push(checker);
    const prefix = connections.length === 1 ? '' : `#${connections.length} `;
    const note = (text: string, time: number, packet: number): void => {
      log.push(prefix + text);
      times.push(`${time}/${packet}`);
    };
    options.onOpen?.(connection);
    return {
      data(direction, bytes, start, end, position, time, packet, segmentStart) {
        checker.data(direction, bytes, start, end, position);
        note(
          `${direction}@${position} ${new TextDecoder().decode(bytes.subarray(start, end))}`,
          time,
          packet,
        );
        if (segmentStart && direction === 0) starts.push(position);
        options.onData?.(connection, direction, position, checker);
      },
      gap(direction, position, length, time, packet) {
        checker.gap(direction, position, length);
        note(`${direction}@${position} gap ${length}`, time, packet);
      },
      closed(time) {
        checker.closed();
        note('closed', time, 0);
      },
    };
  };
  const tracker = new TcpTracker({ open, ...(options.limits ? { limits: options.limits } : {}) });
  let time = 0;
  for (const [index, row] of rows.entries()) {
    time = row.at ?? time + 100;
    tracker.segment(segmentOf(row, index + 1), time, index + 1);
    options.afterRow?.(index, connections, checkers);
  }
  const before = log.length;
  tracker.finish(time + 1);
  return { log, times, starts, connections, counters: tracker.counters, tracker, before };
}

/** What side 0 says, which acknowledges a server that has not spoken since its SYN. */
export const client = (seq: number, data: string, more: Partial<Row> = {}): Row => ({
  from: 0,
  seq,
  data,
  ack: 5001,
  ...more,
});

/** SYN, SYN-ACK, ACK. The client's first byte then has sequence number 1, the server's 5001. */
export const HANDSHAKE: readonly Row[] = [
  { from: 0, seq: 0, flags: 'S' },
  { from: 1, seq: 5000, flags: 'S', ack: 1 },
  { from: 0, seq: 1, ack: 5001 },
];
