/**
 * The keys of the summary document as docs/output-contract.md lists them, so that one that is renamed or lost by accident is
 * noticed. Values: `null` a leaf, an object its own keys, `[…]` a list of such; `{}` any keys.
 */

type Shape = null | { [key: string]: Shape } | [Shape];

const leaf = (...names: string[]): { [key: string]: Shape } =>
  Object.fromEntries(names.map((name) => [name, null]));

const BIG_KEY: Shape = leaf(
  ...[
    'db',
    'key',
    'keyBase64',
    'keyLength',
    'type',
    'encoding',
    'elements',
    'bytes',
    'expiresAt',
    'position',
  ],
);

const RDB: Shape = {
  ...leaf('version', 'server', 'keys', 'expires', 'functions', 'checksum', 'complete'),
  databases: {},
  types: {},
  // Additions to the contract: see docs/rdb.md.
  expired: null,
  byType: {},
  biggestKeys: { byBytes: [BIG_KEY], byElements: [BIG_KEY] },
  aux: {},
  error: leaf('message', 'position'),
};

const SESSION: Shape = {
  ...leaf('clientPort', 'channel', 'openedAt', 'joinedMidstream', 'closedAt', 'closedBy', 'closedHow'),
  ...leaf('phase', 'drift'),
  // Additions to the contract, here and below: see src/report/document.ts.
  ...leaf('firstSeenAt', 'onlineAt'),
  handshake: {
    ...leaf('ping', 'auth', 'listeningPort', 'announcedAddress', 'replicaVersion'),
    capabilities: [null],
  },
  syncs: [
    {
      ...leaf('command', 'replid', 'offset', 'failover', 'requestedAt', 'decidedAt', 'decision'),
      ...leaf('grantedReplid', 'grantedOffset', 'error', 'cause', 'missedBytes'),
      why: { code: null, orElse: [null], evidence: {} },
    },
  ],
  payload: {
    ...leaf('form', 'declaredBytes', 'bytes', 'complete', 'startedAt', 'finishedAt', 'sha256'),
    ...leaf('waitMs', 'transferMs', 'loadMs'),
    rdb: RDB,
    anatomy: {
      ...leaf(
        'totalMs',
        'waitMs',
        'transferMs',
        'loadMs',
        'catchUpMs',
        'bytesPerSecond',
        'roundTripMs',
        'idleMs',
      ),
      ...leaf('unacknowledgedMs', 'zeroWindowMs', 'retransmittedBytes', 'maxFlightBytes', 'writtenBytes'),
      ...leaf('boundBy', 'reason', 'reasonMs'),
    },
  },
  offsets: {
    ...leaf('basis', 'start', 'end', 'lastAck', 'lastFsyncAck'),
    inference: leaf('acks', 'settledAfter', 'certainty'),
  },
  stream: {
    ...leaf('bytes', 'commands', 'pings', 'getAcks', 'keepaliveNewlines'),
    byCommand: {},
    databases: [null],
  },
  acks: leaf('count', 'firstAt', 'lastAt', 'maxIntervalMs'),
  lag: {
    ...leaf('lastBytes', 'maxBytes', 'lastMs', 'maxMs', 'p50Ms', 'p99Ms', 'maxBytesAt', 'caughtUpMs'),
    series: { ...leaf('startAt', 'stepMs'), maxBytes: [null] },
  },
  behind: leaf('maxBytes', 'maxMs'),
  loss: {
    ...leaf('gaps', 'missingBytes', 'retransmittedBytes', 'outOfOrderSegments', 'zeroWindowMs', 'resyncs'),
    ...leaf('skippedBytes'),
    ...leaf('duplicatePackets', 'conflictingBytes'),
  },
};

const SUMMARY: Shape = {
  schema: null,
  capture: {
    ...leaf('format', 'packets', 'bytes', 'cutPackets', 'kernelDrops', 'firstTime', 'lastTime', 'complete'),
    sources: [null],
    linkTypes: [null],
  },
  ignored: leaf('connections', 'encryptedConnections', 'unlistedSessions'),
  limits: [leaf('limit', 'most', 'times')],
  links: [
    {
      ...leaf('id', 'master', 'replica', 'replicaPortAnnounced'),
      ...leaf('fullResyncs', 'partialResyncs', 'refusedSyncs', 'reconnects'),
      lag: leaf('lastBytes', 'maxBytes', 'lastMs', 'maxMs', 'maxAckIntervalMs'),
      behind: leaf('maxBytes', 'maxMs'),
      sessions: [SESSION],
    },
  ],
  siblings: [
    {
      ...leaf('replid', 'equalBytes', 'differingBytes'),
      links: [null],
      firstDifference: { ...leaf('fromOffset', 'toOffset', 'at'), packets: [null] },
    },
  ],
  findings: [
    {
      ...leaf('severity', 'code', 'link', 'session', 'at', 'message', 'advice', 'filter'),
      packets: [null],
      evidence: {},
    },
  ],
};

/** What in a summary document is not as the contract says: keys missing or unknown, lists that are none. */
export function shapeProblems(document: unknown): string[] {
  const problems: string[] = [];
  compare('summary', SUMMARY, document, problems);
  return problems;
}

function compare(path: string, shape: Shape, value: unknown, problems: string[]): void {
  if (shape === null) {
    if (typeof value === 'object' && value !== null) problems.push(`${path}: is no single value`);
    return;
  }
  if (value === null) return; // not known from this capture
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) problems.push(`${path}: is no list`);
    else for (const [index, each] of value.entries()) compare(`${path}[${index}]`, shape[0], each, problems);
    return;
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    problems.push(`${path}: is no object`);
    return;
  }
  const keys = Object.keys(shape);
  if (keys.length === 0) return;
  const object = value as Record<string, unknown>;
  for (const key of keys) if (!(key in object)) problems.push(`${path}.${key}: is missing`);
  for (const [key, each] of Object.entries(object))
    if (key in shape) compare(`${path}.${key}`, shape[key]!, each, problems);
    else problems.push(`${path}.${key}: is not in the contract`);
}
