import { toAscii } from './ascii.js';
import { type PlainColumn, plainColumns } from './columns.js';
import { escapeText } from './escape.js';
import { flow, type Part, renderLine } from './layout.js';
import { endpointText, nearEndpoint, serverText } from './link-facts.js';
import type { TextOptions } from './options.js';
import type { BigKeyDocument, RdbDocument } from './rdb-document.js';
import type { RdbPayloadDocument, RdbReport } from './rdb-report.js';
import { clockText, parseMicros } from './time.js';
import { bytesText, countText, plural } from './units.js';

const UNKNOWN = '–';
const INDENT = '  ';
/** Databases named; the others are counted. */
const MOST_DATABASES = 32;
const SHORT_SHA = 12;
const NAME_COLUMNS = 200;

/** All payloads as sections for a terminal. Ends without a newline; empty when there are none. */
export function rdbText(report: RdbReport, options: TextOptions): string {
  const text = report.payloads
    .map((payload) => new PayloadSection(payload, options).lines.join('\n'))
    .join('\n\n');
  return options.ascii ? toAscii(text) : text;
}

/** `127.0.0.1:6379 ← :6380, session 1, 07:51:04.549`, or the path of a file. Safe to print. */
export function payloadName(payload: RdbPayloadDocument, { zone }: Pick<TextOptions, 'zone'>): string {
  if (payload.file !== null) return payload.file === '-' ? 'standard input' : escapeText(payload.file, 120);
  const [master = '', replica = ''] = (payload.link ?? '').split('<-');
  const name = `${endpointText(master)} ← ${nearEndpoint(master, replica)}, session ${payload.session}`;
  const time = payload.startedAt ?? payload.finishedAt;
  if (time === null) return name;
  return `${name}, ${clockText(parseMicros(time), { zone, decimals: 3, withDate: true })}`;
}

/** What a payload lacks, in words; null when every byte of it is there. */
export function lackText(payload: RdbPayloadDocument): string | null {
  const { missingBytes, declaredBytes, bytes, complete, rdb } = payload;
  if (payload.problem !== null) return escapeText(payload.problem, 200);
  if (payload.file !== null) return complete || rdb?.error ? null : 'breaks off';
  const behind = declaredBytes === null ? 0 : declaredBytes - bytes;
  if (missingBytes + behind > 0) return `${bytesText(missingBytes + behind)} missing`;
  if (payload.form === null && !complete) return 'its beginning was not captured';
  if (!complete) return 'its end was not captured';
  return payload.sha256 === null ? 'its end mark was not captured' : null;
}

/** One payload: what it is, and tables of what it holds. */
class PayloadSection {
  readonly lines: string[] = [];

  constructor(
    readonly payload: RdbPayloadDocument,
    readonly options: TextOptions,
  ) {
    const { chalk } = options;
    this.lines.push(renderLine([{ text: payloadName(payload, options), paint: chalk.bold }], options.width));
    this.#flow(this.#passageParts());
    const { rdb } = payload;
    if (rdb === null) return;
    this.#flow(this.#fileParts(rdb));
    this.#flow(this.#countParts(rdb));
    if (rdb.error !== null) {
      const { message, position } = rdb.error;
      this.#flow([
        { text: `broken at byte ${countText(position)}: ${escapeText(message, 200)}`, paint: chalk.red },
      ]);
    }
    this.#types(rdb);
    this.#databases(rdb);
    if (rdb.biggestKeys !== null) {
      this.#keys('biggest keys by bytes', rdb.biggestKeys.byBytes);
      this.#keys('biggest keys by elements', rdb.biggestKeys.byElements);
    }
  }

  /** Pieces on as few lines as it takes, behind commas. */
  #flow(parts: Part[], first = ''): void {
    const pieces = parts.map((part) => ({ before: ', ', ...part }));
    const indent = ' '.repeat(INDENT.length + first.length);
    for (const [index, row] of flow(pieces, this.options.width - indent.length).entries())
      this.lines.push(
        renderLine([{ text: index === 0 ? INDENT + first : indent }, ...row], this.options.width),
      );
  }

  #passageParts(): Part[] {
    const { payload, options } = this;
    const { red, yellow } = options.chalk;
    const lack = lackText(payload);
    const parts: Part[] = [{ text: bytesText(payload.bytes) }];
    if (payload.file === null) {
      const forms = { length: 'disk-backed', 'eof-mark': 'diskless' };
      if (payload.form !== null) parts.push({ text: forms[payload.form] });
      if (payload.channel === 'rdb') parts.push({ text: 'on the RDB connection' });
    }
    if (lack !== null) parts.push({ text: lack, paint: red });
    else if (payload.complete) parts.push({ text: 'complete' });
    if (payload.trailingBytes > 0)
      parts.push({ text: `${plural(payload.trailingBytes, 'byte')} behind its end`, paint: yellow });
    if (payload.sha256 !== null) parts.push({ text: `sha256 ${payload.sha256.slice(0, SHORT_SHA)}…` });
    return parts;
  }

  #fileParts(rdb: RdbDocument): Part[] {
    const { red } = this.options.chalk;
    const server = serverText(rdb)?.replace(/^server /, '');
    const parts: Part[] = [
      { text: `RDB ${rdb.version}${server === undefined ? '' : ` from ${server}`}` },
      { text: `checksum ${rdb.checksum}`, paint: rdb.checksum === 'invalid' ? red : undefined },
    ];
    const { ctime, 'used-mem': memory, 'redis-bits': bits } = rdb.aux ?? {};
    if (ctime !== undefined && /^\d{1,11}$/.test(ctime)) {
      const time = clockText(Number(ctime) * 1e6, { zone: this.options.zone, decimals: 3, withDate: true });
      parts.push({ text: `written ${time.slice(0, -4)}` });
    }
    if (memory !== undefined && /^\d{1,15}$/.test(memory))
      parts.push({ text: `${bytesText(Number(memory))} of memory used` });
    if (bits !== undefined && bits !== '64') parts.push({ text: `${escapeText(bits, 8)} bit` });
    if (rdb.aux?.['aof-base'] === '1') parts.push({ text: 'base of an AOF' });
    return parts;
  }

  #countParts(rdb: RdbDocument): Part[] {
    if (rdb.keys === null) return [{ text: 'no key was read' }];
    const parts: Part[] = [{ text: `${plural(rdb.keys, 'key')}${rdb.complete ? '' : ' up to there'}` }];
    if (rdb.expires !== null && rdb.expires > 0) {
      const past =
        rdb.expired === null ? '' : ` (${rdb.expired === 0 ? 'none' : countText(rdb.expired)} past)`;
      parts.push({ text: `${countText(rdb.expires)} with expiry${past}` });
    }
    if (rdb.functions !== null && rdb.functions > 0)
      parts.push({ text: plural(rdb.functions, 'function library', 'function libraries') });
    return parts;
  }

  #types(rdb: RdbDocument): void {
    const rows = Object.entries(rdb.byType ?? {})
      .sort(([, a], [, b]) => b.bytes - a.bytes)
      .map(([type, { keys, elements, bytes, encodings }]) => [
        type,
        countText(keys),
        elements === null ? UNKNOWN : countText(elements),
        bytesText(bytes),
        Object.entries(encodings)
          .sort(([, a], [, b]) => b - a)
          .map(([name, count]) => `${name} ${countText(count)}`)
          .join(', '),
      ]);
    this.#table(
      [
        { head: 'type' },
        { head: 'keys', right: true },
        { head: 'elements', right: true },
        { head: 'bytes', right: true },
        { head: 'encodings', wraps: true },
      ],
      rows,
    );
  }

  #databases(rdb: RdbDocument): void {
    const all = Object.entries(rdb.databases ?? {}).sort(([a], [b]) => Number(a) - Number(b));
    if (all.length === 0) return;
    const parts: Part[] = all.slice(0, MOST_DATABASES).map(([db, { keys, expires }]) => {
      const expiring = expires === 0 ? '' : ` (${countText(expires)} with expiry)`;
      return { text: `${db}: ${plural(keys, 'key')}${expiring}`, before: ' · ' };
    });
    if (all.length > MOST_DATABASES)
      parts.push({ text: `… and ${countText(all.length - MOST_DATABASES)} more`, before: ' · ' });
    this.lines.push('');
    this.#flow(parts, 'databases  ');
  }

  #keys(head: string, keys: readonly BigKeyDocument[]): void {
    const rows = keys.map((key) => [
      bytesText(key.bytes),
      key.elements === null ? UNKNOWN : countText(key.elements),
      key.type,
      key.encoding,
      String(key.db),
      keyText(key),
    ]);
    this.#table(
      [
        { head: 'bytes', right: true },
        { head: 'elements', right: true },
        { head: 'type' },
        { head: 'encoding' },
        { head: 'db', right: true },
        { head: 'key' },
      ],
      rows,
      head,
    );
  }

  #table(columns: readonly PlainColumn[], rows: readonly string[][], title?: string): void {
    const { width, chalk } = this.options;
    const lines = plainColumns(columns, rows, width - INDENT.length, chalk);
    if (lines.length === 0) return;
    this.lines.push('', ...(title === undefined ? [] : [INDENT + title]));
    this.lines.push(...lines.map((line) => INDENT + line));
  }
}

/** A key's name as it is safe to print; one that is not UTF-8 was escaped already. */
function keyText({ key, keyBase64, keyLength }: BigKeyDocument): string {
  const text = keyBase64 === null ? escapeText(key, NAME_COLUMNS) : key;
  const cut = keyBase64 === null ? Buffer.byteLength(key) : Buffer.byteLength(keyBase64, 'base64');
  return keyLength > cut ? `${text}… (${bytesText(keyLength)})` : text;
}
