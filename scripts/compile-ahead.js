// Runs what most runs need, and writes V8's compiled code of it beside the bundle. Standard output is the program's: throw it away.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const bundle = process.argv[2];
const capture = fileURLToPath(
  new URL('../fixtures/captures/backlog-overflow-redis-7.2.6.pcap.gz', import.meta.url),
);
const script = new Script(readFileSync(bundle, 'utf8'), { filename: bundle });
const module = { exports: {} };
script.runInThisContext()(module.exports, createRequire(bundle), module, bundle, dirname(bundle));
for (const command of ['summary', 'timeline']) await module.exports.main([command, capture]);
// V8 takes compiled code only under the flags that it was made with: back to what they are before main sets these two (src/cli/heap.ts).
setFlagsFromString('--heap-growing-percent=0');
setFlagsFromString('--semi-space-growth-factor=2');
writeFileSync(`${bundle}.cache`, script.createCachedData());
