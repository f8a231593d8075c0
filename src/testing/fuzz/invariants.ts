import type { SummaryDocument } from '../../report/document.js';

/** What holds of every output, whatever the capture was. */

/** What may not reach a terminal: all but line ends of controls, format characters, lone surrogates and odd separators. */
const UNSAFE = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Numbers that may be below zero. */
const SIGNED = /^(offset|drift|driftBytes|.*Offset|start|end|lastAck|value)$/;

/** What is wrong with a summary, the texts for people, and the documents for programs; nothing on a sound run. */
export function complaintsAbout(
  summary: SummaryDocument,
  texts: readonly string[],
  documents: readonly string[],
): string[] {
  const complaints: string[] = [];
  for (const text of [...texts, ...documents]) {
    const unsafe = UNSAFE.exec(text);
    if (unsafe !== null)
      complaints.push(
        `U+${unsafe[0].codePointAt(0)!.toString(16)} is shown: ${JSON.stringify(text.slice(Math.max(0, unsafe.index - 60), unsafe.index + 20))}`,
      );
  }
  for (const document of documents) {
    try {
      JSON.parse(document);
    } catch {
      complaints.push(`no JSON: ${document.slice(0, 200)}`);
    }
  }
  numbersOf(summary, '', complaints);
  for (const link of summary.links) {
    if (link.sessions.length === 0) complaints.push(`${link.id}: a link without a session`);
    for (const { stream, offsets, acks, payload } of link.sessions) {
      const { start, end } = offsets;
      if (start !== null && end !== null && end - start !== stream.bytes)
        complaints.push(`${link.id}: offsets ${start} to ${end}, but ${stream.bytes} bytes of stream`);
      const counted = Object.values(stream.byCommand).reduce((sum, count) => sum + count, 0);
      if (counted !== stream.commands)
        complaints.push(`${link.id}: ${stream.commands} commands, ${counted} by name`);
      if (acks.count > 0 && offsets.lastAck === null) complaints.push(`${link.id}: ACKs without an offset`);
      if (payload?.sha256 && !payload.complete) complaints.push(`${link.id}: a hash of half a payload`);
    }
  }
  return complaints.slice(0, 10);
}

function numbersOf(value: unknown, path: string, complaints: string[]): void {
  if (typeof value === 'number') {
    const name = path.slice(path.lastIndexOf('.') + 1);
    if (!Number.isFinite(value)) complaints.push(`${path} is ${value}`);
    else if (value < 0 && !SIGNED.test(name)) complaints.push(`${path} is ${value}`);
  } else if (typeof value === 'object' && value !== null)
    for (const [name, each] of Object.entries(value)) numbersOf(each, `${path}.${name}`, complaints);
}

/** True for arrays of bulk strings, one behind the other, to the last byte: what a server loads. */
export function isWholeCommands(bytes: Buffer): boolean {
  let at = 0;
  const number = (type: number): number => {
    const end = bytes.indexOf('\r\n', at);
    const text = end < 0 ? '' : bytes.toString('latin1', at + 1, end);
    if (bytes[at] !== type || !/^\d{1,15}$/.test(text)) return -1;
    at = end + 2;
    return Number(text);
  };
  while (at < bytes.length) {
    const count = number(0x2a);
    if (count < 1) return false;
    for (let left = count; left > 0; left--) {
      const length = number(0x24);
      if (length < 0 || bytes.toString('latin1', at + length, at + length + 2) !== '\r\n') return false;
      at += length + 2;
    }
  }
  return true;
}
