import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { random } from '../testing/rdb-trace.js';
import { RdbDecoder } from './decoder.js';
import type { RdbElement } from './sink.js';

const SERVER = '/usr/bin/redis-server';
const CHECKER = '/usr/bin/redis-check-rdb';

type Reply = string | number | null | Reply[];

/** Just enough of a client: sends commands, gathers replies as Latin-1 text. */
class Client {
  readonly #socket: Socket;
  #buffer = '';
  #at = 0;
  readonly #waiting: ((reply: Reply) => void)[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#buffer = this.#buffer.slice(this.#at) + text;
      this.#at = 0;
      for (;;) {
        const from = this.#at;
        const reply = this.#parse();
        if (reply === undefined) {
          this.#at = from;
          return;
        }
        this.#waiting.shift()?.(reply);
      }
    });
  }

  send(...command: (string | number)[]): Promise<Reply> {
    const parts = command.map((part) => `$${String(part).length}\r\n${part}\r\n`);
    this.#socket.write(`*${parts.length}\r\n${parts.join('')}`, 'latin1');
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#socket.destroy();
  }

  #parse(): Reply | undefined {
    const end = this.#buffer.indexOf('\r\n', this.#at);
    if (end < 0) return undefined;
    const kind = this.#buffer[this.#at];
    const line = this.#buffer.slice(this.#at + 1, end);
    this.#at = end + 2;
    if (kind === '-') throw new Error(line);
    if (kind === ':') return Number(line);
    if (kind === '$') {
      const length = Number(line);
      if (length < 0) return null;
      if (this.#buffer.length < this.#at + length + 2) return undefined;
      this.#at += length + 2;
      return this.#buffer.slice(this.#at - length - 2, this.#at - 2);
    }
    if (kind !== '*') return line;
    const items: Reply[] = [];
    for (let left = Number(line); left > 0; left--) {
      const item = this.#parse();
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function connectTo(port: number): Promise<Client> {
  for (let tries = 0; ; tries++) {
    try {
      const socket = await new Promise<Socket>((resolve, reject) => {
        const attempt = connect(port, '127.0.0.1', () => resolve(attempt));
        attempt.once('error', reject);
      });
      return new Client(socket);
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

interface DecodedKey {
  type: string;
  encoding: string;
  elements: number | null;
  expiresAt: number | null;
  content: string[];
}

/** The parts of an element as text, without the kind. */
function parts(element: RdbElement): string[] {
  return Object.entries(element)
    .filter(([name]) => name !== 'kind')
    .flatMap(([, value]): string[] => {
      if (value instanceof Uint8Array) return [latin1(value)];
      if (Array.isArray(value)) return value.map(latin1);
      return [String(value)];
    });
}

function decode(dump: Uint8Array, chunk: number) {
  const keys = new Map<string, DecodedKey>();
  let content: string[] = [];
  const functions: string[] = [];
  const decoder = new RdbDecoder({
    level: 'elements',
    limits: { elementBytes: 1 << 24 },
    sink: {
      element: (element) => content.push(`${element.kind} ${parts(element).join(' ')}`),
      function: (source) => functions.push(latin1(source)),
      key: ({ db, key, type, encoding, elements, expiresAt }) => {
        keys.set(`${db} ${latin1(key)}`, { type, encoding, elements, expiresAt, content });
        content = [];
      },
    },
  });
  for (let at = 0; at < dump.length; at += chunk) {
    const piece = Buffer.from(dump.subarray(at, at + chunk));
    decoder.feed(piece, 0, piece.length);
    piece.fill(0xdd);
  }
  decoder.end();
  return { keys, functions, facts: decoder.facts };
}

/** The content of a key as the decoder's elements have it, by the server's own answers. Sorted where the order is free. */
async function askContent(client: Client, key: string, type: string): Promise<string[]> {
  const flat = async (...command: (string | number)[]) => (await client.send(...command)) as string[];
  const pairs = (items: string[]) => items.flatMap((item, i) => (i % 2 === 0 ? [[item, items[i + 1]!]] : []));
  switch (type) {
    case 'string':
      return [`string ${await client.send('GET', key)}`];
    case 'list':
      return (await flat('LRANGE', key, 0, -1)).map((each) => `list ${each}`);
    case 'set':
      return (await flat('SMEMBERS', key)).map((each) => `set ${each}`).sort();
    case 'zset': {
      const number = (text: string) =>
        text === 'inf' ? Infinity : text === '-inf' ? -Infinity : Number(text);
      const items = pairs(await flat('ZRANGE', key, 0, -1, 'WITHSCORES'));
      return items.map(([member, score]) => `zset ${member} ${number(score!)}`).sort();
    }
    case 'hash':
      return pairs(await flat('HGETALL', key))
        .map(([field, value]) => `hash ${field} ${value} null`)
        .sort();
    default:
      return askStream(client, key);
  }
}

function fieldsOf(reply: Reply): Map<string, Reply> {
  const items = reply as Reply[];
  const map = new Map<string, Reply>();
  for (let i = 0; i < items.length; i += 2) map.set(String(items[i]), items[i + 1]!);
  return map;
}

async function askStream(client: Client, key: string): Promise<string[]> {
  const info = fieldsOf(await client.send('XINFO', 'STREAM', key, 'FULL', 'COUNT', 0));
  const lines = (info.get('entries') as [string, string[]][]).map(
    ([id, fields]) => `stream-entry ${[id, ...fields].join(' ')}`,
  );
  const facts = ['last-generated-id', 'recorded-first-entry-id', 'max-deleted-entry-id', 'entries-added'];
  lines.push(`stream ${facts.map((name) => info.get(name)).join(' ')}`);
  for (const reply of info.get('groups') as Reply[]) {
    const group = fieldsOf(reply);
    const name = group.get('name');
    lines.push(`stream-group ${name} ${group.get('last-delivered-id')} ${group.get('entries-read')}`);
    for (const [id, , time, count] of group.get('pending') as Reply[][]) {
      lines.push(`stream-pending ${name} ${id} ${time} ${count}`);
    }
    for (const each of group.get('consumers') as Reply[]) {
      const consumer = fieldsOf(each);
      lines.push(`stream-consumer ${name} ${consumer.get('name')} ${consumer.get('seen-time')} null`);
      for (const [id] of consumer.get('pending') as Reply[][]) {
        lines.push(`stream-owner ${name} ${consumer.get('name')} ${id}`);
      }
    }
  }
  return lines.sort();
}

/** Random data of every type, small and large enough for each encoding. */
async function fill(client: Client, seed: number): Promise<void> {
  const draw = random(seed);
  const byte = () => String.fromCharCode(draw(256));
  const text = () => {
    switch (draw(5)) {
      case 0:
        return String(
          draw(2) === 0 ? draw(200) - 100 : draw(4_000_000_000) * (draw(2) === 0 ? 1 : -1_000_000),
        );
      case 1:
        return Array.from({ length: draw(30) }, byte).join('');
      case 2:
        return 'abc '.repeat(1 + draw(60));
      default:
        return `item:${draw(100_000)}`;
    }
  };
  const some = (most: number) => Array.from({ length: 1 + draw(most) }, text);
  const waiting: Promise<Reply>[] = [];
  const send = (...command: (string | number)[]) => waiting.push(client.send(...command));
  for (const db of [0, 3]) {
    send('SELECT', db);
    for (let i = 0; i < 60; i++) {
      const most = [3, 40, 700][i % 3]!;
      send('SET', `string:${i}`, i % 10 === 9 ? text().repeat(500) : text());
      send('RPUSH', `list:${i}`, ...some(most));
      send('SADD', `set:${i}`, ...some(most));
      send(
        'SADD',
        `intset:${i}`,
        ...Array.from({ length: 1 + draw(most) }, () => draw(9) ** (1 + draw(19)) - 5),
      );
      send('HSET', `hash:${i}`, ...some(most).flatMap((field) => [field, text()]));
      const score = () => ['inf', '-inf', draw(100), -draw(1_000_000) / 7, '1e300'][draw(5)]!;
      send('ZADD', `zset:${i}`, ...some(most).flatMap((member) => [score(), member]));
      for (let n = 1 + draw(most / 5); n > 0; n--) {
        const fields = draw(3) === 0 ? [text(), text(), 'x', text()] : ['name', text(), 'value', text()];
        send('XADD', `stream:${i}`, '*', ...fields);
      }
      if (i % 2 === 0) {
        send('XGROUP', 'CREATE', `stream:${i}`, 'workers', '0');
        send('XGROUP', 'CREATE', `stream:${i}`, `idle${i}`, '$');
        send('XREADGROUP', 'GROUP', 'workers', 'alice', 'COUNT', 3, 'STREAMS', `stream:${i}`, '>');
        send('XREADGROUP', 'GROUP', 'workers', 'bob', 'COUNT', 2, 'STREAMS', `stream:${i}`, '>');
        send('XTRIM', `stream:${i}`, 'MAXLEN', 1 + draw(most));
      }
      const type = ['string', 'list', 'set', 'hash', 'zset', 'stream'][draw(6)]!;
      if (i % 4 === 0) send('PEXPIREAT', `${type}:${i}`, 4_000_000_000_000 + draw(1_000_000));
    }
  }
  send(
    'FUNCTION',
    'LOAD',
    'REPLACE',
    "#!lua name=lib\nredis.register_function('f', function() return 1 end)",
  );
  await Promise.all(waiting);
}

describe.skipIf(!existsSync(SERVER))('the dump of a real server', () => {
  let folder = '';
  let server: ChildProcess;
  let client: Client;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'psyncscope-rdb-'));
    const port = await freePort();
    server = spawn(SERVER, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder], {
      stdio: 'ignore',
    });
    client = await connectTo(port);
  });

  afterAll(async () => {
    client?.close();
    if (server !== undefined) {
      const gone = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await gone;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    { seed: 1, compression: 'yes', packed: 128, nodes: -2 },
    { seed: 2, compression: 'no', packed: 0, nodes: 4 },
    { seed: 3, compression: 'yes', packed: 100_000, nodes: -5 },
  ])(
    'equals its answers (seed $seed)',
    async ({ seed, compression, packed, nodes }) => {
      await client.send('FLUSHALL');
      await client.send('CONFIG', 'SET', 'rdbcompression', compression);
      for (const type of ['hash', 'zset']) {
        await client.send('CONFIG', 'SET', `${type}-max-listpack-entries`, packed);
        await client.send('CONFIG', 'SET', `${type}-max-listpack-value`, packed === 100_000 ? 100_000 : 64);
      }
      await client.send('CONFIG', 'SET', 'set-max-intset-entries', packed);
      await client.send('CONFIG', 'SET', 'list-max-listpack-size', nodes);
      await client.send('CONFIG', 'SET', 'stream-node-max-entries', 10 * seed);
      await fill(client, seed);
      expect(await client.send('SAVE')).toBe('OK');
      const dump = readFileSync(join(folder, 'dump.rdb'));

      const { keys, functions, facts } = decode(dump, [dump.length, 1000, 7][seed - 1]!);
      expect(facts).toMatchObject({
        version: 10,
        complete: true,
        checksum: 'valid',
        error: null,
        functions: 1,
      });
      expect(functions[0]).toContain('#!lua name=lib');
      if (existsSync(CHECKER)) {
        const checked = execFileSync(CHECKER, [join(folder, 'dump.rdb')], { encoding: 'latin1' });
        expect(checked).toContain(`${facts.keys} keys read`);
        expect(checked).toContain(`${facts.expires} expires`);
      }

      let asked = 0;
      let expires = 0;
      const types: Record<string, number> = {};
      for (const db of [0, 3]) {
        await client.send('SELECT', db);
        const names = (await client.send('KEYS', '*')) as string[];
        expect(facts.databases?.[db]?.keys).toBe(names.length);
        for (const name of names) {
          const decoded = keys.get(`${db} ${name}`)!;
          const [type, encoding, time] = (await Promise.all([
            client.send('TYPE', name),
            client.send('OBJECT', 'ENCODING', name),
            client.send('PEXPIRETIME', name),
          ])) as [string, string, number];
          expect(decoded.type).toBe(type);
          if (type !== 'string') expect(decoded.encoding).toBe(encoding);
          expect(decoded.expiresAt).toBe(time < 0 ? null : time);
          const free = type !== 'string' && type !== 'list';
          const content = await askContent(client, name, type);
          expect(free ? decoded.content.toSorted() : decoded.content).toEqual(content);
          const counted = content.filter((line) => !/^stream(?!-entry)/.test(line)).length;
          expect(decoded.elements).toBe(counted);
          types[type] = (types[type] ?? 0) + 1;
          asked++;
          if (time >= 0) expires++;
        }
      }
      expect(facts.keys).toBe(asked);
      expect(facts.expires).toBe(expires);
      expect(facts.types).toEqual(types);
    },
    20_000,
  );
});
