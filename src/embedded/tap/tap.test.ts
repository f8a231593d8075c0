import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { freePort, RedisServer } from '../../testing/redis-server.js';
import {
  complaints,
  File,
  fields,
  follow,
  listen,
  MASTER,
  MASTER6,
  rows,
  silent,
  simulation,
  sorted,
  talk,
} from '../../testing/tapped.js';
import { SECOND } from '../net/clock.js';
import type { Channel } from '../net/network.js';
import { RealClock } from '../net/real-clock.js';
import { seededRandom } from '../net/seeded-random.js';
import { SocketNetwork } from '../net/socket-network.js';
import { Tap } from './tap.js';

/** The tap as a whole, with tshark to say what it makes of the packets. */

describe('a simulated network', () => {
  test.each([
    ['IPv4', MASTER, '10.0.0.2', undefined],
    ['IPv6', MASTER6, '2001:db8::2', undefined],
    ['small segments', MASTER, '10.0.0.2', 100],
    ['loopback', { host: '127.0.0.1', port: 6379 }, '127.0.0.1', undefined],
    ['the largest segments', MASTER6, '2001:db8::2', 65_483],
  ])('%s: tshark reads what was said, and has nothing to say', async (_, master, client, segmentBytes) => {
    const made = simulation(segmentBytes === undefined ? {} : { segmentBytes });
    const [there, back] = await made.clock.run(() => talk(made, master, client));
    expect(there.equals(back)).toBe(true);
    expect(complaints(made.file)).toBe('');
    const [client0, server0] = follow(made.file);
    expect(client0.equals(there)).toBe(true);
    expect(server0.equals(back)).toBe(true);
    expect(sorted(made.file.times)).toBe(true);
  });

  test('the same seed writes the same bytes, another one does not', async () => {
    const capture = async (seed: number) => {
      const faults = { lose: 0.05, reorder: { picker: 0.05, distance: 2 }, retransmit: { picker: 0.05 } };
      const made = simulation({ seed, faults });
      await made.clock.run(() => talk(made));
      made.stage.finish();
      return made.file.bytes;
    };
    const first = await capture(3);
    expect(first.equals(await capture(3))).toBe(true);
    expect(first.equals(await capture(4))).toBe(false);
  });

  test('times are those of the accepting host', async () => {
    const { clock, network, file } = simulation({ latency: 1000 });
    const start = clock.now();
    await clock.run(async () => {
      await listen(clock, network, MASTER, (channel) => ({
        ...silent,
        data: () => {
          clock.after(20, () => channel.write(Buffer.from('+PONG')));
        },
      }));
      const channel = network.connect('10.0.0.2', MASTER, silent);
      await clock.sleep(10_000);
      channel.write(Buffer.from('PING'));
      await clock.sleep(10_000);
      channel.write(Buffer.from('x'));
      await clock.sleep(5000);
    });
    expect(rows(file).map((row, i) => `${file.times[i]! - start} ${row}`)).toEqual([
      '1000 40000 SYN 0 0 0',
      '1000 6379 SYN ACK 0 1 0',
      '3000 40000 ACK 1 1 0',
      '11000 40000 PSH ACK 1 1 4',
      // The answer carries the ACK; its own comes after a way there, 40 µs, and a way back.
      '11020 6379 PSH ACK 1 5 5',
      '13060 40000 ACK 5 6 0',
      '21000 40000 PSH ACK 5 6 1',
      '21020 6379 PSH ACK 6 6 5',
      '23060 40000 ACK 6 11 0',
    ]);
  });

  test('a refused connect is captured where it came from', async () => {
    const { clock, network, file } = simulation();
    await clock.run(async () => {
      network.connect('10.0.0.2', MASTER, silent);
      await clock.sleep(SECOND);
    });
    expect(rows(file)).toEqual(['40000 SYN 0 0 0', '6379 RST ACK 1 1 0']);
    expect(complaints(file)).toMatch(/^(Warns|Warnings)[\s\S]*Connection reset/);
  });

  test('a paused reader: the window closes, opens, and nothing else passes meanwhile', async () => {
    const { clock, network, file } = simulation({ receiveWindow: 50_000 });
    const reader: Channel[] = [];
    const start = clock.now();
    await clock.run(async () => {
      await listen(clock, network, MASTER, (channel) => ({
        ...silent,
        opened() {
          channel.write(Buffer.alloc(200_000));
        },
      }));
      reader.push(network.connect('10.0.0.2', MASTER, silent));
      reader[0]!.pause();
      await clock.sleep(SECOND);
      reader[0]!.resume();
      await clock.sleep(SECOND);
    });
    const windows = fields(file, 'tcp.srcport', 'tcp.window_size').map((line, i) => ({
      time: file.times[i]! - start,
      from: line.split(' ')[0],
      window: Number(line.split(' ')[1]),
    }));
    const closed = windows.findIndex(({ window }) => window === 0);
    expect(windows[closed]!.time).toBeLessThan(2000);
    expect(windows[closed]!.from).toBe('40000');
    expect(windows[closed + 1]!.time).toBeGreaterThanOrEqual(SECOND);
    expect(windows[closed + 1]!.window).toBeGreaterThan(50_000);
    expect(windows.slice(closed + 1).some(({ from }) => from === '6379')).toBe(true);
    expect(follow(file)[1]).toHaveLength(200_000);
    expect(complaints(file)).not.toMatch(/completely full|malformed|checksum|unseen|not captured/i);
  });

  test('a partition: what is sent is captured, but not acknowledged before the healing', async () => {
    const { clock, network, file } = simulation();
    const start = clock.now();
    await clock.run(async () => {
      await listen(clock, network, MASTER, (channel) => ({
        ...silent,
        opened() {
          clock.after(SECOND, () => channel.write(Buffer.from('lost?')));
        },
      }));
      const channel = network.connect('10.0.0.2', MASTER, silent);
      await clock.sleep(SECOND / 2);
      network.partition(MASTER.host, '10.0.0.2');
      await clock.sleep(SECOND);
      channel.write(Buffer.from('waits'));
      await clock.sleep(SECOND);
      network.heal(MASTER.host, '10.0.0.2');
      await clock.sleep(SECOND);
    });
    const late = rows(file).flatMap((row, i) => {
      const time = file.times[i]! - start;
      return time > SECOND / 2 ? [`${Math.floor(time / 1000)} ms ${row}`] : [];
    });
    expect(late).toEqual([
      '1000 ms 6379 PSH ACK 1 1 5',
      '2500 ms 40000 PSH ACK 1 1 5',
      '2500 ms 6379 ACK 6 6 0',
      '2500 ms 40000 ACK 6 6 0',
    ]);
  });

  test('a crash is an RST of the host that crashed, or nothing', async () => {
    for (const [how, expected] of [
      ['rst', ['6379 RST ACK 1 1 0']],
      ['silence', []],
    ] as const) {
      const { clock, network, file } = simulation();
      await clock.run(async () => {
        await listen(clock, network, MASTER);
        network.connect('10.0.0.2', MASTER, silent);
        await clock.sleep(SECOND);
        network.crash(MASTER.host, how);
        await clock.sleep(SECOND);
      });
      expect(rows(file).slice(3)).toEqual(expected);
    }
  });

  test('an hour of small writes takes a moment', async () => {
    const { clock, network, file } = simulation();
    const began = process.hrtime.bigint();
    await clock.run(async () => {
      await listen(clock, network, MASTER);
      const channel = network.connect('10.0.0.2', MASTER, silent);
      const write = () => {
        channel.write(Buffer.from('*1\r\n$4\r\nPING\r\n'));
        clock.after(SECOND / 5, write);
      };
      write();
      for (let second = 0; second < 3600; second++) await clock.sleep(SECOND);
    });
    expect(file.times.length).toBeGreaterThan(3 * 18_000);
    expect(Number(process.hrtime.bigint() - began) / 1e9).toBeLessThan(4);
  });
});

describe('sockets', () => {
  async function onSockets(body: (clock: RealClock, network: SocketNetwork) => Promise<void>): Promise<File> {
    const clock = new RealClock();
    const file = new File();
    const network = new SocketNetwork(clock, { observer: new Tap(clock, file, { random: seededRandom(1) }) });
    try {
      await body(clock, network);
      // The last ACK.
      await clock.sleep(20_000);
    } finally {
      network.closeAll();
      clock.stop();
    }
    expect(sorted(file.times)).toBe(true);
    return file;
  }

  test('5 MB there and back, once', async () => {
    const random = seededRandom(2);
    const sent = Buffer.from(Uint8Array.from({ length: 5_000_000 }, () => random() * 256));
    const file = await onSockets(async (clock, network) => {
      const { endpoint } = await listen(clock, network, { host: '127.0.0.1', port: 0 });
      let got = 0;
      await clock.promise<void>((resolve) => {
        const channel = network.connect('127.0.0.1', endpoint, {
          ...silent,
          data(bytes) {
            got += bytes.length;
            if (got < sent.length) return;
            channel.end();
            resolve();
          },
        });
        channel.write(sent);
      });
    });
    expect(complaints(file)).toBe('');
    const [there, back] = follow(file);
    expect(there.equals(sent)).toBe(true);
    expect(back.equals(sent)).toBe(true);
    const ends = rows(file)
      .filter((row) => /FIN|SYN/.test(row))
      .map((row) => row.split(' ').slice(1, -3).join(' '));
    expect(ends).toEqual(['SYN', 'SYN ACK', 'FIN ACK', 'FIN ACK']);
    expect(new Set(fields(file, 'tcp.stream')).size).toBe(1);
  });

  test.each(['near', 'far'])('a reset by the %s end', async (who) => {
    const file = await onSockets(async (clock, network) => {
      const far: Channel[] = [];
      const { endpoint } = await listen(clock, network, { host: '127.0.0.1', port: 0 }, (channel) => {
        far.push(channel);
        return silent;
      });
      const near = network.connect('127.0.0.1', endpoint, silent);
      await clock.sleep(20_000);
      near.write(Buffer.from('hello'));
      await clock.sleep(20_000);
      (who === 'near' ? near : far[0]!).reset();
      await clock.sleep(20_000);
    });
    const said = rows(file).map((row) =>
      row.replace(/^(\d+)/, (port) => (port.startsWith('6379') ? 'far' : port)),
    );
    const last = said.at(-1)!;
    expect(said).toHaveLength(6);
    expect(last).toMatch(/RST ACK/);
    // The connecting port is the one of the SYN.
    expect(last.split(' ')[0] === said[0]!.split(' ')[0]).toBe(who === 'near');
  });

  test('a reader that stopped reading closes its window', async () => {
    const file = await onSockets(async (clock, network) => {
      const far: Channel[] = [];
      const { endpoint } = await listen(clock, network, { host: '127.0.0.1', port: 0 }, (channel) => {
        far.push(channel);
        return silent;
      });
      const near = network.connect('127.0.0.1', endpoint, silent);
      await clock.sleep(20_000);
      near.pause();
      far[0]!.write(Buffer.alloc(20_000_000));
      // Until the kernel takes no more, and a while longer.
      for (let unsent = -1; unsent !== far[0]!.unsent; ) {
        unsent = far[0]!.unsent;
        await clock.sleep(200_000);
      }
      expect(far[0]!.unsent).toBeGreaterThan(0);
      near.resume();
      for (let i = 0; i < 500 && far[0]!.unsent > 0; i++) await clock.sleep(10_000);
    });
    const windows = fields(file, 'tcp.window_size').map(Number);
    // On a busy machine it closes for moments as well: the longest is that of the pause.
    const closed = windows.flatMap((window, i) => {
      const next = windows.findIndex((later, j) => j > i && later > 0);
      return window === 0 && next > 0 ? [file.times[next]! - file.times[i]!] : [];
    });
    expect(Math.max(...closed)).toBeGreaterThan(50_000);
    expect(follow(file)[1]).toHaveLength(20_000_000);
    expect(complaints(file)).not.toMatch(
      /completely full|malformed|checksum|unseen|not captured|zero window violation/i,
    );
  });

  test('a real server at the other end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tap-'));
    const port = await freePort();
    const server = new RedisServer(port, folder);
    await server.start();
    try {
      const file = await onSockets(async (clock, network) => {
        const replies: string[] = [];
        const channel = network.connect(
          '127.0.0.1',
          { host: '127.0.0.1', port },
          {
            ...silent,
            data: (bytes) => replies.push(Buffer.from(bytes).toString()),
          },
        );
        channel.write(Buffer.from('PING\r\nSET key value\r\n'));
        for (let i = 0; i < 100 && replies.join('') !== '+PONG\r\n+OK\r\n'; i++) await clock.sleep(10_000);
        channel.end();
        await clock.sleep(50_000);
        network.connect('127.0.0.1', { host: '127.0.0.1', port: await freePort() }, silent);
        await clock.sleep(50_000);
      });
      expect(follow(file).map(String)).toEqual(['PING\r\nSET key value\r\n', '+PONG\r\n+OK\r\n']);
      const flags = fields(file, 'tcp.stream', 'tcp.flags');
      expect(flags.slice(0, 3)).toEqual(['0 0x0002', '0 0x0012', '0 0x0010']);
      // And a port that nobody listens on.
      expect(flags.slice(-2)).toEqual(['1 0x0002', '1 0x0014']);
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
