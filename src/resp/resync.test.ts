import { describe, expect, it } from 'vitest';
import { seededRandom } from '../embedded/net/seeded-random.js';
import { resp } from '../testing/talk.js';
import { CommandDecoder } from './command-decoder.js';
import { CommandNames } from './command-names.js';

/** Where a command lies in its stream. */
interface Place {
  name: string;
  start: number;
  end: number;
}

interface Hole {
  start: number;
  end: number;
}

type Random = () => number;

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

/** Values that look like the protocol as far as one may without being commands of it. */
const ODD = [
  '*',
  '$',
  '\r\n',
  '*3\r\n',
  '$3\r\n',
  '*1\r\n$',
  '\r\n*2\r\n$3\r\nSETX',
  '*0\r\n',
  '\n\n',
  '+OK\r\n',
  '\0',
];

function randomValue(random: Random): string {
  const kind = below(random, 10);
  if (kind < 4) return 'v'.repeat(below(random, 40));
  if (kind < 6) return 'x'.repeat(below(random, 3000));
  if (kind === 6) return 'y'.repeat(below(random, 40_000));
  let text = '';
  while (text.length < 60 && random() < 0.9)
    text += ODD[below(random, ODD.length)]! + 'z'.repeat(below(random, 9));
  return text;
}

function randomStream(random: Random, commands: number): { bytes: Buffer; places: Place[] } {
  const places: Place[] = [];
  let text = '';
  for (let i = 0; i < commands; i++) {
    if (random() < 0.05) text += '\n';
    const name = ['SET', 'PING', 'RPUSH', 'ZADD', 'EXPIRE', 'JSON.SET'][below(random, 6)]!;
    const values: string[] = [];
    while (name !== 'PING' && (values.length === 0 || random() < 0.5)) values.push(randomValue(random));
    const start = text.length;
    text += resp(name, ...values);
    places.push({ name, start, end: text.length });
  }
  return { bytes: Buffer.from(text, 'latin1'), places };
}

function randomHoles(random: Random, length: number): Hole[] {
  const holes: Hole[] = [];
  for (let count = 1 + below(random, 4); count > 0; count--) {
    const start = below(random, length);
    holes.push({ start, end: Math.min(length, start + 1 + below(random, random() < 0.5 ? 200 : 20_000)) });
  }
  holes.sort((a, b) => a.start - b.start);
  return holes.filter(
    (hole, i) => i === 0 || hole.start > Math.max(...holes.slice(0, i).map(({ end }) => end)),
  );
}

interface Decoded {
  seen: Place[];
  skipped: number;
}

/** Decodes what lies between the holes in spans of random length. */
function decode(bytes: Buffer, holes: Hole[], random: Random): Decoded {
  const names = new CommandNames();
  const decoded: Decoded = { seen: [], skipped: 0 };
  const decoder = new CommandDecoder(
    names,
    {
      command: (name, _bytes, _from, _kept, length, end) =>
        decoded.seen.push({ name: names.name(name), start: end - length, end }),
      newline: () => {},
      lost: () => {},
      found: (_position, skipped) => {
        decoded.skipped += skipped;
      },
    },
    { learn: true, inline: false },
  );
  const most = 1 + below(random, random() < 0.3 ? 20 : 3000);
  let at = 0;
  for (const hole of [...holes, { start: bytes.length, end: bytes.length }]) {
    while (at < hole.start) {
      const end = Math.min(hole.start, at + 1 + below(random, most));
      decoder.data(bytes, at, end, at, 0, 0);
      at = end;
    }
    if (hole.end > at) decoder.gap(at, hole.end - at, 0, 0);
    at = hole.end;
  }
  return decoded;
}

/** Commands that touch no hole and have two more such between them and the hole before. */
function certain(places: Place[], holes: Hole[]): Place[] {
  let intact = 0;
  let from = -1;
  return places.filter(({ start, end }) => {
    const before = holes.findLastIndex((hole) => hole.start < end);
    const isCut = before >= 0 && holes[before]!.end > start;
    if (isCut || before !== from) intact = 0;
    from = before;
    if (isCut) return false;
    return before < 0 || ++intact > 2;
  });
}

const key = ({ name, start, end }: Place): string => `${name} ${start}-${end}`;

describe('a stream with holes', () => {
  it('tells every command behind a hole and two commands more, and none that was not sent', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed);
      const { bytes, places } = randomStream(random, 60);
      const holes = randomHoles(random, bytes.length);
      const { seen } = decode(bytes, holes, random);
      const told = new Set(seen.map(key));
      const missing = certain(places, holes).filter((place) => !told.has(key(place)));
      expect(missing, `seed ${seed}, holes ${JSON.stringify(holes)}`).toEqual([]);
      const sent = new Set(places.map(key));
      expect(
        seen.filter((place) => !sent.has(key(place))),
        `seed ${seed}`,
      ).toEqual([]);
    }
  });
});
