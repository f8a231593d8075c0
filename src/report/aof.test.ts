import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamTap } from '../replication/stream-tap.js';
import { random } from '../testing/rdb-trace.js';
import { Network, resp, smallRdb } from '../testing/talk.js';
import { type AofFacts, AofWriter } from './aof.js';

/** What `replay --aof` writes, from conversations. */

const ID = '15b88be2'.repeat(5);

/** Runs conversations with a writer; the result is what was written. */
function written(talk: (network: Network) => void, chunk?: number): { text: string; facts: AofFacts } {
  const pieces: Buffer[] = [];
  const writer = new AofWriter((bytes) => pieces.push(Buffer.from(bytes)));
  const network = new Network(chunk, { observer: { stream: (session) => writer.begin(session) } });
  talk(network);
  writer.end();
  expect(network.tracker.internalErrors).toEqual([]);
  return { text: Buffer.concat(pieces).toString('latin1'), facts: writer.facts };
}

function fullSync(network: Network, offset = 0) {
  const rdb = smallRdb(ID, offset);
  return network
    .call()
    .replica(resp('REPLCONF', 'listening-port', '6381'))
    .master('+OK\r\n')
    .replica(resp('PSYNC', '?', '-1'))
    .master(`+FULLRESYNC ${ID} ${offset}\r\n`, `$${rdb.length}\r\n`, rdb);
}

function resume(network: Network, offset: number) {
  return network
    .call()
    .replica(resp('REPLCONF', 'listening-port', '6381'))
    .master('+OK\r\n')
    .replica(resp('PSYNC', ID, String(offset)))
    .master(`+CONTINUE ${ID}\r\n`);
}

const SELECT0 = resp('SELECT', '0');
const SET = (key: string) => resp('SET', key, 'v');

describe('the commands of a stream', () => {
  it('are written as they came, without what belongs to the link', () => {
    const { text, facts } = written((network) => {
      fullSync(network).master(
        resp('PING'),
        SELECT0,
        SET('a'),
        resp('REPLCONF', 'GETACK', '*'),
        SET('b'),
        resp('ping'),
      );
    });
    expect(text).toBe(SELECT0 + SET('a') + SET('b'));
    expect(facts).toMatchObject({ commands: 3, bytes: text.length, gaps: 0, broken: 0 });
  });

  it('are preceded by a SELECT when the payload tells the database', () => {
    const { text } = written((network) => fullSync(network).master(SET('a'), SET('b')));
    expect(text).toBe(SELECT0 + SET('a') + SET('b'));
  });

  it('of old servers become arrays', () => {
    const { text } = written((network) => {
      network
        .call()
        .replica('SYNC\r\n')
        .master('$10\r\n', 'REDIS0001\xff', 'PING\r\n', 'SELECT 3\r\n', 'set  a b\r\n');
    });
    expect(text).toBe(resp('SELECT', '3') + resp('set', 'a', 'b'));
  });

  it('come out whole whatever the segments are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { minLength: 1, maxLength: 4 }), {
          maxLength: 20,
        }),
        fc.integer({ min: 1, max: 400 }),
        (commands, chunk) => {
          const stream =
            SELECT0 +
            commands
              .map((words) =>
                resp(
                  'XX',
                  ...words.map((word) =>
                    Buffer.from(word)
                      .toString('latin1')
                      .replace(/[^\x20-\x7e]/g, '.'),
                  ),
                ),
              )
              .join('\n');
          const { text } = written((network) => fullSync(network).master(stream), chunk);
          expect(text).toBe(
            stream.replace(/\n(?=\*)/g, (_all, at: number) => (stream[at - 1] === '\r' ? '\n' : '')),
          );
        },
      ),
    );
  });

  it('of megabytes pass', () => {
    const large = resp('SET', 'large', 'x'.repeat(3_000_000));
    expect(written((network) => fullSync(network).master(SELECT0, large, SET('a')), 16_384).text).toBe(
      SELECT0 + large + SET('a'),
    );
  });
});

describe('gaps', () => {
  it('cost the commands they touch, nothing else', () => {
    const { text, facts } = written((network) => {
      fullSync(network)
        .master(SELECT0, SET('a'), SET('lost').slice(0, 10))
        .lose('master', 5)
        .master(SET('lost').slice(15), SET('b'), SET('c'));
    });
    expect(text).toBe(SELECT0 + SET('a') + SET('b') + SET('c'));
    expect(facts).toMatchObject({ commands: 4, gaps: 1, missingBytes: 5 });
    expect(facts.broken + facts.skippedBytes).toBeGreaterThan(0);
  });

  it('inside a value leave the commands behind it in place', () => {
    const large = resp('SET', 'large', 'x'.repeat(1000));
    const { text, facts } = written((network) => {
      fullSync(network)
        .master(SELECT0, large.slice(0, 300))
        .lose('master', 100)
        .master(large.slice(400), SET('b'));
    });
    expect(text).toBe(SELECT0 + SET('b'));
    expect(facts).toMatchObject({ broken: 1, gaps: 1, missingBytes: 100 });
  });

  it('never let anything but whole commands through', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const draw = random(seed);
      const commands = Array.from({ length: 40 }, (_, i) => resp('SET', `k${i}`, 'x'.repeat(draw(200))));
      const stream = commands.join('');
      const { text } = written((network) => {
        const call = fullSync(network).master(SELECT0);
        for (let at = 0; at < stream.length; ) {
          const end = Math.min(stream.length, at + 1 + draw(150));
          if (draw(8) === 0) call.lose('master', end - at);
          else call.master(stream.slice(at, end));
          at = end;
        }
      }, 1 + draw(200));
      const pieces = text
        .slice(SELECT0.length)
        .split(/(?=\*3\r\n)/)
        .filter((piece) => piece !== '');
      let last = -1;
      for (const piece of pieces) {
        const index = commands.indexOf(piece, last + 1);
        expect(index, `seed ${seed}: ${JSON.stringify(piece)}`).toBeGreaterThan(last);
        last = index;
      }
    }
  });

  it('in a transaction close it', () => {
    const { text } = written((network) => {
      fullSync(network)
        .master(SELECT0, resp('MULTI'), SET('a'))
        .lose('master', 30)
        .master(SET('b'), resp('EXEC'), SET('c'));
    });
    expect(text).toBe(SELECT0 + resp('MULTI') + SET('a') + resp('EXEC') + SET('b') + SET('c'));
  });
});

describe('sessions of a link', () => {
  it('that resume bring what came before only once', () => {
    const before = SELECT0.length + SET('a').length;
    const { text, facts } = written((network) => {
      fullSync(network).master(SELECT0, SET('a'), SET('b')).close();
      resume(network, before + 1).master(SET('b'), SET('c'));
    });
    expect(text).toBe(SELECT0 + SET('a') + SET('b') + SET('c'));
    expect(facts).toMatchObject({ repeated: 1, fullSyncs: 0 });
  });

  it('begin again after a full sync', () => {
    const { text, facts } = written((network) => {
      fullSync(network).master(SELECT0, SET('a'), SET('b')).close();
      fullSync(network, 0).master(SELECT0, SET('a'));
    });
    expect(text).toBe(SELECT0 + SET('a') + SET('b') + SELECT0 + SET('a'));
    expect(facts).toMatchObject({ repeated: 0, fullSyncs: 1 });
  });

  it('that break off inside a transaction end it', () => {
    const { text } = written((network) => fullSync(network).master(SELECT0, resp('MULTI'), SET('a')).close());
    expect(text).toBe(SELECT0 + resp('MULTI') + SET('a') + resp('EXEC'));
  });
});

it('a command larger than is held is left out, and said', () => {
  const told: string[] = [];
  const watcher = {
    command: ({ parts }: { parts: readonly Uint8Array[] }) => told.push(Buffer.concat(parts).toString()),
    missing: (what: string, bytes: number) => told.push(`${what} ${bytes}`),
  };
  const tap = new StreamTap(watcher, 0, 100);
  const facts = { name: 'SET', database: 0, offset: null };
  for (let at = 0; at < 300; at += 50) {
    tap.data(new Uint8Array(50), 0, 50, at);
    tap.done(false);
  }
  tap.data(Buffer.from('last'), 0, 4, 300);
  tap.command(300, 300, facts);
  tap.command(4, 304, facts);
  tap.done(false);
  expect(told).toEqual(['oversized 300', 'last']);
});
