import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SummaryDocument } from '../../report/document.js';
import { freePort, RedisServer } from '../../testing/redis-server.js';
import { closed, collect, runCli, sleep, startCli, waitFor } from '../../testing/run-cli.js';
import { AT_REST, BACKENDS, BUSY } from '../../testing/sniffing.js';

/** `sniff … -- COMMAND`: exactly while it runs. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let master: RedisServer;
let port: number;
let ports: string[];

beforeEach(async () => {
  port = await freePort();
  master = new RedisServer(port, folder, AT_REST);
  ports = ['-i', 'lo', '-p', `${port}`];
});

afterEach(() => master.stop('SIGKILL'));

/**
 * A replica's first words sent at once and the last ones just before it ends: PING, PSYNC, an ACK, and the FIN that is nobody's last
 * packet. No packet of it may be missed.
 */
const QUICK_REPLICA = `
  const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1');
  let seen = '';
  const words = ['PING', 'REPLCONF listening-port 7', 'PSYNC ? -1'];
  const next = () => socket.write(words.shift() + '\\r\\n');
  socket.on('data', (chunk) => {
    const before = seen.includes('FULLRESYNC');
    seen += chunk.toString('latin1');
    if (words.length > 0) next();
    else if (!before && seen.includes('FULLRESYNC'))
      socket.end('*3\\r\\n$8\\r\\nREPLCONF\\r\\n$3\\r\\nACK\\r\\n$1\\r\\n0\\r\\n');
  });
  next();
`;

describe.each(BACKENDS)('through %s', BUSY, (backend) => {
  it('its first packet and its last are there', async () => {
    await master.start();
    const path = join(folder, `${backend}.json`);
    const command = [process.execPath, '-e', QUICK_REPLICA, `${port}`];
    const { code } = await runCli([
      ...['sniff', ...ports, '--capture-with', backend, '--summary', path, '--', ...command],
    ]);
    expect(code).toBe(0);
    const { links } = JSON.parse(readFileSync(path, 'utf8')) as SummaryDocument;
    expect(links).toHaveLength(1);
    expect(links[0]!.sessions[0]).toMatchObject({
      joinedMidstream: false,
      openedAt: expect.any(String),
      handshake: { ping: expect.anything(), listeningPort: 7 },
      closedAt: expect.any(String),
      acks: { count: 1 },
      loss: { gaps: 0 },
    });
  });
});

describe('a command', BUSY, () => {
  it('is captured while it runs, from its first packet on', async () => {
    await master.start();
    const path = join(folder, 'command.json');
    const sync = ['redis-cli', '-p', `${port}`, '--rdb', join(folder, 'command.rdb')];
    const { code, stdout } = await runCli(['sniff', ...ports, '--summary', path, '--', ...sync]);
    expect(code).toBe(0);
    const { links } = JSON.parse(readFileSync(path, 'utf8')) as SummaryDocument;
    expect(links).toHaveLength(1);
    expect(links[0]!.sessions[0]!.payload).toMatchObject({ complete: true });
    expect(stdout).toContain('ACK interval');
  });

  it.each([
    [['sh', '-c', 'exit 7'], 7],
    [['sh', '-c', 'kill -TERM $$'], 143],
  ])('%j: its exit code is ours', async (command, code) => {
    expect((await runCli(['sniff', ...ports, '--', ...command])).code).toBe(code);
  });

  it('goes on when the capture has ended before it', async () => {
    const { code, stdout, stderr } = await runCli([
      ...['sniff', ...ports, '-c', '1', '--'],
      ...['sh', '-c', `redis-cli -p ${port} ping; sleep 1; echo over`],
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('over');
    expect(stderr).toContain('the capture has ended');
  });

  it('gets the signals that we get, and its end is ours', async () => {
    const child = startCli([
      'sniff',
      ...ports,
      '--',
      'sh',
      '-c',
      'trap "exit 9" TERM; while :; do sleep 0.1; done',
    ]);
    const errors = collect(child.stderr);
    await waitFor('the capture', () => errors().includes('listening on'));
    await sleep(300);
    child.kill('SIGTERM');
    expect(await closed(child)).toBe(9);
  });

  it('that does not exist is an input error', async () => {
    const { code, stderr } = await runCli(['sniff', ...ports, '--', 'no-such-command-here']);
    expect(code).toBe(3);
    expect(stderr).toContain('cannot be run');
  });
});
