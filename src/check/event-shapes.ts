import {
  ANY,
  BOOLEAN,
  BYTES,
  COUNT,
  type Fields,
  list,
  MS,
  map,
  oneOf,
  type Shape,
  TEXT,
  TIME,
} from './shape.js';
import { LAG_SHAPE, PAYLOAD_SHAPE, SESSION_SHAPE, SYNC_SHAPE } from './summary-shape.js';

/** Fields of events, by the event's name: those of its NDJSON line (docs/output.md). A test holds them against every fixture. */

const OPENED: Fields = {
  master: TEXT,
  replica: TEXT,
  clientPort: COUNT,
  channel: fieldOf(SESSION_SHAPE, 'channel'),
  openedAt: TIME,
  joinedMidstream: BOOLEAN,
};
const SIDE = oneOf('master', 'replica');

export const EVENT_SHAPES: Readonly<Record<string, Fields>> = {
  'connection.opened': OPENED,
  'connection.joined': OPENED,
  'connection.closed': {
    closedAt: TIME,
    closedBy: SIDE,
    closedHow: fieldOf(SESSION_SHAPE, 'closedHow'),
    phase: fieldOf(SESSION_SHAPE, 'phase'),
  },
  'handshake.command': { words: list(TEXT) },
  'handshake.reply': { reply: TEXT, to: TEXT },
  'sync.requested': SYNC_SHAPE.fields,
  'sync.decided': SYNC_SHAPE.fields,
  'payload.started': PAYLOAD_SHAPE.fields,
  'payload.finished': PAYLOAD_SHAPE.fields,
  'stream.started': { start: COUNT, basis: oneOf('handshake', 'inferred', 'none'), onlineAt: TIME },
  'stream.command': {
    from: SIDE,
    name: TEXT,
    args: list(TEXT),
    argCount: COUNT,
    bytes: BYTES,
    offset: COUNT,
    lagBytes: BYTES,
    escaped: list(COUNT),
  },
  'stream.keepalive': { from: SIDE },
  ack: { offset: COUNT, fsyncOffset: COUNT, lagBytes: BYTES, lagMs: MS, behindBytes: BYTES },
  getack: {},
  'lag.high': LAG_SHAPE.fields,
  'lag.recovered': LAG_SHAPE.fields,
  gap: { from: SIDE, missingBytes: BYTES },
  resync: { skippedBytes: BYTES },
  encrypted: { master: TEXT, client: TEXT },
  finding: {
    severity: oneOf('info', 'warning', 'error'),
    code: TEXT,
    at: TIME,
    message: TEXT,
    advice: TEXT,
    packets: list(COUNT),
    evidence: map(ANY),
  },
};

export const EVENT_NAMES = Object.keys(EVENT_SHAPES);

function fieldOf(shape: { readonly fields: Fields }, name: string): Shape {
  return shape.fields[name]!;
}
