import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { runCli } from './run-cli.js';

/** What one command printed and wrote. */
export interface CommandOutput {
  /** The command as typed, without the capture. */
  readonly command: string;
  /** How what it printed or wrote is to be read. */
  readonly form: Form;
  readonly text: string;
  /** The rest: what it printed beside the file that it wrote, and its complaints. */
  readonly rest: string;
  readonly code: number | null;
}

export type Form =
  | 'text'
  | 'json'
  | 'lines'
  | 'markdown'
  | 'html'
  | 'dot'
  | 'mermaid'
  | 'xml'
  | 'aof'
  | 'capture';

/** Stands for a file that the command writes. */
const FILE = '{file}';

const CHECK = ['check', '--max-full-resyncs', '0', '--max-sync-time', '1ms', '--require-online', '--no-gaps'];

const COMMANDS: readonly [Form, ...string[]][] = [
  ['text', 'summary'],
  ['json', 'summary', '--json'],
  ['markdown', 'summary', '--format', 'markdown'],
  ['text', 'timeline', '--all'],
  ['markdown', 'timeline', '--all', '--format', 'markdown'],
  ['lines', 'timeline', '--json'],
  ['text', 'replay', '--commands', '--acks'],
  ['lines', 'replay', '--commands', '--acks', '--json'],
  ['json', 'replay', '-q', '--summary', FILE],
  ['aof', 'replay', '-q', '--aof', FILE],
  ['text', 'findings'],
  ['json', 'findings', '--json'],
  ['text', 'topology'],
  ['json', 'topology', '--json'],
  ['dot', 'topology', '--dot'],
  ['mermaid', 'topology', '--mermaid'],
  ['text', 'rates', '--by', 'prefix'],
  ['json', 'rates', '--by', 'prefix', '--json'],
  ['text', 'rates', '--by', 'command'],
  ['text', 'rdb'],
  ['json', 'rdb', '--json'],
  ['lines', 'rdb', '--keys'],
  ['html', 'report', '-o', FILE],
  ['text', ...CHECK],
  ['json', ...CHECK, '--reporter', `json=${FILE}`],
  ['xml', ...CHECK, '--reporter', `junit=${FILE}`],
  ['text', ...CHECK, '--reporter', 'tap'],
  ['text', ...CHECK, '--reporter', 'github'],
  ['text', 'check', '--init'],
];

export interface EveryOutputOptions {
  /** Added to each command. */
  readonly flags?: readonly string[];
  /** Of a capture with several links the AOF is that of this one. */
  readonly aofLink?: string;
  /** Commands to leave out. */
  readonly but?: (command: string) => boolean;
}

/** All that the program prints and writes of a capture, a command after the other. */
export async function everyOutput(path: string, options: EveryOutputOptions = {}): Promise<CommandOutput[]> {
  const { flags = [], aofLink, but = () => false } = options;
  const folder = mkdtempSync(join(tmpdir(), 'psyncscope-outputs-'));
  const outputs: CommandOutput[] = [];
  try {
    for (const [form, ...words] of COMMANDS) {
      const command = words.join(' ');
      if (but(command)) continue;
      const file = join(folder, 'output');
      rmSync(file, { force: true });
      const args = words.map((word) => word.replace(FILE, file));
      const link = form === 'aof' && aofLink !== undefined ? ['--link', aofLink] : [];
      const { code, stdout, stderr } = await runCli([...args, ...flags, ...link, path], {
        env: { COLUMNS: '200' },
      });
      const written =
        command.includes(FILE) && code !== 2 && code !== 3 ? readFileSync(file) : Buffer.alloc(0);
      const writes = command.includes(FILE);
      const text = form === 'html' ? unpacked(written.toString()) : writes ? written.toString() : stdout;
      outputs.push({ command, form, text, rest: writes ? stdout + stderr : stderr, code });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return outputs;
}

/** A page, and behind it the document that it holds in packed form. */
function unpacked(page: string): string {
  const packed = /"gzip":"([^"]+)"/.exec(page)?.[1];
  return packed === undefined ? page : `${page}\n${gunzipSync(Buffer.from(packed, 'base64')).toString()}`;
}
