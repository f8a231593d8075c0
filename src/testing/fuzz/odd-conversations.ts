import fc from 'fast-check';
import type { SummaryDocument } from '../../report/document.js';
import { MARK } from '../link-capture.js';
import { RdbWriter, string } from '../rdb-writer.js';
import { resp } from '../talk.js';
import type { Talk, Turn } from './talk-capture.js';

/**
 * Conversations that no server of today has but the protocol allows: handshakes in any style and order, refused, repeated, pipelined;
 * newlines wherever one may stand, end marks inside values, empty arguments, ports used again. Each with what must be found in it.
 */

export interface OddCapture {
  readonly talks: Talk[];
  readonly expected: readonly Expected[];
  /** Passwords in it. */
  readonly secrets: readonly string[];
}

/** Facts of one session, in the words of the summary document. */
export interface Expected {
  readonly clientPort: number;
  readonly decisions: readonly string[];
  /** null: the request named none. */
  readonly start: number | null;
  readonly streamBytes: number;
  readonly commands: number;
  readonly payloadBytes: number | null;
  readonly newlines: number;
  readonly lastAck: number | null;
}

const START = Date.UTC(2026, 10, 21, 12) * 1000;
const HISTORY = '0123456789abcdef'.repeat(3).slice(0, 40);
const OTHER_HISTORY = 'fedcba9876543210'.repeat(3).slice(0, 40);

const REFUSALS = [
  '-LOADING Redis is loading the dataset in memory',
  "-NOMASTERLINK Can't SYNC while not connected with my master",
  '-NOAUTH Authentication required.',
  '-ERR value is not an integer or out of range',
  '-BUSY Redis is busy running a script.',
];
const REPLIES = ['+PONG', '-NOAUTH Authentication required.', '-NOPERM no', '+', '+PONG with words'];
const OPTIONS = [
  ['capa', 'eof'],
  ['CAPA', 'psync2', 'capa', 'dual-channel'],
  ['version', '9.0.4'],
  ['rdb-no-compress', '1'],
  ['uuid', '00000000-0000-4000-8000-000000000000'],
  ['set-cluster-node-id', 'a'.repeat(40)],
  ['license', ''],
];

const word = fc.oneof(
  fc.constantFrom(
    'SET',
    'k',
    '',
    '*3',
    '$8',
    'REPLCONF',
    'ACK',
    `$EOF:${MARK}`,
    MARK,
    '+CONTINUE',
    '\r\n',
    '\n',
    'é',
  ),
  fc.string({ maxLength: 20 }),
  fc.integer({ min: 0, max: 3000 }).map((length) => 'v'.repeat(length)),
);
const command = fc.oneof(
  fc.constantFrom(['PING'], ['SELECT', '3'], ['MULTI'], ['EXEC'], ['REPLCONF', 'GETACK', '*'], ['FLUSHALL']),
  fc
    .tuple(fc.constantFrom('SET', 'lpush', 'XADD', 'eval'), fc.array(word, { maxLength: 6 }))
    .map(([name, rest]) => [name, ...rest]),
);

const payload = fc
  .record({
    version: fc.constantFrom(3, 6, 9, 11, 12),
    values: fc.array(word, { maxLength: 8 }),
    checksum: fc.constantFrom('crc' as const, 'zero' as const),
  })
  .map(({ version, values, checksum }) => {
    const writer = new RdbWriter(version);
    if (version >= 7) writer.aux('redis-ver', '7.2.0').aux('repl-id', MARK);
    writer.selectDb(0);
    values.forEach((value, i) => void writer.key(0, `k${i}`, string(value)));
    return writer.end(checksum);
  });

const session = fc.record({
  style: fc.constantFrom('inline' as const, 'resp' as const),
  fold: fc.boolean(),
  pipelined: fc.boolean(),
  auth: fc.constantFrom('none' as const, 'password' as const, 'user' as const, 'hello' as const),
  ping: fc.option(fc.constantFrom(...REPLIES)),
  port: fc.option(fc.integer({ min: 1, max: 65_535 })),
  options: fc.subarray(OPTIONS),
  unknown: fc.boolean(),
  refusals: fc.array(fc.constantFrom(...REFUSALS), { maxLength: 3 }),
  request: fc.constantFrom('new' as const, 'old' as const, 'sync' as const),
  grant: fc.constantFrom('full' as const, 'continue' as const),
  newId: fc.boolean(),
  offset: fc.integer({ min: 0, max: 2 ** 40 }),
  form: fc.constantFrom('length' as const, 'eof-mark' as const),
  payload,
  newlines: fc.array(fc.nat({ max: 3 }), { minLength: 4, maxLength: 4 }),
  commands: fc.array(command, { maxLength: 12 }),
  joined: fc.boolean(),
  acks: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
  fsync: fc.boolean(),
  end: fc.constantFrom('open' as const, 'fin' as const, 'rst' as const),
  endedBy: fc.constantFrom(0 as const, 1 as const),
  step: fc.constantFrom(1, 50, 1000, 400_000),
});
type SessionChoices = typeof session extends fc.Arbitrary<infer T> ? T : never;

/** One to three sessions, one after the other, from one port or several. */
export function oddCapture(): fc.Arbitrary<OddCapture> {
  return fc
    .record({
      sessions: fc.array(session, { minLength: 1, maxLength: 3 }),
      samePort: fc.boolean(),
      ipv6: fc.boolean(),
      secret: fc.integer({ min: 0, max: 0xffffffff }),
    })
    .map(({ sessions, samePort, ipv6, secret }) => {
      const talks: Talk[] = [];
      const expected: Expected[] = [];
      const password = `pw-${secret.toString(16).padStart(8, '0')}`;
      let time = START;
      sessions.forEach((choices, i) => {
        const builder = new Builder(choices, password, time);
        const clientPort = samePort ? 40_000 : 40_000 + i;
        // A port can be used again once its connection has ended.
        const mustEnd = samePort && i < sessions.length - 1 && choices.end === 'open';
        talks.push({
          client: ipv6 ? 'fd00::2' : '10.2.0.2',
          clientPort,
          server: ipv6 ? 'fd00::1' : '10.2.0.1',
          serverPort: 6379,
          hasSyn: true,
          turns: builder.turns,
          end: mustEnd ? 'fin' : choices.end,
          endedBy: choices.endedBy,
        });
        expected.push({ clientPort, ...builder.expected });
        time = builder.time + 1_000_000;
      });
      return { talks, expected, secrets: sessions.some(({ auth }) => auth !== 'none') ? [password] : [] };
    });
}

/** Says what a session's choices are. */
class Builder {
  readonly turns: Turn[] = [];
  time: number;
  expected!: Omit<Expected, 'clientPort'>;
  readonly #choices: SessionChoices;
  #newlines = 0;

  constructor(choices: SessionChoices, password: string, time: number) {
    this.#choices = choices;
    this.time = time;
    this.#handshake(password);
    const decisions = this.#sync();
    this.#stream(decisions);
  }

  #say(from: 0 | 1, text: string | Uint8Array): void {
    this.time += this.#choices.step;
    const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
    if (bytes.length > 0) this.turns.push({ from, bytes, time: this.time });
  }

  #keepalive(from: 0 | 1, which: number): void {
    const count = this.#choices.newlines[which]!;
    this.#newlines += count;
    for (let i = 0; i < count; i++) this.#say(from, '\n');
  }

  #request(...words: string[]): string {
    const { style, fold } = this.#choices;
    const [name, ...rest] = words;
    const all = [fold ? name!.toLowerCase() : name!, ...rest];
    // An empty word has no inline form without quotes.
    return style === 'resp' || rest.includes('') ? resp(...all) : `${all.join(' ')}\r\n`;
  }

  #handshake(password: string): void {
    const { ping, auth, port, options, unknown, pipelined } = this.#choices;
    const turns: [string, string][] = [];
    if (ping !== null) turns.push([this.#request('PING'), `${ping}\r\n`]);
    if (auth === 'password') turns.push([this.#request('AUTH', password), '+OK\r\n']);
    if (auth === 'user') turns.push([this.#request('AUTH', 'replica-user', password), '+OK\r\n']);
    if (auth === 'hello') turns.push([this.#request('HELLO', '2', 'AUTH', 'default', password), '+OK\r\n']);
    if (port !== null) turns.push([this.#request('REPLCONF', 'listening-port', String(port)), '+OK\r\n']);
    for (const option of options) turns.push([this.#request('REPLCONF', ...option), '+OK\r\n']);
    if (unknown)
      turns.push([
        this.#request('REPLCONF', 'shoe-size', '44'),
        '-ERR Unrecognized REPLCONF option: shoe-size\r\n',
      ]);
    if (pipelined) {
      this.#say(0, turns.map(([request]) => request).join(''));
      this.#say(1, turns.map(([, reply]) => reply).join(''));
    } else
      for (const [request, reply] of turns) {
        this.#say(0, request);
        this.#say(1, reply);
      }
  }

  /** Asks until it is granted. @returns the decisions. */
  #sync(): string[] {
    const { refusals, request, offset, grant, newId, form, payload } = this.#choices;
    const words = {
      new: ['PSYNC', '?', '-1'],
      old: ['PSYNC', HISTORY, String(offset + 1)],
      sync: ['SYNC'],
    }[request];
    const decisions: string[] = [];
    for (const refusal of refusals) {
      this.#say(0, this.#request(...words));
      this.#say(1, `${refusal}\r\n`);
      decisions.push('REFUSED');
    }
    this.#say(0, this.#request(...words));
    this.#keepalive(1, 0);
    if (request === 'old' && grant === 'continue') {
      this.#say(1, `+CONTINUE${newId ? ` ${OTHER_HISTORY}` : ''}\r\n`);
      return [...decisions, 'CONTINUE'];
    }
    if (request !== 'sync') this.#say(1, `+FULLRESYNC ${HISTORY} ${offset}\r\n`);
    this.#keepalive(1, 1);
    this.#say(1, form === 'length' ? `$${payload.length}\r\n` : `$EOF:${MARK}\r\n`);
    this.#say(1, payload);
    if (form === 'eof-mark') this.#say(1, MARK);
    this.#keepalive(0, 2);
    return [...decisions, request === 'sync' ? 'SYNC' : 'FULLRESYNC'];
  }

  #stream(decisions: readonly string[]): void {
    const { commands, joined, request, offset, payload, acks, fsync } = this.#choices;
    const full = decisions.at(-1) !== 'CONTINUE';
    const start = request === 'sync' ? null : offset;
    const texts = commands.map((words) => Buffer.from(resp(...words)));
    let streamBytes = 0;
    for (const text of joined ? [Buffer.concat(texts)] : texts) this.#say(1, text);
    for (const text of texts) streamBytes += text.length;
    const before = this.#newlines;
    if (streamBytes > 0) this.#keepalive(1, 3);
    // Between commands a newline is a byte of the stream like any other.
    streamBytes += this.#newlines - before;
    let last: number | null = null;
    for (const share of [...acks].sort()) {
      last = (start ?? 0) + Math.floor(share * streamBytes);
      this.#say(0, resp('REPLCONF', 'ACK', String(last), ...(fsync ? ['FACK', String(last)] : [])));
    }
    this.expected = {
      decisions,
      start,
      streamBytes,
      commands: commands.length,
      payloadBytes: full ? payload.length : null,
      newlines: this.#newlines,
      lastAck: last,
    };
  }
}

/** What a summary has wrong about a capture; nothing when all facts hold. */
export function wrongFacts(summary: SummaryDocument, { expected }: OddCapture): string[] {
  const wrong: string[] = [];
  const sessions = summary.links.flatMap((link) => link.sessions);
  sessions.sort((a, b) => (a.firstSeenAt < b.firstSeenAt ? -1 : 1));
  if (sessions.length !== expected.length)
    return [`${sessions.length} sessions instead of ${expected.length}`];
  expected.forEach((facts, i) => {
    const found = sessions[i]!;
    const actual: Expected = {
      clientPort: found.clientPort,
      decisions: found.syncs.map(({ decision }) => String(decision)),
      start: facts.start === null ? null : found.offsets.start,
      streamBytes: found.stream.bytes,
      commands: found.stream.commands,
      payloadBytes: found.payload?.bytes ?? null,
      newlines: found.stream.keepaliveNewlines,
      lastAck: found.offsets.lastAck,
    };
    if (JSON.stringify(actual) !== JSON.stringify(facts))
      wrong.push(`session ${i + 1}: ${JSON.stringify(actual)} instead of ${JSON.stringify(facts)}`);
  });
  return wrong;
}
