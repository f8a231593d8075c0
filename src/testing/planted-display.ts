import { writePcap } from './capture-writer.js';
import { type Talk, type Turn, talkPackets } from './fuzz/talk-capture.js';
import { HISTORY, MARK } from './link-capture.js';
import { RdbWriter, string } from './rdb-writer.js';
import { ack } from './talk.js';

/** A capture with text that does harm where it is shown as it is, in every place where text of strangers may stand. */

/** Each has the word EVIL in it, so that it is found in an output. */
const HOSTILE: readonly string[] = [
  // A terminal: colours, the window's title, a line that is overwritten, controls of C1 as one byte and in UTF-8.
  'EVIL\x1b[31m\x1b]0;EVIL\x07\rEVIL\b\b\b\x00\x7f',
  'EVIL\x9b2J\xc2\x9b2J',
  // Direction and what cannot be seen: RLO, LRI, zero-width space, BOM, line separator, a tag character; half of a pair.
  'EVIL\u202e\u2066\u200b\ufeff\u2028\u{e0041}',
  'EVIL\xed\xa0\x80\xff\xfe',
  // Line ends, and what means something at the beginning of a line.
  'EVIL\n::error::EVIL\nnot ok 1 - EVIL\n1..0\n# EVIL',
  'EVIL\r\n## EVIL\r\n| a | b |\r\n',
  // Markup of every output.
  'EVIL</script><script>alert("EVIL")</script><!--',
  'EVIL"];a->b["EVIL\\',
  'EVIL|`EVIL`|[x](javascript:EVIL)|<b>',
  'EVIL]]>&amp;&#0;\'"',
  '=EVIL(1)%0A%0D{EVIL}$(EVIL)',
];

/** As bytes: characters up to U+00FF are bytes of their own, others UTF-8. */
function bytesOf(text: string): Buffer {
  const isWide = [...text].some((char) => char.codePointAt(0)! > 0xff);
  return Buffer.from(text, isWide ? 'utf8' : 'latin1');
}

function request(...words: string[]): Buffer {
  const parts = words.map(bytesOf);
  return Buffer.concat([
    Buffer.from(`*${parts.length}\r\n`),
    ...parts.flatMap((part) => [Buffer.from(`$${part.length}\r\n`), part, Buffer.from('\r\n')]),
  ]);
}

/** A line is over at its first line end. */
function inOneLine(text: string): string {
  return text.replace(/[\r\n]/g, ' ');
}

type Say = readonly [from: 0 | 1, bytes: Uint8Array | string];

const START = Date.UTC(2026, 10, 21, 7, 51, 4) * 1000;
const STEP = 20_000;

function payloadOf(text: string): Uint8Array {
  const bytes = bytesOf(text);
  return new RdbWriter(11)
    .aux('redis-ver', bytes)
    .aux(bytes, bytes)
    .aux('repl-id', bytes)
    .aux('lua', bytes)
    .raw([0xf5], string(bytes))
    .selectDb(0)
    .key(0, bytes, string('x'.repeat(500)))
    .key(0, Buffer.concat([bytes, Buffer.from(':2')]), string(bytes))
    .end('crc');
}

/** A replica that announces, asks and is told such a text; its payload and stream hold it. */
function replicaSays(text: string, number: number): Say[] {
  const line = inOneLine(text);
  return [
    [0, request('REPLCONF', 'listening-port', number % 2 === 0 ? String(7000 + number) : text)],
    [1, '+OK\r\n'],
    [0, request('REPLCONF', 'ip-address', text)],
    [1, bytesOf(`-ERR ${line}\r\n`)],
    [0, request('REPLCONF', 'version', text)],
    [1, bytesOf(`+${line}\r\n`)],
    [0, request('REPLCONF', text, text)],
    [1, bytesOf(`-ERR Unrecognized REPLCONF option: ${line}\r\n`)],
    [0, request(text, text)],
    [1, bytesOf(`-ERR unknown command '${line}', with args beginning with: '${line}' \r\n`)],
    [0, request('PSYNC', text, '17')],
    [1, bytesOf(`-NOMASTERLINK ${line}\r\n`)],
    [0, request('PSYNC', '?', '-1')],
    [1, `+FULLRESYNC ${HISTORY} 0\r\n$EOF:${MARK}\r\n`],
    [1, payloadOf(text)],
    [1, MARK],
    [0, ack(0)],
    [1, request('SET', text, text)],
    [1, request(text, text, text)],
    [1, request('PUBLISH', text, text)],
    [1, request('FUNCTION', 'LOAD', text)],
    [1, request('XADD', text, '*', text, text)],
    [0, ack(10)],
    [0, request('REPLCONF', 'ACK', text)],
    [0, request(text)],
  ];
}

/** A client that gives orders with such names, and an end of the link that follows them. */
function clientSays(text: string): Say[] {
  return [
    [0, request('CLIENT', 'SETNAME', text)],
    [1, '+OK\r\n'],
    [0, request('CLIENT', 'SETNAME', 'sentinel-0123abcd-cmd')],
    [1, '+OK\r\n'],
    [0, request('PUBLISH', '__sentinel__:hello', text)],
    [1, ':1\r\n'],
    [0, request('REPLICAOF', text, '6379')],
    [1, '+OK\r\n'],
    [0, request('SLAVEOF', '10.3.0.1', text)],
    [1, '+OK\r\n'],
    [0, request('CLUSTER', 'REPLICATE', text)],
    [1, '+OK\r\n'],
    [0, request('FAILOVER', 'TO', text, '1')],
    [1, bytesOf(`-ERR ${inOneLine(text)}\r\n`)],
  ];
}

function talkOf(says: readonly Say[], number: number, to: string): Talk {
  const turns: Turn[] = says.map(([from, bytes], i) => ({
    from,
    bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
    time: START + number * 1000 + i * STEP,
  }));
  const client = `10.3.1.${number + 1}`;
  return {
    ...{ client, clientPort: 30_000 + number, server: to, serverPort: 6379 },
    ...{ hasSyn: true, turns, end: 'rst', endedBy: 1 },
  };
}

/** The capture, as of a classic pcap. */
export function plantedDisplay(): Uint8Array {
  const talks = HOSTILE.flatMap((text, number) => [
    talkOf(replicaSays(text, number), number, '10.3.0.1'),
    // The orders are given to the replicas as well.
    talkOf(clientSays(text), 100 + number, number % 2 === 0 ? '10.3.0.1' : `10.3.1.${number + 1}`),
  ]);
  let sequence = 0;
  const next = (): number => {
    sequence += 0x1357_9bd1;
    return sequence;
  };
  const packets = talks.flatMap((talk) => talkPackets(talk, { segment: () => 1448, sequence: next }));
  return writePcap(packets.sort((a, b) => a.time - b.time));
}
