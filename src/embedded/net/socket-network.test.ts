import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { closed, collect } from '../../testing/run-cli.js';
import type { ChannelHandler, Endpoint, Listener } from './network.js';
import { RealClock } from './real-clock.js';
import { SocketNetwork } from './socket-network.js';

function refusal(from: string, to: Endpoint): Promise<string> {
  return new Promise((resolve) => {
    const handler: ChannelHandler = { opened: () => resolve('opened'), data() {}, closed: resolve };
    new SocketNetwork(new RealClock()).connect(from, to, handler);
  });
}

test.each([
  ['127.0.0.1', '192.0.2.1', 6379],
  ['127.0.0.1', 'localhost', 6379],
  ['127.0.0.1', '127.0.0.1.example.com', 6379],
  ['127.0.0.1', '0.0.0.0', 6379],
  ['127.0.0.1', '::ffff:127.0.0.1', 6379],
  ['127.0.0.1', '::', 6379],
  ['127.0.0.1', '127.0.0.1', 0],
  ['127.0.0.1', '127.0.0.1', 65_536],
  ['127.0.0.1', '::1', 6379],
])('a connect from %s to %s %d is refused', async (from, host, port) => {
  expect(await refusal(from, { host, port })).toBe('refused');
});

test('a connect from another address is refused although someone listens', async () => {
  const network = new SocketNetwork(new RealClock());
  const silent: ChannelHandler = { opened() {}, data() {}, closed() {} };
  const listener = await new Promise<Listener | Error>((resolve) => {
    network.listen({ host: '127.0.0.1', port: 0 }, () => silent, resolve);
  });
  if (listener instanceof Error) throw listener;
  expect(await refusal('0.0.0.0', listener.endpoint)).toBe('refused');
  network.closeAll();
});

test.each(['0.0.0.0', '::', '192.0.2.1', 'localhost'])('no listening on %s', async (host) => {
  const result = await new Promise((resolve) => {
    new SocketNetwork(new RealClock()).listen({ host, port: 0 }, () => expect.unreachable(), resolve);
  });
  expect(result).toBeInstanceOf(Error);
  expect((result as Error).message).toContain('loopback');
});

test('a process ends when all is closed', async () => {
  const here = (file: string) => JSON.stringify(fileURLToPath(new URL(file, import.meta.url)));
  const script = `
    const { RealClock } = await import(${here('./real-clock.ts')});
    const { SocketNetwork } = await import(${here('./socket-network.ts')});
    const clock = new RealClock();
    const network = new SocketNetwork(clock);
    const quiet = { opened() {}, data() {}, closed(reason) { console.log(reason); } };
    network.listen({ host: '127.0.0.1', port: 0 }, () => quiet, (listener) => {
      const ended = network.connect('127.0.0.1', listener.endpoint, quiet);
      network.connect('127.0.0.1', listener.endpoint, quiet).write(Buffer.alloc(9));
      clock.after(50000, () => { ended.end(); });
      clock.after(100000, () => { console.log('closing'); network.closeAll(); });
      clock.after(60_000_000, () => {}).cancel();
    });`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
  const output = collect(child.stdout);
  const errors = collect(child.stderr);
  expect(await closed(child)).toBe(0);
  expect(errors()).toBe('');
  expect(output().split('\n').slice(0, 2)).toEqual(['fin', 'closing']);
});
