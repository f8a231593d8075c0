import { writeSync } from 'node:fs';
import { frameLength } from './frame-length.js';
import { WallClock } from './wall-clock.js';

/**
 * The program in which the npm package `cap` runs: `cap-child.js capture INTERFACE BUFFERBYTES FILTER` writes a pcap to standard output,
 * `cap-child.js probe INTERFACE` ends with 0 when this user may capture there. What is wrong goes to standard error, and it ends with 1.
 */

/** Snapshot length and largest packet of the addon. */
const SNAPLEN = 65_535;

/** Bytes gathered before they are written: enough that writing costs little beside the addon's own call for each packet. */
const GATHERED_BYTES = 256 * 1024;

/** Longest that packets are gathered, µs; the addon lets no timer run while packets come faster than it hands them over. */
const GATHERED_TIME = 20_000;

/** How long a full pipe is left alone, ms. */
const FULL_PIPE_WAIT = 1;

const NEVER = new Int32Array(new SharedArrayBuffer(4));

const RECORD_HEADER_BYTES = 16;

/** LINKTYPE_ numbers of the addon's names; those without a name come as `Unknown linktype <DLT>`. */
const LINK_TYPES = new Map([
  ['NULL', 0],
  ['ETHERNET', 1],
  ['IEEE802_11_RADIO', 127],
  ['LINKTYPE_LINUX_SLL', 113],
  ['RAW', 101],
]);

const held = Buffer.alloc(SNAPLEN);
const gathered = Buffer.alloc(GATHERED_BYTES);
let used = 0;
let gatheredSince = 0;
let flushIsDue = false;

async function main(): Promise<void> {
  const [command, interfaceName = '', bufferBytes = '1048576', filter = ''] = process.argv.slice(2);
  const addon = await import('cap').then(
    (loaded) => loaded.default,
    (error: Error) => fail(`cannot be loaded: ${error.message}`),
  );
  const capture = new addon.Cap();
  let linkType = 0;
  try {
    linkType = linkTypeNumber(capture.open(interfaceName, filter, Number(bufferBytes), held));
  } catch (error) {
    fail((error as Error).message);
  }
  if (command === 'probe') process.exit(0);
  const clock = new WallClock();
  capture.on('packet', (bytes) => gather(clock.now(), bytes, linkType));
  writeFileHeader(linkType);
  flush();
  writeSync(2, `cap: capturing on ${interfaceName}\n`);
}

function fail(message: string): never {
  writeSync(2, `cap: ${message}\n`);
  process.exit(1);
}

function linkTypeNumber(name: string): number {
  return LINK_TYPES.get(name) ?? Number(/\d+$/.exec(name)?.[0] ?? 0);
}

function writeFileHeader(linkType: number): void {
  gathered.writeUInt32LE(0xa1b2c3d4, 0);
  gathered.writeUInt16LE(2, 4);
  gathered.writeUInt16LE(4, 6);
  gathered.writeUInt32LE(SNAPLEN, 16);
  gathered.writeUInt32LE(linkType, 20);
  used = 24;
}

function gather(time: number, bytes: number, linkType: number): void {
  if (
    used + RECORD_HEADER_BYTES + bytes > GATHERED_BYTES ||
    (used > 0 && time - gatheredSince > GATHERED_TIME)
  )
    flush();
  if (used === 0) gatheredSince = time;
  gathered.writeUInt32LE(Math.floor(time / 1_000_000), used);
  gathered.writeUInt32LE(time % 1_000_000, used + 4);
  gathered.writeUInt32LE(bytes, used + 8);
  // The addon does not tell how long a packet was that it cut.
  const length = bytes < SNAPLEN ? bytes : frameLength(held, linkType);
  gathered.writeUInt32LE(Math.max(length, bytes), used + 12);
  held.copy(gathered, used + RECORD_HEADER_BYTES, 0, bytes);
  used += RECORD_HEADER_BYTES + bytes;
  if (flushIsDue) return;
  flushIsDue = true;
  setImmediate(() => {
    flushIsDue = false;
    flush();
  });
}

/** Waits until all is taken: meanwhile the kernel's buffer holds what comes. */
function flush(): void {
  for (let from = 0; from < used; ) {
    try {
      from += writeSync(1, gathered, from, used - from);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'EAGAIN') fail(`cannot write: ${message}`);
      // Somebody made the pipe one that does not wait.
      Atomics.wait(NEVER, 0, 0, FULL_PIPE_WAIT);
    }
  }
  used = 0;
}

await main();
