import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.js';

/** Elements of one kind of key, at scale 1; together 1 GB as an RDB file. */
const MIX = [
  // Script arguments: how many keys. Values are not compressible, so that the size is that of the work.
  { count: 3_000_000, script: "redis.call('set', 's:'..i, rand(100))" },
  { count: 300_000, script: "for f=1,10 do redis.call('hset', 'h:'..i, 'field'..f, rand(40)) end" },
  { count: 20_000, script: "for f=1,200 do redis.call('hset', 'bh:'..i, 'field'..f, rand(20)) end" },
  { count: 200_000, script: "for f=1,10 do redis.call('rpush', 'l:'..i, rand(60)) end" },
  { count: 200_000, script: "for f=1,20 do redis.call('zadd', 'z:'..i, f*1.5, 'member'..f) end" },
  { count: 200_000, script: "for f=1,20 do redis.call('sadd', 'n:'..i, i*f) end" },
  { count: 50_000, script: "for f=1,10 do redis.call('xadd', 'x:'..i, '*', 'a', rand(20), 'b', f) end" },
];
const RANDOM =
  'local seed=tonumber(ARGV[1]); local function rand(n) local t={}; for k=1,n do seed=(seed*16807)%2147483647; t[k]=string.char(33+seed%94) end; return table.concat(t) end; ';
const SLICE = 2_000;

/** An RDB file of mixed types, written by a real redis-server. Returns its path. Needs redis-server and redis-cli. */
export async function makeMixedRdb(path: string, scale: number): Promise<string> {
  if (existsSync(path)) return path;
  const dir = mkdtempSync(join(tmpdir(), 'psyncscope-bench-'));
  const port = await freePort();
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', dir];
  const server = spawn('redis-server', flags, { stdio: 'ignore' });
  try {
    await sleep(500);
    for (const { count, script } of MIX)
      for (let from = 0; from < count * scale; from += SLICE) {
        const body = `${RANDOM}for i=${from},${Math.min(from + SLICE, Math.floor(count * scale)) - 1} do ${script} end`;
        ask(port, 'EVAL', body, '0', String(from + 1));
      }
    ask(port, 'SAVE');
    renameSync(join(dir, 'dump.rdb'), path);
    return path;
  } finally {
    server.kill('SIGKILL');
    await once(server, 'exit');
    rmSync(dir, { recursive: true, force: true });
  }
}

function ask(port: number, ...words: string[]): void {
  const { stdout, status } = spawnSync('redis-cli', ['-p', String(port), ...words], { encoding: 'utf8' });
  if (status !== 0 || /^(\(error\)|ERR)/.test(stdout)) throw new Error(`redis-cli ${words[0]}: ${stdout}`);
}
