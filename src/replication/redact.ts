const REDACTED = '(redacted)';

/**
 * The words of a request as they may be kept and shown: what follows an AUTH, of any form (`AUTH pw`, `AUTH user pw`,
 * `HELLO 3 AUTH user pw`, MIGRATE's `AUTH2`), is replaced.
 */
export function shownWords(words: readonly string[]): string[] {
  const name = words[0]?.toUpperCase() ?? '';
  if (name === 'REPLCONF') return [name, ...words.slice(1)];
  const auth = words.findIndex((word) => /^auth2?$/i.test(word));
  if (auth < 0) return [name, ...words.slice(1)];
  const kept = words.slice(0, auth + 1).map((word, i) => (i === 0 ? name : word));
  return words.length > auth + 1 ? [...kept, REDACTED] : kept;
}

/**
 * A reply line as it may be kept and shown: servers quote the arguments of a command that they do not know, a renamed AUTH's password
 * among them.
 */
export function shownReply(line: string): string {
  if (!line.startsWith('-')) return line;
  const quoted = line.search(/,? with args|args beginning with/);
  return quoted < 0 ? line : `${line.slice(0, quoted)} ${REDACTED}`;
}

/** A short text for the request that a reply belongs to. */
export function shownRequest(words: readonly string[]): string {
  const shown = shownWords(words);
  return shown.slice(0, shown[0] === 'REPLCONF' ? 2 : 4).join(' ');
}
