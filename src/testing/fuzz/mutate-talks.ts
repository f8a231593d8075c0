import { conversationsOf } from '../conversations.js';
import type { Draws } from './draws.js';
import { damaged, spliced } from './mutate-bytes.js';
import type { Talk, Turn } from './talk-capture.js';

/** Damage of what is said: lengths and types of RESP, lines, the order of turns, the RDB of a payload. */

/** Conversations of a capture, as data that can be changed and sent again. */
export async function talksOf(path: string, most: number): Promise<Talk[]> {
  const conversations = await conversationsOf(path);
  return conversations.slice(0, most).map(({ turns, whole }, i) => ({
    client: '10.1.0.2',
    clientPort: 40_000 + i,
    server: '10.1.0.1',
    serverPort: 6379,
    hasSyn: whole,
    turns: turns.map(({ from, bytes, time }) => ({ from, bytes, time })),
    end: 'open',
    endedBy: 0,
  }));
}

/** The conversations of a capture that holds bytes, at most so many of them in all. */
export function shortened(talks: readonly Talk[], draws: Draws, mostBytes: number): Talk[] {
  let left = mostBytes;
  const from = draws.chance(0.7) ? 0 : draws.below(talks.length);
  return talks.slice(from).flatMap((talk) => {
    const turns: Turn[] = [];
    for (const turn of talk.turns) {
      if (left <= 0) break;
      left -= turn.bytes.length;
      turns.push(turn);
    }
    return turns.length === 0 ? [] : [{ ...talk, turns }];
  });
}

const NUMBERS = [
  ...['0', '1', '2', '3', '5', '10', '39', '40', '41', '512', '4096', '1048576', '2147483647', '2147483648'],
  ...[
    '4294967295',
    '4294967296',
    '9007199254740993',
    '99999999999999999999',
    '-1',
    '-2147483648',
    '+1',
    '',
    'x',
  ],
  ...['EOF:', 'ENDOFF:1 a 0 1', '0x10', '1e9', '00000000001'],
];
const TYPES = [
  '*',
  '$',
  '+',
  '-',
  ':',
  '>',
  '%',
  '~',
  '_',
  ',',
  '#',
  '!',
  '=',
  '(',
  '|',
  '\n',
  '\r',
  ' ',
  'P',
];
/** Lines and commands that mean something somewhere, in places where they do not belong. */
const WORDS = [
  ...[
    '\n',
    '\r\n',
    '\r',
    '\n\n\n',
    'PING\r\n',
    'SYNC\r\n',
    '*0\r\n',
    '*-1\r\n',
    '$-1\r\n',
    '$0\r\n\r\n',
    '+OK\r\n',
  ],
  ...[
    '*1\r\n$4\r\nPING\r\n',
    '*2\r\n$4\r\nAUTH\r\n$6\r\nhunter\r\n',
    '-LOADING Redis is loading\r\n',
    '+CONTINUE\r\n',
  ],
  ...['*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n', '*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n1\r\n'],
  ...[
    '*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n',
    '*3\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n',
  ],
  ...[`+FULLRESYNC ${'a'.repeat(40)} 0\r\n`, `+CONTINUE ${'b'.repeat(40)}\r\n`, '+FULLRESYNC x y\r\n'],
  ...[
    `$EOF:${'c'.repeat(40)}\r\n`,
    'c'.repeat(40),
    '$10\r\n',
    '$4294967296\r\n',
    '*2147483647\r\n',
    'REDIS0011',
  ],
  ...[
    '+DUALCHANNELSYNC\r\n',
    '+RDBCHANNELSYNC 7\r\n',
    `$ENDOFF:100 ${'d'.repeat(40)} 0 7\r\n`,
    '>2\r\n+a\r\n:1\r\n',
  ],
  ...[
    '*2\r\n$6\r\nSELECT\r\n$2\r\n99\r\n',
    '*1\r\n$5\r\nMULTI\r\n',
    '*1\r\n$4\r\nEXEC\r\n',
    'A'.repeat(70_000),
  ],
].map((text) => Buffer.from(text, 'latin1'));

/** Indices behind `*` and `$` at the beginning of a line. */
function lengthsIn(bytes: Uint8Array): number[] {
  const found: number[] = [];
  for (let i = 0; i < bytes.length && found.length < 500; i++) {
    const isHead = bytes[i] === 0x2a || bytes[i] === 0x24;
    if (isHead && (i === 0 || bytes[i - 1] === 0x0a)) found.push(i + 1);
  }
  return found;
}

function withBytes(talk: Talk, index: number, bytes: Uint8Array): void {
  talk.turns[index] = { ...talk.turns[index]!, bytes };
}

type Change = (talk: Talk, index: number, draws: Draws) => void;

const CHANGES: readonly Change[] = [
  // A length.
  (talk, index, draws) => {
    const { bytes } = talk.turns[index]!;
    const at = draws.one(lengthsIn(bytes)) ?? 0;
    let end = at;
    while (end < bytes.length && bytes[end]! >= 0x30 && bytes[end]! <= 0x39) end++;
    withBytes(talk, index, spliced(bytes, at, end - at, Buffer.from(draws.one(NUMBERS))));
  },
  // A type byte.
  (talk, index, draws) => {
    const { bytes } = talk.turns[index]!;
    const at = (draws.one(lengthsIn(bytes)) ?? 1) - 1;
    withBytes(talk, index, spliced(bytes, at, 1, Buffer.from(draws.one(TYPES))));
  },
  // Something that does not belong here.
  (talk, index, draws) => {
    const { bytes } = talk.turns[index]!;
    const at = draws.one([0, bytes.length, draws.one(lengthsIn(bytes)) ?? 0, draws.below(bytes.length)]);
    withBytes(talk, index, spliced(bytes, at, 0, draws.one(WORDS)));
  },
  (talk, index, draws) => {
    const turn = talk.turns[index]!;
    const from = draws.chance(0.5) ? turn.from : turn.from === 0 ? 1 : 0;
    talk.turns.splice(index, 0, { from, bytes: draws.one(WORDS), time: turn.time });
  },
  // Any bytes.
  (talk, index, draws) => withBytes(talk, index, damaged(talk.turns[index]!.bytes, draws)),
  // A turn less, twice, said by the other side, elsewhere.
  (talk, index) => void talk.turns.splice(index, 1),
  (talk, index) => void talk.turns.splice(index, 0, talk.turns[index]!),
  (talk, index) => {
    const turn = talk.turns[index]!;
    talk.turns[index] = { ...turn, from: turn.from === 0 ? 1 : 0 };
  },
  (talk, index, draws) => {
    const [turn] = talk.turns.splice(index, 1);
    const to = draws.below(talk.turns.length + 1);
    talk.turns.splice(to, 0, { ...turn!, time: talk.turns[to - 1]?.time ?? turn!.time });
  },
  // Broken off.
  (talk, index, draws) => {
    const { bytes } = talk.turns[index]!;
    withBytes(talk, index, bytes.subarray(0, draws.below(bytes.length)));
    talk.turns.length = index + 1;
    talk.end = draws.one(['open', 'fin', 'rst']);
    talk.endedBy = draws.one([0, 1]);
  },
  // The RDB of a payload.
  (talk, _index, draws) => {
    const index = talk.turns.findIndex(({ bytes }) => Buffer.from(bytes).includes('REDIS00'));
    if (index < 0) return;
    const { bytes } = talk.turns[index]!;
    withBytes(talk, index, damaged(bytes, draws, Buffer.from(bytes).indexOf('REDIS00')));
  },
  // Joined later.
  (talk, index) => {
    talk.turns.splice(0, index);
    talk.hasSyn = false;
  },
  // The port again, for what another one said.
  (talk) => {
    talk.clientPort = 40_000;
  },
];

/** A few changes in conversations. */
export function misheard(talks: readonly Talk[], draws: Draws): Talk[] {
  const changed = talks.map((talk) => ({ ...talk, turns: [...talk.turns] }));
  for (let left = draws.few(8); left > 0; left--) {
    const talk = draws.one(changed);
    if (talk === undefined || talk.turns.length === 0) continue;
    // Handshakes are short, and near the beginning.
    const index = draws.chance(0.6)
      ? draws.below(Math.min(16, talk.turns.length))
      : draws.below(talk.turns.length);
    draws.one(CHANGES)(talk, index, draws);
  }
  return changed.filter((talk) => talk.turns.length > 0);
}
